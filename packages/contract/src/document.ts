import type { z } from "zod";

/** The value with every member read-only at every depth. JSON has no undefined: a member is present or absent. */
type DeepReadonly<Value> = unknown extends Value
  ? Value
  : { readonly [Name in keyof Value]: DeepReadonly<Exclude<Value[Name], undefined>> };

/** Read-only document that a schema describes. */
export type Document<Schema extends z.ZodType> = DeepReadonly<z.output<Schema>>;
