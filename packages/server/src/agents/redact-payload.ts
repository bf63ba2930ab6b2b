import type { JsonObject } from "../db/tables.ts";

/** Returns a copy of the payload without the values at the dotted paths, or the payload itself if it has none of them. */
export function redactPayload(payload: JsonObject, paths: readonly string[]): JsonObject {
  return paths.reduce((redacted, path) => removePath(redacted, path.split(".")), payload);
}

function removePath(value: JsonObject, path: readonly string[]): JsonObject {
  const [head, ...rest] = path;
  if (head === undefined || !Object.hasOwn(value, head)) return value;
  if (rest.length === 0) {
    const { [head]: _removed, ...kept } = value;
    return kept;
  }
  const child = value[head];
  if (typeof child !== "object" || child === null || Array.isArray(child)) return value;
  return { ...value, [head]: removePath(child as JsonObject, rest) };
}
