import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parsePanelLine } from "./parse-panel-line.ts";

const readReason = (value: unknown): string => {
  const parsed = parsePanelLine(typeof value === "string" ? value : JSON.stringify(value));
  return parsed.ok ? "taken" : parsed.reason;
};
const judged = (score: unknown, more: object = {}) => ({
  task_key: "t",
  judge_scores: { x: score },
  ...more,
});

describe("a line of a judge panel", () => {
  it.each([
    ["[1]", "the line is a list of 1; it must be an object"],
    ['{"a', "not JSON: "],
    ['{"task_key":"t","judge_scores":{"x":{"confidence":NaN}}}', "not JSON: "],
    [{ judge_scores: {} }, "task_key is nothing; it must be non-empty text"],
    [{ task_key: 7, judge_scores: {} }, "task_key is 7; it must be non-empty text"],
    [{ task_key: "t" }, "judge_scores is nothing; it must be an object that maps each judge to its verdict"],
    [{ task_key: "t", judge_scores: [] }, "judge_scores is a list of 0; it must be an object"],
    [judged("safe"), 'judge_scores.x is "safe"; it must be an object such as'],
    [judged({ verdict: 1 }), "judge_scores.x.verdict is 1; it must be text, or null if"],
    [judged({ confidence: 101 }), "judge_scores.x.confidence is 101; it must be a number from 0 to 100"],
    [judged({ confidence: "90" }), 'judge_scores.x.confidence is "90"; it must be a number from 0 to 100'],
    [judged({ order_consistent: "no" }), 'order_consistent is "no"; it must be true or false'],
    [judged({}, { label: "" }), 'label is ""; it must be non-empty text; null or absent'],
    [judged({}, { label: true }), "label is true; it must be non-empty text"],
    [judged({}, { created_at: "Tue, 1 Jan 2030" }), "must be a time in ISO 8601"],
    [judged({}, { created_at: 5 }), "created_at is 5; it must be a time"],
    [{ task_key: "t", judge_scores: { "": {} } }, "judge_scores has an empty judge name"],
  ])("is refused with the path, the value and the accepted values: %j", (value, reason) => {
    expect(readReason(value)).toContain(reason);
  });

  it.each([
    ["2026-03-02", "2026-03-02T00:00:00.000Z"],
    ["2026-03-02T12:00:00", "2026-03-02T12:00:00.000Z"],
    ["2026-03-02 12:00", "2026-03-02T12:00:00.000Z"],
    ["2026-03-02T12:00:00.123456+01:00", "2026-03-02T11:00:00.123Z"],
  ])("reads the time %s as %s in any time zone of the machine", (created_at, time) => {
    expect(parsePanelLine(JSON.stringify(judged({}, { created_at })))).toMatchObject({
      line: { created_at: time },
    });
  });

  it("accepts a numeric group and unknown members", () => {
    const line = judged({ verdict: null, rationale: "…" }, { group: 3, payload: {}, label: null });
    expect(parsePanelLine(JSON.stringify(line))).toMatchObject({
      ok: true,
      line: { group: "3", label: null },
    });
  });

  it("never throws, and gives the reason if it is refused", () => {
    const value = fc.oneof(
      fc.json(),
      fc.string(),
      fc
        .record(
          {
            task_key: fc.anything(),
            label: fc.anything(),
            judge_scores: fc.dictionary(fc.string(), fc.anything()),
          },
          { requiredKeys: [] },
        )
        .map((line) => JSON.stringify(line, (_, one: unknown) => (typeof one === "bigint" ? 0 : one)) ?? ""),
    );
    fc.assert(
      fc.property(value, (text) => {
        expect(readReason(text)).toMatch(
          /^(taken|not JSON: .+|.+ it must .+|judge_scores has an empty judge name)$/s,
        );
      }),
      { numRuns: 300 },
    );
  });
});
