/**
 * The checks of the library's arguments. HTTP and the command line refuse a wrong value before a service sees
 * it; the library does the same, with the same schemas.
 */
import { findJsonFault } from "@relearn/contract";
import type { z } from "zod";
import { RelearnError } from "./errors.ts";
import { formatPath } from "./format-path.ts";
import { describeValue, valueAt } from "./rejection.ts";

/** A parsed value without members that are `undefined`: a member is there or is not. */
export type Present<Value> = Value extends object
  ? { [Name in keyof Value]: Exclude<Value[Name], undefined> }
  : Value;

/** Parameters of a method in order: the name and the schema of each. */
type ParameterList = readonly (readonly [name: string, schema: z.ZodType])[];

type Sent<Wanted extends ParameterList> = { [Index in keyof Wanted]: z.input<Wanted[Index][1]> };
type Parsed<Wanted extends ParameterList> = { [Index in keyof Wanted]: Present<z.output<Wanted[Index][1]>> };

/** A method that checks its arguments by their schemas and calls `run` with what the schemas made of them. */
export function checked<const Wanted extends ParameterList, Result>(
  parameters: Wanted,
  run: (...args: Parsed<Wanted>) => Promise<Result>,
): (...args: Sent<Wanted>) => Promise<Result> {
  return async (...args) => run(...checkArguments(parameters, args));
}

/** As `checked`, for a method that returns its result page by page. */
export function checkedPages<const Wanted extends ParameterList, Page>(
  parameters: Wanted,
  run: (...args: Parsed<Wanted>) => AsyncIterable<Page>,
): (...args: Sent<Wanted>) => AsyncGenerator<Page> {
  return async function* (...args) {
    yield* run(...checkArguments(parameters, args));
  };
}

function checkArguments<Wanted extends ParameterList>(parameters: Wanted, args: readonly unknown[]) {
  if (args.length > parameters.length) {
    throw new RelearnError(
      "invalid_input",
      `The call is refused: it has ${args.length} arguments; the method takes ${parameters.length}.`,
    );
  }
  return parameters.map(([name, schema], index) =>
    checkInput(name, schema, args[index]),
  ) as unknown as Parsed<Wanted>;
}

/**
 * Returns what the schema makes of a value. Throws `invalid_input`, which names the path, the value and what is
 * accepted for each fault, if the schema refuses the value or it contains text that cannot be stored.
 *
 * @example
 * checkInput("options", z.strictObject({ limit: z.int() }), { limit: 1.5 });
 * // throws: The call is refused: options.limit is 1.5: Invalid input: expected int, received number.
 */
export function checkInput<Schema extends z.ZodType>(
  name: string,
  schema: Schema,
  value: unknown,
): Present<z.output<Schema>> {
  const parsed = schema.safeParse(value);
  const faults = parsed.success
    ? findTextFaults(value)
    : parsed.error.issues.flatMap((issue): InputFault[] =>
        issue.code === "unrecognized_keys"
          ? issue.keys.map((key) => ({ path: [...issue.path, key], message: describeMembers(schema) }))
          : [issue],
      );
  if (!parsed.success || faults.length > 0) throw toInputError(name, value, faults);
  return withoutUndefined(parsed.data) as Present<z.output<Schema>>;
}

interface InputFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

function toInputError(name: string, value: unknown, faults: readonly InputFault[]): RelearnError {
  const described = faults.map(({ path, message }) => ({
    path: formatPath([name, ...path]),
    value: describeValue(valueAt(value, path)),
    message,
  }));
  return new RelearnError(
    "invalid_input",
    `The call is refused: ${described.map((one) => `${one.path} is ${one.value}: ${one.message}`).join("; ")}.`,
    { details: { faults: described } },
  );
}

/** Lists the members that a schema of options knows. */
function describeMembers(schema: z.ZodType): string {
  const inner = "unwrap" in schema && typeof schema.unwrap === "function" ? schema.unwrap() : schema;
  return `no such option; the options are ${Object.keys((inner as z.ZodObject).shape ?? {}).join(", ")}`;
}

/** Finds text and numbers that the database cannot hold. Records of a batch are checked one by one by their service. */
function findTextFaults(value: unknown): InputFault[] {
  if (Array.isArray(value)) return [];
  const members: [path: PropertyKey[], member: unknown][] = isPlainObject(value)
    ? Object.entries(value).map(([name, member]) => [[name], member])
    : [[[], value]];
  return members.flatMap(([path, member]) => {
    if (!isJsonType(member)) return [];
    const fault = findJsonFault(member);
    return fault === undefined ? [] : [{ path: [...path, ...fault.path], message: fault.message }];
  });
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** False for the members that only the library takes: functions, dates and signals. Their schemas check them. */
function isJsonType(value: unknown): boolean {
  return !(
    value === undefined ||
    typeof value === "function" ||
    value instanceof Date ||
    value instanceof AbortSignal
  );
}

function withoutUndefined(value: unknown): unknown {
  if (!isPlainObject(value) || Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined));
}

type CamelCase<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name;

/** The members of a document's schema under the names that the library gives them: `min_examples` is `minExamples`. */
export function toLibraryShape<Shape extends z.ZodRawShape>(
  schema: z.ZodObject<Shape>,
): { [Name in keyof Shape as CamelCase<Name & string>]: Shape[Name] } {
  const toCamelCase = (name: string) =>
    name.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase());
  return Object.fromEntries(
    Object.entries(schema.shape).map(([name, member]) => [toCamelCase(name), member]),
  ) as { [Name in keyof Shape as CamelCase<Name & string>]: Shape[Name] };
}
