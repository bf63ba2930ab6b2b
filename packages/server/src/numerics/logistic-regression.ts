import { solveCholesky } from "./cholesky.ts";
import { type FeatureColumns, firstNotFinite } from "./feature-columns.ts";
import { createLogisticObjective } from "./logistic-objective.ts";
import { LogisticTiles } from "./logistic-tiles.ts";
import { type Minimum, minimiseByLbfgs, minimiseByNewton, type Objective } from "./minimise.ts";
import { fitScaler, type Scaler } from "./scaler.ts";

/**
 * Logistic regression on standardised columns: binary, or multinomial (softmax) for more than two classes.
 *
 * Algorithm. With few rows: Newton's method on all of them. With many: first on a sample, which is cheap and ends close to
 * the optimum; then on all rows, by Newton's method if the Hessian is cheap (few
 * columns), else by L-BFGS with the sample's Hessian as preconditioner, which needs about ten passes without
 * a Hessian. All of them converge to the optimum of a strictly convex problem.
 *
 * The passes over the rows run in WebAssembly (`tile-kernels.ts`): 1.4 to 2.6 times as fast as the same passes in
 * TypeScript, see docs/adr/0017-wasm-kernels.md.
 * Rejected: L-BFGS without a preconditioner (30-300 passes at columns of different scale); SAGA and other
 * stochastic methods (do not reach 1e-6).
 */
export interface LogisticModel {
  readonly classes: number;
  readonly scaler: Scaler;
  /** In the standardised space. Two classes: one row, for class 1; more: one row a class, row-major. */
  readonly coef: Float64Array;
  readonly intercept: Float64Array;
  readonly iterations: number;
}

export interface LogisticOptions {
  /** Inverse strength of the penalty; 1 as in scikit-learn. */
  readonly inverseRegularisation?: number;
  readonly maxIterations?: number;
  /** Rows to fit, in this order; null or undefined: all. */
  readonly rows?: Int32Array | null;
  /** Non-negative weight of each row of the table; null or undefined: all 1. */
  readonly weights?: Float64Array | null;
  /** Called after each pass over the rows with the number of passes; may throw to end the fit. */
  readonly onPass?: (passes: number) => void;
}

export type LogisticFit =
  | { readonly ok: true; readonly model: LogisticModel }
  | { readonly ok: false; readonly reason: "no_rows" }
  /** A class has no row, or only rows of weight 0: its intercept would be minus infinity. */
  | { readonly ok: false; readonly reason: "empty_class"; readonly class: number }
  | { readonly ok: false; readonly reason: "not_finite"; readonly column: number; readonly row: number }
  /** Values so large or so small that the column's standard deviation is not a number to divide by. */
  | { readonly ok: false; readonly reason: "spread_out_of_range"; readonly column: number }
  /** `column`: the one whose weight still changes most; the table's width stands for the intercept. */
  | {
      readonly ok: false;
      readonly reason: "no_convergence";
      readonly column: number;
      readonly iterations: number;
    };

/**
 * Fits the model; `labels[row]` is a class in [0, classes), classes >= 2. A table that cannot be fitted gives a reason
 * in place of a model. The same rows in the same order give the same bits on every machine.
 * Memory: a standardised copy of at most 8 MB besides the table. Cost: see the comment of this file.
 *
 * @example
 * const table = { rows: 4, columns: [Float64Array.of(1, 2, 3, 4)] };
 * const fit = fitLogistic(table, Uint16Array.of(0, 0, 1, 1), 2);
 * fit.model.coef // [0.944073]
 * roundToPlaces(fit.model.intercept[0], 6) // 0
 * fitLogistic(table, Uint16Array.of(0, 0, 0, 0), 2) // { ok: false, reason: "empty_class", class: 1 }
 */
export function fitLogistic(
  table: FeatureColumns,
  labels: Uint16Array,
  classes: number,
  options: LogisticOptions = {},
): LogisticFit {
  const rows = options.rows ?? null;
  const weights = options.weights ?? null;
  const count = rows === null ? table.rows : rows.length;
  if (count === 0) return { ok: false, reason: "no_rows" };
  const emptyClass = findEmptyClass(labels, weights, rows, count, classes);
  if (emptyClass !== undefined) return { ok: false, reason: "empty_class", class: emptyClass };
  const scaler = fitScaler(table, rows);
  for (let column = 0; column < table.columns.length; column++) {
    const scale = scaler.scale[column]!;
    if (scale > MIN_SCALE && scale < Number.POSITIVE_INFINITY) continue;
    const fault = firstNotFinite(table);
    if (fault !== undefined) return { ok: false, reason: "not_finite", ...fault };
    return { ok: false, reason: "spread_out_of_range", column };
  }

  let passes = 0;
  const onPass = options.onPass;
  const afterPass = onPass === undefined ? undefined : () => onPass(++passes);
  const problem: Problem = {
    table,
    labels,
    weights,
    classes,
    scaler,
    inverseRegularisation: options.inverseRegularisation ?? 1,
    afterPass,
  };
  const width = table.columns.length + 1;
  const vectors = classes === 2 ? 1 : classes;
  const parameters = new Float64Array(vectors * width);
  const result = solve(problem, rows, parameters, options.maxIterations ?? 1000);
  if (!result.converged) {
    return {
      ok: false,
      reason: "no_convergence",
      column: result.parameter % width,
      iterations: result.iterations,
    };
  }
  return { ok: true, model: toModel(parameters, width, classes, scaler, result.iterations) };
}

/** Below, 1/scale squared overflows. */
const MIN_SCALE = 1e-150;

interface Problem {
  readonly table: FeatureColumns;
  readonly labels: Uint16Array;
  readonly weights: Float64Array | null;
  readonly classes: number;
  readonly scaler: Scaler;
  readonly inverseRegularisation: number;
  readonly afterPass: (() => void) | undefined;
}

function solve(
  problem: Problem,
  rows: Int32Array | null,
  parameters: Float64Array,
  maxIterations: number,
): Minimum {
  const count = rows === null ? problem.table.rows : rows.length;
  const size = parameters.length;
  const newton = { tolerance: NEWTON_TOLERANCE, maxIterations };
  const lbfgs = { tolerance: LBFGS_TOLERANCE, maxIterations };
  if (size > MAX_HESSIAN_PARAMETERS) {
    // Curvature at equal probabilities, which is the same along every standardised column.
    const curvature = (count * (problem.classes - 1)) / problem.classes ** 2 + 1;
    const precondition = (gradient: Float64Array): Float64Array => gradient.map((slope) => slope / curvature);
    return withObjective(problem, rows, problem.weights, false, (objective) =>
      minimiseByLbfgs(objective, parameters, precondition, lbfgs),
    );
  }
  const sampleSize = computeSampleSize(size, count, problem.classes);
  const allByNewton = (): Minimum =>
    withObjective(problem, rows, problem.weights, true, (objective) =>
      minimiseByNewton(objective, parameters, newton),
    );
  if (count < 2 * sampleSize) return allByNewton();
  const sample = drawStratifiedSample(problem, rows, count, sampleSize);
  const sampleFit = withObjective(problem, sample.rows, sample.weights, true, (objective) =>
    minimiseByNewton(objective, parameters, { tolerance: SAMPLE_TOLERANCE, maxIterations }),
  );
  if (!sampleFit.converged || sampleFit.factor === null || size <= MAX_NEWTON_PARAMETERS)
    return allByNewton();
  // One more step, with a Hessian so close to that of all rows that each pass reduces the error by a factor of 20.
  const wideSize = problem.classes === 2 ? Math.floor(count / WIDE_SAMPLE_SHARE) : 0;
  let { factor } = sampleFit;
  if (wideSize >= 2 * sampleSize) {
    const wideSample = drawStratifiedSample(problem, rows, count, wideSize);
    const wideFit = withObjective(problem, wideSample.rows, wideSample.weights, true, (objective) =>
      minimiseByNewton(objective, parameters, { tolerance: WIDE_TOLERANCE, maxIterations }),
    );
    if (!wideFit.converged || wideFit.factor === null) return allByNewton();
    factor = wideFit.factor;
  }
  const refinedFit = withObjective(problem, rows, problem.weights, false, (objective) =>
    minimiseByLbfgs(objective, parameters, (gradient) => solveCholesky(factor, size, gradient), {
      ...lbfgs,
      maxIterations: Math.min(maxIterations, MAX_SAMPLE_PASSES),
    }),
  );
  // A few outliers can dominate the curvature, and a sample may contain none of them.
  return refinedFit.converged ? refinedFit : allByNewton();
}

/** The error after a Newton step of this size is of the order of its square. */
const NEWTON_TOLERANCE = 1e-7;
/** L-BFGS reduces the error by a factor of about ten per pass here, so the error after such a step is below a tenth of it. */
const LBFGS_TOLERANCE = 1e-8;
/** Eight to ten suffice if the sample is representative. */
const MAX_SAMPLE_PASSES = 50;
/** The sample's optimum has an error of about sqrt(parameters / sample) anyway. */
const SAMPLE_TOLERANCE = 1e-2;
/** A Hessian of a tenth of the rows costs about half a pass over all of them. */
const WIDE_SAMPLE_SHARE = 10;
/** The first step from the small sample's optimum is below this, so there is only one. */
const WIDE_TOLERANCE = 0.5;
/** Up to here, a pass with Hessian costs less than three passes without. */
const MAX_NEWTON_PARAMETERS = 16;
/** Beyond this, the Hessian (18 MB) and its factor cost more than many passes. */
const MAX_HESSIAN_PARAMETERS = 1500;

/** Computes a sample size whose Hessian is close to that of all rows and costs about one pass. */
function computeSampleSize(parameters: number, count: number, classes: number): number {
  const minSize = Math.max(2000, (classes === 2 ? 60 : 15) * parameters);
  return Math.max(minSize, Math.round(count / 60));
}

function withObjective<Result>(
  problem: Problem,
  rows: Int32Array | null,
  weights: Float64Array | null,
  withHessian: boolean,
  use: (objective: Objective) => Result,
): Result {
  const { table, labels, scaler, classes } = problem;
  const weightsBySelection = weights !== problem.weights;
  const source = { table, selection: rows, scaler, labels, weights, weightsBySelection };
  const tiles = new LogisticTiles(source, classes === 2 ? 1 : classes, withHessian);
  try {
    const objective = createLogisticObjective(tiles, {
      labels: rows === null ? labels : gather(labels, rows),
      isWeighted: weights !== null,
      inverseRegularisation: problem.inverseRegularisation,
      afterPass: problem.afterPass,
    });
    return use(objective);
  } finally {
    tiles.release();
  }
}

function gather(values: Uint16Array, rows: Int32Array): Uint16Array {
  const out = new Uint16Array(rows.length);
  for (let i = 0; i < rows.length; i++) out[i] = values[rows[i]!]!;
  return out;
}

/**
 * Draws about `size` rows: a share of each class, but at least 50 rows if it has them, so that no class is missing. Rows are
 * weighted by the inverse of the share. They are chosen by a hash of the position, so that the choice is independent of
 * patterns in the order of the rows.
 */
function drawStratifiedSample(
  problem: Problem,
  rows: Int32Array | null,
  count: number,
  size: number,
): { rows: Int32Array; weights: Float64Array } {
  const perClass = new Float64Array(problem.classes);
  for (let i = 0; i < count; i++) perClass[problem.labels[rows === null ? i : rows[i]!]!]! += 1;
  const share = perClass.map((total) => Math.min(1, Math.max(size / count, 50 / total)));
  // Capacity for the expected number and a margin, not for all rows, since new memory is expensive.
  const room = Math.min(count, Math.ceil(1.2 * size) + 60 * problem.classes + 1000);
  let chosen = new Int32Array(room);
  let weights = new Float64Array(room);
  let chosenCount = 0;
  const seen = new Uint8Array(problem.classes);
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!;
    const label = problem.labels[row]!;
    const weight = problem.weights === null ? 1 : problem.weights[row]!;
    if (weight === 0) continue;
    if (seen[label] === 1 && hash(i) >= share[label]! * 4294967296) continue;
    seen[label] = 1;
    if (chosenCount === chosen.length) {
      chosen = copyInto(chosen, new Int32Array(2 * chosenCount));
      weights = copyInto(weights, new Float64Array(2 * chosenCount));
    }
    chosen[chosenCount] = row;
    weights[chosenCount++] = weight / share[label]!;
  }
  return { rows: chosen.subarray(0, chosenCount), weights: weights.subarray(0, chosenCount) };
}

function copyInto<Values extends Int32Array | Float64Array>(from: Values, to: Values): Values {
  to.set(from);
  return to;
}

/** Hashes a whole number to 32 bits (the finaliser of MurmurHash3). */
function hash(value: number): number {
  let z = value + 0x9e3779b9;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

function findEmptyClass(
  labels: Uint16Array,
  weights: Float64Array | null,
  rows: Int32Array | null,
  count: number,
  classes: number,
): number | undefined {
  const present = new Uint8Array(classes);
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!;
    if (weights === null || weights[row]! > 0) present[labels[row]!] = 1;
  }
  const missing = present.indexOf(0);
  return missing === -1 ? undefined : missing;
}

function toModel(
  parameters: Float64Array,
  width: number,
  classes: number,
  scaler: Scaler,
  iterations: number,
): LogisticModel {
  const vectors = parameters.length / width;
  const features = width - 1;
  const coef = new Float64Array(vectors * features);
  const intercept = new Float64Array(vectors);
  for (let v = 0; v < vectors; v++) {
    coef.set(parameters.subarray(v * width, v * width + features), v * features);
    intercept[v] = parameters[v * width + features]!;
  }
  return { classes, scaler, coef, intercept, iterations };
}
