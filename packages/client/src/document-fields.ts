/**
 * Validators of document fields, used in place of a schema library because the client has no dependencies. Each takes the
 * path to report, and throws `InvalidDocumentError`.
 */
import { InvalidDocumentError } from "./invalid-document-error.ts";

export type Fields = Readonly<Record<string, unknown>>;

export function readRecord(value: unknown, at: string): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new InvalidDocumentError(at, `must be an object, got ${formatValue(value)}.`);
  }
  return value as Fields;
}

export function readList(value: unknown, at: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new InvalidDocumentError(at, `must be a list, got ${formatValue(value)}.`);
  return value;
}

export function readText(value: unknown, at: string): string {
  if (typeof value !== "string" || value === "") {
    throw new InvalidDocumentError(at, `must be a non-empty string, got ${formatValue(value)}.`);
  }
  return value;
}

export function readFlag(value: unknown, at: string): boolean {
  if (typeof value !== "boolean")
    throw new InvalidDocumentError(at, `must be true or false, got ${formatValue(value)}.`);
  return value;
}

export function readFinite(value: unknown, at: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new InvalidDocumentError(at, `must be a finite number, got ${formatValue(value)}.`);
  }
  return value;
}

export function readWhole(value: unknown, min: number, max: number, at: string): number {
  const number = readFinite(value, at);
  if (!Number.isInteger(number) || number < min || number > max) {
    throw new InvalidDocumentError(at, `must be a whole number from ${min} to ${max}, got ${number}.`);
  }
  return number;
}

/** Reads a list of exactly `count` finite numbers. */
export function readNumbers(value: unknown, count: number, at: string): readonly number[] {
  const entries = readList(value, at);
  if (entries.length !== count) {
    throw new InvalidDocumentError(at, `must have ${count} number(s), got ${entries.length}.`);
  }
  return entries.map((entry, index) => readFinite(entry, `${at}[${index}]`));
}

function formatValue(value: unknown): string {
  if (typeof value === "number") return String(value);
  const json = JSON.stringify(value) ?? String(value);
  return json.length > 60 ? `${json.slice(0, 60)}…` : json;
}
