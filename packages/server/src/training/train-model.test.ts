import { expect, it } from "vitest";
import { trainModel } from "./train-model.ts";
import type { TrainingTable } from "./training-table.ts";

const x = Float64Array.from({ length: 40 }, (_, row) => (row * 7) % 40);
const input: TrainingTable = {
  featureNames: ["x"],
  table: { rows: 40, columns: [x] },
  classes: ["low", "high"],
  labels: Uint16Array.from(x, (value, row) => (value + (row % 5) > 20 ? 1 : 0)),
  weights: null,
  groups: null,
};

/** A clock that shows these times one after another. */
function createClock(times: readonly number[]): { clockMs: () => number; readings: () => number } {
  let at = 0;
  return { clockMs: () => times[at++]!, readings: () => at };
}

it.each(["logistic", "tree"] as const)(
  "fit_ms of the %s is the median after the first, which is given by itself",
  (modelType) => {
    // Prepared from 0 to 4, fitted from 10 to 22: the first fit is both.
    const firstFitMs = 16;
    const clock = createClock([0, 4, 4, 10, 22, ...[100, 105], ...[200, 201], ...[300, 303]]);
    const { timing } = trainModel(input, 1, {
      modelType,
      evaluate: false,
      repeat: 4,
      clockMs: clock.clockMs,
    });
    expect(timing).toEqual({ fit_ms: 3, first_fit_ms: firstFitMs, evaluate_ms: null });
    expect(clock.readings()).toBe(11);
    const once = trainModel(input, 1, { modelType, clockMs: createClock([0, 4, 4, 54, 60, 72]).clockMs });
    expect(once.timing).toEqual({ fit_ms: firstFitMs, first_fit_ms: firstFitMs, evaluate_ms: 50 });
  },
);

it("a repeated fit is the same fit, on copies: the table stays as it was", () => {
  const before = x.slice();
  for (const modelType of ["logistic", "tree"] as const) {
    const once = trainModel(input, 1, { modelType });
    const thrice = trainModel(input, 1, { modelType, repeat: 3 });
    expect({ ...thrice, timing: null }).toEqual({ ...once, timing: null });
  }
  expect(x).toEqual(before);
});
