import { RelearnError } from "./errors.ts";

/**
 * Serializes a value as canonical JSON (RFC 8785, JSON Canonicalization Scheme): members sorted by the UTF-16
 * code units of their names, no white space, numbers and strings as ECMAScript writes them. Equal documents
 * have equal texts, so the digest of the text identifies the document.
 *
 * Accepts null, booleans, finite numbers, well-formed strings, arrays and plain objects of these; a member
 * that is `undefined` is treated as absent, as in JSON.stringify. -0 is written as 0.
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
  // Array.prototype.sort compares strings by UTF-16 code units, as RFC 8785 requires.
  for (const name of Object.keys(value).sort()) {
    const member = (value as Record<string, unknown>)[name];
    if (member === undefined) continue;
    path.push(name);
    texts.push(`${writeString(name, path)}:${write(member, path, ancestors)}`);
    path.pop();
  }
  return `{${texts.join(",")}}`;
}

function unwritable(found: string, path: readonly (string | number)[]): RelearnError {
  const pointer = path.length === 0 ? "the top" : `/${path.join("/")}`;
  return new RelearnError(
    "invalid_input",
    `Cannot write ${found} at ${pointer} as JSON; use null, booleans, finite numbers, well-formed strings, arrays and plain objects.`,
    { details: { path: [...path], found } },
  );
}
