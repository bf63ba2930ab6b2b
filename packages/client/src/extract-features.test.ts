import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FeatureDeclaration } from "./bundle-document.ts";
import { extractFeatures, type FeatureState, prepareFeatures } from "./extract-features.ts";

const risk: FeatureDeclaration = {
  name: "risk",
  path: "risk_score",
  kind: "number",
  default: 7,
  min: 0,
  max: 100,
};
const spf: FeatureDeclaration = { name: "spf", path: "checks.spf_fail", kind: "boolean", default: false };
const files: FeatureDeclaration = { name: "files", path: "attachments", kind: "length", default: 0, max: 3 };

describe("one feature", () => {
  const cases: readonly (readonly [string, FeatureDeclaration, unknown, number, FeatureState])[] = [
    ["a number", risk, { risk_score: 41.5 }, 41.5, "read"],
    ["zero is a value", risk, { risk_score: 0 }, 0, "read"],
    ["a bound is within", risk, { risk_score: 100 }, 100, "read"],
    ["a numeric string", risk, { risk_score: " 4.15e1 " }, 41.5, "read"],
    ["beyond a bound", risk, { risk_score: 1e9 }, 100, "clamped"],
    ["below a bound", risk, { risk_score: "-3" }, 0, "clamped"],
    ["missing", risk, {}, 7, "absent"],
    ["null", risk, { risk_score: null }, 7, "absent"],
    ["a word", risk, { risk_score: "high" }, 7, "invalid"],
    ["an empty string", risk, { risk_score: "" }, 7, "invalid"],
    ["hexadecimal is no decimal", risk, { risk_score: "0x10" }, 7, "invalid"],
    ["infinite", risk, { risk_score: Number.POSITIVE_INFINITY }, 7, "invalid"],
    ["infinite by overflow in a string", risk, { risk_score: "1e999" }, 7, "invalid"],
    ["not a number", risk, { risk_score: Number.NaN }, 7, "invalid"],
    ["a boolean is no number", risk, { risk_score: true }, 7, "invalid"],
    ["a list is no number", risk, { risk_score: [3] }, 7, "invalid"],
    ["a bigint is no JSON", risk, { risk_score: 3n }, 7, "invalid"],
    ["true", spf, { checks: { spf_fail: true } }, 1, "read"],
    ["one", spf, { checks: { spf_fail: 1 } }, 1, "read"],
    ["a word for true", spf, { checks: { spf_fail: "True" } }, 1, "read"],
    ["false", spf, { checks: { spf_fail: false } }, 0, "read"],
    ["a word for neither", spf, { checks: { spf_fail: "maybe" } }, 0, "invalid"],
    ["two is neither", spf, { checks: { spf_fail: 2 } }, 0, "invalid"],
    ["the path ends early", spf, { checks: null }, 0, "absent"],
    ["the path runs into a string", spf, { checks: "spf_fail" }, 0, "absent"],
    ["a list", files, { attachments: ["a", "b"] }, 2, "read"],
    ["an empty list", files, { attachments: [] }, 0, "read"],
    ["a list beyond the bound", files, { attachments: [1, 2, 3, 4] }, 3, "clamped"],
    ["a string is no list", files, { attachments: "abc" }, 0, "invalid"],
    ["no object at all", files, null, 0, "absent"],
    ["a payload that is a number", files, 42, 0, "absent"],
    ["an inherited property is not there", { ...risk, path: "constructor.length" }, {}, 7, "absent"],
    ["nor the prototype", { ...files, path: "__proto__" }, { a: 1 }, 0, "absent"],
  ];
  test.each(cases)("%s", (_, declaration, payload, value, state) => {
    const extracted = extractFeatures(payload, [declaration]);
    expect([...extracted.values]).toEqual([value]);
    expect({ ...extracted, values: null }).toEqual({
      values: null,
      absent: state === "absent" ? [declaration.name] : [],
      invalid: state === "invalid" ? [declaration.name] : [],
      clamped: state === "clamped" ? [declaration.name] : [],
    });
  });
});

test("a boolean default is 0 or 1", () => {
  expect([...extractFeatures({}, [{ ...spf, default: true }]).values]).toEqual([1]);
});

test("writes into a row of a matrix and counts what was found", () => {
  const matrix = new Float64Array(9).fill(-1);
  const extractor = prepareFeatures([risk, spf, files]);
  expect(extractor.extractInto({ risk_score: 5, attachments: [1, 2, 3, 4] }, matrix, 3)).toBe(2);
  expect(extractor.extractInto({ subject: "sums of a day" }, matrix, 6)).toBe(0);
  expect([...matrix]).toEqual([-1, -1, -1, 5, 0, 3, 7, 0, 0]);
});

test("whatever the payload: finite numbers within the bounds, and no throw", () => {
  fc.assert(
    fc.property(fc.anything(), fc.anything(), fc.anything(), (a, b, c) => {
      const { values } = extractFeatures({ risk_score: a, checks: { spf_fail: b }, attachments: c }, [
        risk,
        spf,
        files,
      ]);
      expect(values[0]).toBeGreaterThanOrEqual(0);
      expect(values[0]).toBeLessThanOrEqual(100);
      expect([0, 1]).toContain(values[1]);
      expect([0, 1, 2, 3]).toContain(values[2]);
    }),
  );
});
