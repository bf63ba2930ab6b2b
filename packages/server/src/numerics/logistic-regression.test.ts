import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { columnsFromRowMajor, type FeatureColumns } from "./feature-columns.ts";
import { logisticMargins, probabilitiesOfMargins } from "./logistic-prediction.ts";
import { fitLogistic, type LogisticModel, type LogisticOptions } from "./logistic-regression.ts";
import { scoreProbabilities } from "./probability-scores.ts";
import { seededRandom } from "./random.ts";
import { referenceTable } from "./reference-table.fixture.ts";
import reference from "./reference-values.json" with { type: "json" };

function fit(
  table: FeatureColumns,
  labels: Uint16Array,
  classes: number,
  options?: LogisticOptions,
): LogisticModel {
  const result = fitLogistic(table, labels, classes, options);
  if (!result.ok) throw new Error(`no model: ${JSON.stringify(result)}`);
  return result.model;
}

/** Largest difference to the reference's coefficients and intercepts. */
function distance(model: LogisticModel, expected: { coef: number[][]; intercept: number[] }): number {
  const ours = [...model.coef, ...model.intercept];
  const theirs = [...expected.coef.flat(), ...expected.intercept];
  expect(ours).toHaveLength(theirs.length);
  return Math.max(...ours.map((value, at) => Math.abs(value - theirs[at]!)));
}

/** Gradient of the objective along any coefficient or intercept; bounds the coefficient's distance to the optimum. */
function largestSlope(
  model: LogisticModel,
  table: FeatureColumns,
  labels: Uint16Array,
  weights: Float64Array | null,
): number {
  const { classes, scaler, coef } = model;
  const probabilities = probabilitiesOfMargins(logisticMargins(model, table), classes);
  const width = table.columns.length;
  const slopes = [...coef, ...model.intercept].map((value, at) => (at < coef.length ? value : 0));
  for (let row = 0; row < table.rows; row++) {
    for (let v = 0; v < model.intercept.length; v++) {
      const k = classes === 2 ? 1 : v;
      const error = probabilities[row * classes + k]! - (labels[row] === k ? 1 : 0);
      const pull = error * (weights === null ? 1 : weights[row]!);
      slopes[coef.length + v]! += pull;
      for (let column = 0; column < width; column++) {
        const z = (table.columns[column]![row]! - scaler.mean[column]!) / scaler.scale[column]!;
        slopes[v * width + column]! += pull * z;
      }
    }
  }
  return Math.max(...slopes.map(Math.abs));
}

// Values: /usr/bin/python3 scripts/trainer-reference.py > packages/server/src/numerics/reference-values.json
describe("logistic regression agrees with scikit-learn to 1e-6", () => {
  it.each(reference.logistic)("on table $table, weighted: $weighted", (expected) => {
    const [rows, width, classes, seed] = expected.table as [number, number, number, number];
    const { table, labels, weights } = referenceTable(rows, width, classes, seed);
    const model = fit(table, labels, classes, { weights: expected.weighted ? weights : null });
    expect(distance(model, expected)).toBeLessThan(1e-6);
    const probabilities = probabilitiesOfMargins(logisticMargins(model, table), classes);
    const { log_loss: loss } = scoreProbabilities(probabilities, labels, classes, Number.EPSILON);
    expect(loss).toBeCloseTo(expected.log_loss, 7);
  });
});

describe("logistic regression", () => {
  it("ends at the same optimum from a sample with a preconditioner as by Newton's method on all rows", () => {
    const { table, labels } = referenceTable(30_000, 25, 2, 14);
    const all = fit(table, labels, 2);
    // Weights of 1 take the same way; rows in another order take another sample.
    const rows = Int32Array.from({ length: 30_000 }, (_, i) => (i * 7919) % 30_000);
    const other = fit(table, labels, 2, { rows });
    expect(distance(other, { coef: [[...all.coef]], intercept: [...all.intercept] })).toBeLessThan(1e-8);
  });

  it("leaves no slope on any small table: few values, copies, constants, separable, weighted", () => {
    const anyTable = fc
      .record({ rows: fc.integer({ min: 4, max: 40 }), width: fc.integer({ min: 1, max: 5 }) })
      .chain(({ rows, width }) =>
        fc.record({
          columns: fc.array(fc.array(fc.integer({ min: -3, max: 3 }), { minLength: rows, maxLength: rows }), {
            minLength: width,
            maxLength: width,
          }),
          scales: fc.array(fc.constantFrom(1e-9, 1, 1e12), { minLength: width, maxLength: width }),
          labels: fc.array(fc.nat(3), { minLength: rows, maxLength: rows }),
          percents: fc.array(fc.integer({ min: 1, max: 100 }), { minLength: rows, maxLength: rows }),
        }),
      );
    fc.assert(
      fc.property(anyTable, fc.boolean(), ({ columns, scales, labels, percents }, isWeighted) => {
        const present = [...new Set(labels)];
        fc.pre(present.length > 1);
        const table = {
          rows: labels.length,
          columns: columns.map((values, at) => Float64Array.from(values, (value) => value * scales[at]!)),
        };
        const places = Uint16Array.from(labels, (label) => present.indexOf(label));
        const weights = isWeighted ? Float64Array.from(percents, (percent) => percent / 100) : null;
        const model = fit(table, places, present.length, { weights });
        expect(largestSlope(model, table, places, weights)).toBeLessThan(1e-6);
      }),
      { numRuns: 200 },
    );
  });

  it("reaches the optimum where a few rows that no sample holds decide the curvature", () => {
    const random = seededRandom(79);
    const rows = 9000;
    const spikes = Array.from({ length: 6 }, () =>
      Float64Array.from({ length: rows }, () => Math.exp(8 * random.normal())),
    );
    const labels = Uint16Array.from({ length: rows }, () => random.below(4));
    const table = { rows, columns: spikes };
    expect(largestSlope(fit(table, labels, 4), table, labels, null)).toBeLessThan(1e-6);
  });

  it("reaches the optimum with more parameters than a Hessian is made for", () => {
    const { table, labels } = referenceTable(3000, 40, 60, 7);
    const present = Uint16Array.from(labels, (_, row) => (row < 60 ? row : labels[row]!));
    expect(largestSlope(fit(table, present, 60), table, present, null)).toBeLessThan(1e-6);
  });

  it("gives the same bits for the same rows", () => {
    const { table, labels } = referenceTable(500, 6, 3, 4);
    expect(fit(table, labels, 3).coef).toEqual(fit(table, labels, 3).coef);
  });

  it("fits a row of weight 2 like the row twice, and leaves out a row of weight 0", () => {
    const { table, labels } = referenceTable(60, 3, 2, 5);
    const scaled = { ...table };
    const weights = new Float64Array(60).fill(1);
    weights[7] = 2;
    weights[8] = 0;
    const weighted = fit(scaled, labels, 2, { weights });
    // The scaler is not weighted, so the rows must be repeated after standardising: here through `rows`
    // with the scaler's columns kept, by comparing the gradient at the optimum instead.
    const margins = logisticMargins(weighted, table);
    const gradient = [...weighted.coef];
    let interceptGradient = 0;
    for (let row = 0; row < 60; row++) {
      const residual = weights[row]! * (1 / (1 + Math.exp(-margins[row]!)) - labels[row]!);
      interceptGradient += residual;
      for (let column = 0; column < 3; column++) {
        const z =
          (table.columns[column]![row]! - weighted.scaler.mean[column]!) / weighted.scaler.scale[column]!;
        gradient[column]! += residual * z;
      }
    }
    for (const slope of [...gradient, interceptGradient]) expect(Math.abs(slope)).toBeLessThan(1e-9);
  });

  it("gives duplicate columns equal coefficients and a constant column none", () => {
    const { table, labels } = referenceTable(80, 2, 2, 6);
    const [x, z] = table.columns as [Float64Array, Float64Array];
    const constant = new Float64Array(80).fill(0.1);
    const model = fit({ rows: 80, columns: [x, z, x, constant] }, labels, 2);
    expect(model.coef[0]).toBeCloseTo(model.coef[2]!, 12);
    expect(model.coef[3]).toBe(0);
    expect(model.scaler.scale[3]).toBe(1);
  });

  it("stays finite on separable classes and on columns 30 powers of ten apart", () => {
    const random = seededRandom(3);
    const x = Float64Array.from({ length: 200 }, () => random.normal() * 1e-15);
    const z = Float64Array.from({ length: 200 }, () => random.normal() * 1e15 + 1e16);
    const labels = Uint16Array.from(x, (value) => (value > 0 ? 1 : 0));
    const model = fit({ rows: 200, columns: [x, z] }, labels, 2);
    expect(model.coef[0]).toBeGreaterThan(3);
    expect(Math.abs(model.coef[1]!)).toBeLessThan(1);
  });

  it("fits a rare class: one row of 5,000, and three classes with one row each", () => {
    const { table } = referenceTable(5000, 3, 2, 9);
    const labels = new Uint16Array(5000);
    labels[4321] = 1;
    const model = fit(table, labels, 2);
    const margins = logisticMargins(model, table);
    const sum = margins.reduce((total, z) => total + 1 / (1 + Math.exp(-z)), 0);
    // The intercept is not penalised, so the expected number of ones is the observed one.
    expect(sum).toBeCloseTo(1, 6);
    const three = columnsFromRowMajor(Float64Array.of(1, 2, 3), 3, 1);
    expect(fit(three, Uint16Array.of(0, 1, 2), 3).intercept.reduce((a, b) => a + b, 0)).toBeCloseTo(0, 12);
  });

  it.each<[string, number[], number[], number, object]>([
    ["no rows", [], [], 2, { reason: "no_rows" }],
    ["one class", [1, 2, 3], [1, 1, 1], 2, { reason: "empty_class", class: 0 }],
    ["NaN", [1, Number.NaN, 3], [0, 1, 0], 2, { reason: "not_finite", column: 0, row: 1 }],
    ["an infinity", [1, 2, Infinity], [0, 1, 0], 2, { reason: "not_finite", column: 0, row: 2 }],
    [
      "a spread beyond float64",
      [1e308, -1e308, 0],
      [0, 1, 0],
      2,
      { reason: "spread_out_of_range", column: 0 },
    ],
  ])("refuses %s and says where", (_name, values, labels, classes, expected) => {
    const table = columnsFromRowMajor(Float64Array.from(values), values.length, 1);
    expect(fitLogistic(table, Uint16Array.from(labels), classes)).toMatchObject({ ok: false, ...expected });
  });

  it("names a column where the iterations do not suffice", () => {
    const { table, labels } = referenceTable(300, 4, 2, 6);
    expect(fitLogistic(table, labels, 2, { maxIterations: 1 })).toMatchObject({
      ok: false,
      reason: "no_convergence",
      iterations: 1,
      column: expect.any(Number),
    });
  });

  it("can be ended from its progress", () => {
    const { table, labels } = referenceTable(300, 4, 2, 6);
    const stop = (): never => {
      throw new Error("enough");
    };
    expect(() => fitLogistic(table, labels, 2, { onPass: stop })).toThrow("enough");
  });
});
