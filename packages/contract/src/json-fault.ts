/** Levels of nesting that a stored document may have; deeper documents could overflow the stack. */
const MAX_JSON_DEPTH = 32;

export interface JsonFault {
  readonly path: readonly (string | number)[];
  readonly value: unknown;
  /** Accepted values. */
  readonly message: string;
}

/** True for text PostgreSQL cannot hold: U+0000, which neither `text` nor `jsonb` accepts, or half a surrogate pair. */
export function isUnstorableText(text: string): boolean {
  return text.includes("\u0000") || !text.isWellFormed();
}

/**
 * Finds the first part of a value that does not survive storage as JSON: a number that is not finite (JSON text may
 * contain one: 1e999), text that PostgreSQL cannot hold, more than `MAX_JSON_DEPTH` levels, or a value that is not JSON.
 * Returns `undefined` if there is none. Never throws; cost: one pass.
 */
export function findJsonFault(value: unknown, maxDepth = MAX_JSON_DEPTH): JsonFault | undefined {
  return findFaultWithin(value, [], maxDepth);
}

function findFaultWithin(
  value: unknown,
  path: (string | number)[],
  depthLeft: number,
): JsonFault | undefined {
  const fault = (message: string): JsonFault => ({ path: [...path], value, message });
  switch (typeof value) {
    case "string":
      return isUnstorableText(value) ? fault("must be well-formed text without U+0000") : undefined;
    case "number":
      return Number.isFinite(value) ? undefined : fault("must be a finite number");
    case "boolean":
      return undefined;
    case "object":
      break;
    default:
      return fault("must be a JSON value");
  }
  if (value === null) return undefined;
  if (depthLeft === 0) return fault(`must not be nested deeper than ${MAX_JSON_DEPTH} levels`);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) {
      path.push(index);
      const found = findFaultWithin(value[index], path, depthLeft - 1);
      path.pop();
      if (found !== undefined) return found;
    }
    return undefined;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return fault("must be a plain JSON value");
  for (const [name, member] of Object.entries(value)) {
    if (member === undefined) continue;
    path.push(name);
    const found = isUnstorableText(name)
      ? fault("must have names of well-formed text without U+0000")
      : findFaultWithin(member, path, depthLeft - 1);
    path.pop();
    if (found !== undefined) return found;
  }
  return undefined;
}
