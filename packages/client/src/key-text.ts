/** Maximum length of a unit, task key or outcome id. */
const MAX_KEY_CHARACTERS = 512;

/** Accepted keys, for messages. */
export const KEY_ACCEPTED = `well-formed text of 1 to ${MAX_KEY_CHARACTERS} characters without U+0000`;

/** Returns true if the service accepts the value as a unit, a task's key or an outcome's id. */
export function isKey(value: unknown): value is string {
  return isStorableText(value, MAX_KEY_CHARACTERS);
}

/** Returns true for text of 1 to `max` characters that a database can store: well-formed, without U+0000. */
export function isStorableText(value: unknown, max: number): value is string {
  return (
    typeof value === "string" &&
    value !== "" &&
    value.length <= max &&
    !value.includes("\u0000") &&
    value.isWellFormed()
  );
}
