/**
 * Reading fields of a document from outside, each with the path that its fault is reported under.
 * The client has no dependencies, so these few stand where a schema library would; all throw
 * InvalidDocumentError.
 */
import { InvalidDocumentError } from "./invalid-document-error.ts";

export type Fields = Readonly<Record<string, unknown>>;

export function record(value: unknown, at: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidDocumentError(at, `must be an object, got ${shown(value)}.`);
  }
  return value as Fields;
}

export function list(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new InvalidDocumentError(at, `must be a list, got ${shown(value)}.`);
  return value;
}

export function text(value: unknown, at: string): string {
  if (typeof value !== "string" || value === "") {
    throw new InvalidDocumentError(at, `must be a string that is not empty, got ${shown(value)}.`);
  }
  return value;
}

export function flag(value: unknown, at: string): boolean {
  if (typeof value !== "boolean")
    throw new InvalidDocumentError(at, `must be true or false, got ${shown(value)}.`);
  return value;
}

export function finite(value: unknown, at: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new InvalidDocumentError(at, `must be a finite number, got ${shown(value)}.`);
  }
  return value;
}

export function whole(value: unknown, least: number, most: number, at: string): number {
  const number = finite(value, at);
  if (!Number.isInteger(number) || number < least || number > most) {
    throw new InvalidDocumentError(at, `must be a whole number from ${least} to ${most}, got ${number}.`);
  }
  return number;
}

/** A list of exactly `count` finite numbers. */
export function numbers(value: unknown, count: number, at: string): readonly number[] {
  const entries = list(value, at);
  if (entries.length !== count) {
    throw new InvalidDocumentError(at, `must have ${count} number(s), got ${entries.length}.`);
  }
  return entries.map((entry, index) => finite(entry, `${at}[${index}]`));
}

function shown(value: unknown): string {
  if (typeof value === "number") return String(value);
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}
