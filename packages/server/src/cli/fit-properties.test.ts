import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import { RelearnError } from "../errors.ts";
import { seededRandom, shuffled } from "../numerics/random.ts";
import { MODEL_TYPES } from "../training/train-model.ts";
import { fitFile } from "./fit.ts";
import type { FitDocument } from "./fit-document.ts";

const folder = mkdtempSync(join(tmpdir(), "relearn-fit-properties-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const path = join(folder, "table.csv");

const number = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -3, max: 3 }) },
  { weight: 2, arbitrary: fc.double({ min: -1e3, max: 1e3, noNaN: true }) },
  { weight: 1, arbitrary: fc.double({ noNaN: true, noDefaultInfinity: true }) },
);
const cell = fc.oneof(
  { weight: 30, arbitrary: number.map(String) },
  {
    weight: 1,
    arbitrary: fc.constantFrom("", "NaN", "Infinity", "-1e999", "word", " 4 ", '"1"', "true", "-0"),
  },
);
const label = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom("a", "b") },
  { weight: 1, arbitrary: fc.constantFrom("c", "ß,“", "", "1e308") },
);
const table = fc.integer({ min: 1, max: 4 }).chain((width) =>
  fc.array(fc.tuple(fc.array(cell, { minLength: width, maxLength: width }), label), {
    minLength: 2,
    maxLength: 40,
  }),
);

type Rows = readonly (readonly [readonly string[], string])[];

function fitRows(rows: Rows, model: (typeof MODEL_TYPES)[number]): FitDocument | RelearnError {
  const header = rows[0]![0].map((_, column) => `x${column}`);
  const lines = rows.map(([cells, answer]) => [...cells, `"${answer}"`].join(","));
  writeFileSync(path, `${[...header, "y"].join(",")}\n${lines.join("\n")}\n`);
  try {
    return fitFile(path, { label: "y", model, evaluate: true, repeat: 1, encoding: "utf-8" }).document;
  } catch (error) {
    if (error instanceof RelearnError) return error;
    throw error;
  }
}

/** What the order of the rows may change: the lines that are named. */
function withoutLines({ bad_rows, warnings, digest, timing, ...rest }: FitDocument): object {
  const told = warnings.map(({ code, message }) => (code === "bad_rows" ? code : message));
  return { ...rest, reasons: bad_rows.map(({ reason }) => reason).sort(), told };
}

it("any small table gives figures within their ranges, the same in any order of rows, or a clear refusal", () => {
  fc.assert(
    fc.property(table, fc.constantFrom(...MODEL_TYPES), fc.nat(), (rows, model, seed) => {
      const found = fitRows(rows, model);
      const again = fitRows(shuffled(rows, seededRandom(seed)), model);
      if (found instanceof RelearnError || again instanceof RelearnError) {
        expect(["invalid_input", "insufficient_data", "training_failed"]).toContain(
          found instanceof RelearnError ? found.code : "none",
        );
        expect((again as RelearnError).code).toBe((found as RelearnError).code);
        return;
      }
      expect(withoutLines(again)).toEqual(withoutLines(found));
      if (found.bad_row_count === 0) expect(again.digest).toBe(found.digest);
      expect(notFinite(found)).toEqual([]);
      expectWithinRanges(found);
    }),
    { numRuns: 150 },
  );
});

/** Paths of numbers that JSON cannot hold. */
function notFinite(value: unknown, at = ""): string[] {
  if (typeof value === "number") return Number.isFinite(value) ? [] : [at];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, member]) => notFinite(member, `${at}/${name}`));
}

function expectWithinRanges(found: FitDocument): void {
  const within = (value: number | null, low: number, high: number): void => {
    expect(value).toBeGreaterThanOrEqual(low);
    expect(value).toBeLessThanOrEqual(high);
  };
  const classes = found.classes.length;
  within(found.accuracy, 0, 1);
  within(found.training_accuracy, 0, 1);
  within(found.baseline_accuracy, 1 / classes, 1);
  within(found.brier, 0, 1);
  within(found.calibration_error, 0, 1);
  // The clip of a probability, 2⁻⁵², as a log-loss.
  within(found.log_loss, 0, 52 * Math.LN2 + 1e-9);
  const [low, high] = found.accuracy_interval!;
  within(low, 0, found.accuracy!);
  within(high, found.accuracy!, 1);
  for (const drop of Object.values(found.permutation_importances!)) within(drop, -1, 1);
  const sums = found.confusion_matrix!.map((row) => row.reduce((sum, count) => sum + count, 0));
  expect(sums).toEqual(found.classes.map((name) => found.label_distribution[name]));
  const importances = found.feature_importances.reduce((sum, share) => sum + share, 0);
  expect(importances === 0 || Math.abs(importances - 1) < 1e-9).toBe(true);
}
