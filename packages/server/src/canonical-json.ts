import { RelearnError } from "./errors.ts";

/**
 * The one JSON text of a value, by RFC 8785 (JSON Canonicalization Scheme): members sorted by the UTF-16
 * code units of their names, no white space, numbers and strings as ECMAScript writes them. Two documents
 * have the same text exactly when they say the same, so a digest of the text is a digest of the meaning.
 *
 * Takes null, booleans, finite numbers, well-formed strings, arrays and plain objects of these; a member
 * that is `undefined` counts as absent, as in JSON.stringify. -0 is written as 0.
 * Throws `invalid_input`, with the path, for anything else: NaN, infinities, a lone surrogate, bigint,
 * `undefined` in an array, functions, dates, maps, typed arrays, cycles. Cost: one pass, plus the sorting.
 */
export function canonicalJson(value: unknown): string {
  return write(value, [], new Set());
}

function write(value: unknown, path: (string | number)[], ancestors: Set<object>): string {
  switch (typeof value) {
    case "string":
      return writeString(value, path);
    case "number":
      if (!Number.isFinite(value)) throw unwritable(String(value), path);
      return JSON.stringify(value);
    case "boolean":
      return value ? "true" : "false";
    case "object":
      return value === null ? "null" : writeObject(value, path, ancestors);
    default:
      throw unwritable(typeof value, path);
  }
}

function writeString(text: string, path: readonly (string | number)[]): string {
  if (!text.isWellFormed()) throw unwritable("a string with a lone surrogate", path);
  return JSON.stringify(text);
}

function writeObject(value: object, path: (string | number)[], ancestors: Set<object>): string {
  if (ancestors.has(value)) throw unwritable("a value that contains itself", path);
  ancestors.add(value);
  const text = Array.isArray(value)
    ? writeArray(value, path, ancestors)
    : writeMembers(value, path, ancestors);
  ancestors.delete(value);
  return text;
}

function writeArray(items: readonly unknown[], path: (string | number)[], ancestors: Set<object>): string {
  const texts: string[] = [];
  for (let index = 0; index < items.length; index++) {
    path.push(index);
    texts.push(write(items[index], path, ancestors));
    path.pop();
  }
  return `[${texts.join(",")}]`;
}

function writeMembers(value: object, path: (string | number)[], ancestors: Set<object>): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) {
    throw unwritable(`an object of class ${value.constructor?.name ?? "unknown"}`, path);
  }
  const texts: string[] = [];
  // Array.prototype.sort compares strings by UTF-16 code units, which is the order RFC 8785 asks for.
  for (const name of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[name];
    if (member === undefined) continue;
    path.push(name);
    texts.push(`${writeString(name, path)}:${write(member, path, ancestors)}`);
    path.pop();
  }
  return `{${texts.join(",")}}`;
}

function unwritable(what: string, path: readonly (string | number)[]): RelearnError {
  const pointer = path.length === 0 ? "the top" : `/${path.join("/")}`;
  return new RelearnError(
    "invalid_input",
    `Cannot write ${what} at ${pointer} as JSON: give null, booleans, finite numbers, well-formed strings, arrays and plain objects.`,
    { details: { path: [...path], found: what } },
  );
}
