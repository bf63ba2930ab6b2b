import fc from "fast-check";
import { expect, it } from "vitest";
import { NOT_A_NUMBER, NOT_FINITE, parseNumber } from "./number-text.ts";

const read = parseNumber;

it.each<[string, number]>([
  ["0", 0],
  ["-0", -0],
  ["0.", 0],
  [".5", 0.5],
  ["+7", 7],
  [" 12.50 ", 12.5],
  ["\u00a07", 7],
  ["1e3", 1000],
  ["-1.5E-7", -1.5e-7],
  ["0.1", 0.1],
  ["123456789012345678901", 123456789012345680000],
  ["0.30000000000000004", 0.30000000000000004],
  ["true", 1],
  ["FALSE", 0],
  ["1e999", NOT_FINITE],
  ["-inf", NOT_FINITE],
  ["Infinity", NOT_FINITE],
])("reads %s", (text, value) => {
  expect(read(text)).toBe(value);
});

it.each(["", "  ", "\u3000", "NA", " NA ", "n/a", "NaN", "null", "None", "?"])(
  "takes %j for a missing value",
  (text) => {
    expect(read(text)).toBeNaN();
  },
);

it.each([
  "-",
  "+",
  ".",
  "-.",
  "1,5",
  "1.2.3",
  "0x10",
  " 0x10",
  "0b1",
  "0O7",
  "1_000",
  "1e",
  "12a",
  "ten",
  "1 2",
])("takes %j for no number", (text) => {
  expect(read(text)).toBe(NOT_A_NUMBER);
});

it("reads every float64 back as it was written", () => {
  const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(finite, fc.integer({ min: 0, max: 20 }), (value, places) => {
      expect(read(String(value))).toBe(Number(String(value)));
      const fixed = (value % 1e9).toFixed(places);
      expect(read(fixed)).toBe(Number(fixed));
    }),
    { numRuns: 2000 },
  );
});
