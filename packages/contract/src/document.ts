import type { z } from "zod";

/** The value with every member read-only, however deep. JSON has no undefined: a member is there or is not. */
type DeepReadonly<Value> = unknown extends Value
  ? Value
  : { readonly [Name in keyof Value]: DeepReadonly<Exclude<Value[Name], undefined>> };

/** A document that a schema describes, as it is handed from one function to the next: nobody changes it. */
export type Document<Schema extends z.ZodType> = DeepReadonly<z.output<Schema>>;
