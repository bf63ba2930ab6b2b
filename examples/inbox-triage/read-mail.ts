/** Reads the table and validates every line; an invalid line is an error with its number. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type BodyFacts, type MailClass, type MailPayload, type MailRow, mailMarks } from "./mail-row.ts";

/** Path of the table in this folder. */
export const mailFile = join(import.meta.dirname, "mail.jsonl");

/**
 * Period in which the corpus has mail of both classes. Before it almost all mail is spam, after it almost none.
 * `from` is inclusive, `to` is exclusive.
 */
export const mixedPeriod = { from: "2002-07-16T00:00:00Z", to: "2002-09-27T00:00:00Z" } as const;

/** Returns all rows in order of arrival. Throws if a line is invalid, repeated or out of order. */
export function readMail(file: string = mailFile): MailRow[] {
  return parseMailTable(readFileSync(file, "utf8"));
}

export function parseMailTable(table: string): MailRow[] {
  const rows: MailRow[] = [];
  const keys = new Set<string>();
  const lines = table.split("\n");
  // The last line ends with a line feed, too.
  if (lines.at(-1) === "") lines.pop();
  for (const [index, line] of lines.entries()) {
    const row = parseMailRow(line, index + 1);
    const previous = rows.at(-1);
    if (keys.has(row.key)) throw lineError(index + 1, "key", row.key, "a key that no line before has");
    if (previous && previous.date > row.date) {
      throw lineError(index + 1, "date", row.date, `a date not before ${previous.date}, the line before`);
    }
    keys.add(row.key);
    rows.push(row);
  }
  return rows;
}

/** Returns the rows that arrived at or after `from` and before `to`. */
export function mailBetween(
  rows: readonly MailRow[],
  { from, to }: { readonly from: string; readonly to: string } = mixedPeriod,
): MailRow[] {
  const [start, end] = [Date.parse(from), Date.parse(to)];
  return rows.filter((row) => Date.parse(row.date) >= start && Date.parse(row.date) < end);
}

/** Parses one line; `lineNumber` is for the error message. */
export function parseMailRow(line: string, lineNumber: number): MailRow {
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch (cause) {
    throw new Error(`mail table, line ${lineNumber}: not JSON (${(cause as Error).message}).`, { cause });
  }
  const row = new Fields(parsed, "", lineNumber);
  const payload = row.object("payload");
  const body = payload.object("body");
  const bodyFacts: BodyFacts = {
    chars: body.number("chars", 0),
    links: body.number("links", 0),
    ip_links: body.number("ip_links", 0),
    images: body.number("images", 0),
    caps_share: body.number("caps_share", 0, 1),
    exclamations: body.number("exclamations", 0),
    quoted_share: body.number("quoted_share", 0, 1),
  };
  const mailPayload: MailPayload = {
    risk_score: payload.number("risk_score", 0, 100),
    spf_fail: payload.boolean("spf_fail"),
    dkim_fail: payload.boolean("dkim_fail"),
    suspicious_keywords: payload.texts("suspicious_keywords"),
    attachments: payload.texts("attachments"),
    sender_domain_age_days: payload.number("sender_domain_age_days", 0),
    recipient_count: payload.number("recipient_count", 0),
    subject: payload.text("subject"),
    excerpt: payload.text("excerpt"),
    sender_domain: payload.text("sender_domain"),
    marks: payload.texts("marks").map((mark) => payload.oneOf("marks", mark, mailMarks)),
    hops: payload.number("hops", 0),
    date_skew_hours: payload.isNull("date_skew_hours") ? null : payload.number("date_skew_hours"),
    body: bodyFacts,
  };
  return {
    key: row.matching("key", /^mail-[0-9a-f]{12}$/, "mail- and 12 hex digits"),
    date: row.matching("date", /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/, "a time like 2002-08-22T12:53:39Z"),
    class: row.oneOf<MailClass>("class", row.text("class"), ["safe", "quarantine"]),
    folder: row.text("folder"),
    payload: mailPayload,
  };
}

class Fields {
  readonly #values: Readonly<Record<string, unknown>>;
  readonly #path: string;
  readonly #lineNumber: number;

  constructor(value: unknown, path: string, lineNumber: number) {
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw lineError(lineNumber, path === "" ? "the line" : path.slice(0, -1), value, "an object");
    }
    this.#values = value as Record<string, unknown>;
    this.#path = path;
    this.#lineNumber = lineNumber;
  }

  object(name: string): Fields {
    return new Fields(this.#values[name], `${this.#path}${name}.`, this.#lineNumber);
  }

  isNull(name: string): boolean {
    return this.#values[name] === null;
  }

  number(name: string, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY): number {
    const value = this.#values[name];
    if (typeof value === "number" && Number.isFinite(value) && value >= min && value <= max) return value;
    throw this.#wrong(
      name,
      value,
      max < Number.POSITIVE_INFINITY
        ? `a number of ${min}-${max}`
        : min === 0
          ? "a number of 0 or more"
          : "a number",
    );
  }

  boolean(name: string): boolean {
    const value = this.#values[name];
    if (typeof value === "boolean") return value;
    throw this.#wrong(name, value, "true or false");
  }

  text(name: string): string {
    const value = this.#values[name];
    if (typeof value === "string") return value;
    throw this.#wrong(name, value, "a text");
  }

  texts(name: string): string[] {
    const value = this.#values[name];
    if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
    throw this.#wrong(name, value, "a list of texts");
  }

  matching(name: string, pattern: RegExp, accepted: string): string {
    const value = this.text(name);
    if (pattern.test(value)) return value;
    throw this.#wrong(name, value, accepted);
  }

  oneOf<T extends string>(name: string, value: string, accepted: readonly T[]): T {
    const found = accepted.find((each) => each === value);
    if (found !== undefined) return found;
    throw this.#wrong(name, value, `one of ${accepted.join(", ")}`);
  }

  #wrong(name: string, value: unknown, accepted: string): Error {
    return lineError(this.#lineNumber, `${this.#path}${name}`, value, accepted);
  }
}

function lineError(lineNumber: number, path: string, value: unknown, accepted: string): Error {
  const shown = (JSON.stringify(value) ?? "nothing").slice(0, 80);
  return new Error(
    `mail table, line ${lineNumber}: ${path} is ${shown}, expected ${accepted}. ` +
      "To derive the table again: node examples/inbox-triage/derive-mail.ts",
  );
}
