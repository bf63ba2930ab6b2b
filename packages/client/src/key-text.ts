/** The longest unit, task key or outcome id that the service takes. */
const MAX_KEY_CHARACTERS = 512;

/** What a key may be, for messages. */
export const KEY_ACCEPTED = `well-formed text of 1 to ${MAX_KEY_CHARACTERS} characters without U+0000`;

/** Whether the service takes the value as a unit, a task's key or an outcome's id. */
export function isKey(value: unknown): value is string {
  return isStorableText(value, MAX_KEY_CHARACTERS);
}

/** Whether the value is text of 1 to `max` characters that a database holds: well-formed, without U+0000. */
export function isStorableText(value: unknown, max: number): value is string {
  return (
    typeof value === "string" &&
    value !== "" &&
    value.length <= max &&
    !value.includes("\u0000") &&
    value.isWellFormed()
  );
}
