import { describe, expect, it } from "vitest";
import { cellValue, rowReader } from "./csv-document.ts";

describe("cells of a CSV file", () => {
  it.each<[string, unknown]>([
    ["7", 7],
    ["-0.5", -0.5],
    ["+3", 3],
    [".5", 0.5],
    ["5.", 5],
    ["1e3", 1000],
    ["true", true],
    ["FALSE", false],
    ["007", "007"],
    ["12345678901234567890", "12345678901234567890"],
    ["9007199254740991", 9007199254740991],
    ["1,5", "1,5"],
    ["0x10", "0x10"],
    ["2026-03-01", "2026-03-01"],
    ["NaN", undefined],
    ["nan", undefined],
    ["inf", Number.POSITIVE_INFINITY],
    ["-Infinity", Number.NEGATIVE_INFINITY],
    ["1e999", Number.POSITIVE_INFINITY],
    ["NA", "NA"],
    ["informal", "informal"],
    ['["a","b"]', ["a", "b"]],
    ['{"a":1}', { a: 1 }],
    ["[not json", "[not json"],
  ])("%s", (cell, value) => {
    expect(cellValue(cell)).toEqual(value);
  });
});

describe("a CSV line as a document", () => {
  it("takes known columns as fields and payload.x and all others as payload, nested at dots", () => {
    const read = rowReader(
      ["task_key", "label", "payload.risk_score", "sender.age", "sender.name", "links", "payload"],
      { kind: "gold", agent: "inbox_triage" },
    );
    expect(read(["007", "1", "70", "3", "Eve", '["a"]', '{"extra":1,"risk_score":1}'])).toEqual({
      document: {
        agent: "inbox_triage",
        task_key: "007",
        label: "1",
        payload: { extra: 1, risk_score: 70, sender: { age: 3, name: "Eve" }, links: ["a"] },
      },
    });
    expect(read(["g", "", "", "", "", "", ""])).toEqual({
      document: { agent: "inbox_triage", task_key: "g", payload: {} },
    });
  });

  it("reads a plain table with --label: every other column is payload, equal rows have equal keys", () => {
    const header = ["source", "key", "x", "is_spam"];
    const read = rowReader(header, { kind: "examples", agent: "a", label: "is_spam" });
    const first = read(["web", "k1", "1.50", "1"]);
    expect(first).toEqual({
      document: {
        agent: "a",
        label: "1",
        key: expect.stringMatching(/^row-[0-9a-f]{24}$/),
        payload: { source: "web", key: "k1", x: 1.5 },
      },
    });
    expect(read(["web", "k1", "1.5", "1"])).toEqual(first);
    const keyed = rowReader(header, { kind: "examples", label: "is_spam", key: "key" });
    expect(keyed(["web", "k1", "1", "0"])).toEqual({
      document: { label: "0", key: "k1", payload: { source: "web", x: 1 } },
    });
  });

  it("reads judges from judge.NAME.verdict and judge.NAME.confidence, dots in the name included", () => {
    const read = rowReader(
      ["task_key", "judge.gpt-3.5-turbo.verdict", "judge.gpt-3.5-turbo.confidence", "judge.b.verdict"],
      { kind: "evaluations", agent: "a" },
    );
    expect(read(["t", "safe", "80", ""])).toEqual({
      document: {
        agent: "a",
        task_key: "t",
        judge_scores: { "gpt-3.5-turbo": { verdict: "safe", confidence: 80 } },
        payload: {},
      },
    });
  });

  it("refuses infinite numbers by column", () => {
    const read = rowReader(["task_key", "label", "score"], { kind: "gold" });
    expect(read(["g", "a", "inf"])).toMatchObject({ fault: { path: "payload.score", value: '"inf"' } });
    expect(read(["g", "a", "1e400"])).toMatchObject({ fault: { path: "payload.score" } });
    expect(read(["g", "a", "NaN"])).toEqual({ document: { task_key: "g", label: "a", payload: {} } });
  });

  it("is not led astray by columns named as an object's own workings", () => {
    const read = rowReader(["task_key", "label", "__proto__", "constructor"], { kind: "gold" });
    const made = read(["g", "a", "1", "2"]);
    if (!("document" in made)) throw new Error("refused");
    expect(JSON.stringify(made.document["payload"])).toBe('{"__proto__":1,"constructor":2}');
    expect(({} as Record<string, unknown>)["1"]).toBeUndefined();
  });

  it.each<[string, string[], Parameters<typeof rowReader>[1]]>([
    ['has no column "spam" for --label', ["a", "is_spam"], { kind: "examples", label: "spam" }],
    ['has no column "id" for --key', ["a", "l"], { kind: "examples", label: "l", key: "id" }],
    ['has the column "score"', ["unit_id", "score"], { kind: "outcomes" }],
    ["a path cannot hold both a value and an object", ["task_key", "a", "payload.a.b"], { kind: "gold" }],
  ])("refuses a header: %s", (message, header, mapping) => {
    expect(() => rowReader(header, mapping)).toThrow(message);
  });
});
