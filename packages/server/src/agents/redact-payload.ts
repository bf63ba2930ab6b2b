import type { JsonObject } from "../db/tables.ts";

/** A copy of the payload without the values at the given dotted paths; the payload itself where nothing is there. */
export function redactPayload(payload: JsonObject, paths: readonly string[]): JsonObject {
  return paths.reduce((redacted, path) => without(redacted, path.split(".")), payload);
}

function without(value: JsonObject, path: readonly string[]): JsonObject {
  const [head, ...rest] = path;
  if (head === undefined || !Object.hasOwn(value, head)) return value;
  if (rest.length === 0) {
    const { [head]: _removed, ...kept } = value;
    return kept;
  }
  const child = value[head];
  if (typeof child !== "object" || child === null || Array.isArray(child)) return value;
  return { ...value, [head]: without(child as JsonObject, rest) };
}
