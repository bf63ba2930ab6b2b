import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { mailBetween, mailFile, mixedPeriod, parseMailRow, parseMailTable, readMail } from "./read-mail.ts";

const table = readFileSync(mailFile, "utf8");
const first = table.slice(0, table.indexOf("\n"));
const rows = readMail();

function changed(change: (row: Record<string, unknown>, payload: Record<string, unknown>) => void): string {
  const row = JSON.parse(first) as Record<string, unknown>;
  change(row, row["payload"] as Record<string, unknown>);
  return JSON.stringify(row);
}

describe("the committed table", () => {
  it("is the one that ORIGIN.md describes", () => {
    const origin = readFileSync(join(import.meta.dirname, "ORIGIN.md"), "utf8");
    const counts = { safe: 0, quarantine: 0 };
    for (const row of rows) counts[row.class]++;
    expect(origin).toContain(createHash("sha256").update(table).digest("hex"));
    expect(origin).toContain(`| safe | ${counts.safe} |`);
    expect(origin).toContain(`| quarantine | ${counts.quarantine} |`);
  });

  it("has every address masked and no link's path", () => {
    const local = table.match(/[\w.+-]+@[\w-]+\.[\w.]+/g) ?? [];
    expect(local.length).toBeGreaterThan(100);
    expect(local.filter((address) => !/^u-[0-9a-f]{6}@/.test(address))).toEqual([]);
    expect(table).not.toMatch(/https?:\/\/[\w.]+\//);
  });

  it("comes back from the reader as it was written", () => {
    expect(rows.map((row) => `${JSON.stringify(row)}\n`).join("")).toBe(table);
  });
});

describe("mailBetween", () => {
  it("includes the start, excludes the end, and has both classes in the mixed period", () => {
    const mixed = mailBetween(rows);
    expect(mixed.every((row) => row.date >= mixedPeriod.from && row.date < mixedPeriod.to)).toBe(true);
    const unwanted = mixed.filter((row) => row.class === "quarantine").length / mixed.length;
    expect(unwanted).toBeGreaterThan(0.2);
    expect(unwanted).toBeLessThan(0.5);
    const [one, two] = [rows[0]!, rows.find((row) => row.date > rows[0]!.date)!];
    expect(mailBetween(rows, { from: one.date, to: two.date })[0]).toBe(one);
    expect(mailBetween(rows, { from: one.date, to: two.date })).not.toContain(two);
  });
});

describe("what the reader refuses", () => {
  it.each([
    ["no JSON", "{", /line 7: not JSON/],
    ["no object", "[]", /line 7: the line is \[\], expected an object/],
    ["no payload", changed((row) => delete row["payload"]), /payload is nothing, expected an object/],
    [
      "another class",
      changed((row) => Object.assign(row, { class: "spam" })),
      /class is "spam", expected one of safe, quarantine/,
    ],
    ["a foreign key", changed((row) => Object.assign(row, { key: "x" })), /key is "x"/],
    [
      "a local time",
      changed((row) => Object.assign(row, { date: "2002-08-22 10:00" })),
      /date is "2002-08-22 10:00"/,
    ],
    [
      "a score of 101",
      changed((_, payload) => Object.assign(payload, { risk_score: 101 })),
      /payload.risk_score is 101, expected a number of 0-100/,
    ],
    [
      "a score as text",
      changed((_, payload) => Object.assign(payload, { risk_score: "7" })),
      /payload.risk_score is "7"/,
    ],
    [
      "a yes",
      changed((_, payload) => Object.assign(payload, { spf_fail: "yes" })),
      /payload.spf_fail is "yes", expected true or false/,
    ],
    [
      "keywords as a count",
      changed((_, payload) => Object.assign(payload, { suspicious_keywords: 3 })),
      /expected a list of texts/,
    ],
    [
      "an unknown mark",
      changed((_, payload) => Object.assign(payload, { marks: ["odd"] })),
      /payload.marks is "odd"/,
    ],
    [
      "no skew",
      changed((_, payload) => delete payload["date_skew_hours"]),
      /payload.date_skew_hours is nothing/,
    ],
    [
      "a share of 2",
      changed((_, payload) => Object.assign(payload["body"] as object, { caps_share: 2 })),
      /payload.body.caps_share is 2/,
    ],
  ])("%s", (_, line, message) => {
    expect(() => parseMailRow(line, 7)).toThrow(message);
  });

  it("a key twice, and lines out of order", () => {
    expect(() => parseMailTable(`${first}\n${first}\n`)).toThrow(/line 2: key is/);
    const earlier = changed((row) =>
      Object.assign(row, { key: "mail-000000000000", date: "1999-01-01T00:00:00Z" }),
    );
    expect(() => parseMailTable(`${first}\n${earlier}\n`)).toThrow(/line 2: date is "1999-01-01T00:00:00Z"/);
    expect(() => parseMailTable(`${first}\n\n`)).toThrow(/line 2: not JSON/);
    expect(parseMailTable("")).toEqual([]);
  });
});
