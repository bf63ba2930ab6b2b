import { createBinaryLoss, createSoftmaxLoss } from "./logistic-loss.ts";
import { addLogisticPenalty } from "./logistic-penalty.ts";
import type { LogisticTiles } from "./logistic-tiles.ts";
import type { Objective } from "./minimise.ts";

export interface LogisticObjectiveOptions {
  /** Class of each row, in the order of the tiles' rows. */
  readonly labels: Uint16Array;
  /** True if a weight other than 1 occurs. */
  readonly isWeighted: boolean;
  /** Inverse strength C of the penalty, above 0. */
  readonly inverseRegularisation: number;
  /** Called after each pass over the rows; may throw to end the fit. */
  readonly afterPass?: (() => void) | undefined;
}

/**
 * Creates the function that a logistic fit minimises: sum_i s_i·loss_i + ½·‖W‖²/C, the intercepts not penalised, as
 * scikit-learn's LogisticRegression.
 *
 * Two classes: one weight vector for class 1, loss = log(1 + e^∓z). More: one vector a class, softmax.
 * Parameters: one row of features + 1 a vector, its intercept last.
 * Cost of an evaluation: one pass over the tiles, O(rows · features · vectors) without Hessian,
 * O(rows · features² · vectors²) with it.
 *
 * @example
 * const table = { rows: 4, columns: [Float64Array.of(1, 2, 3, 4)] };
 * const labels = Uint16Array.of(0, 0, 1, 1);
 * const source = { table, selection: null, scaler: fitScaler(table), labels, weights: null, weightsBySelection: false };
 * const options = { labels, isWeighted: false, inverseRegularisation: 1 };
 * const objective = createLogisticObjective(new LogisticTiles(source, 1, false), options);
 * objective.evaluate(new Float64Array(2), new Float64Array(2), null) // 2.77259  (4·ln 2)
 */
export function createLogisticObjective(tiles: LogisticTiles, options: LogisticObjectiveOptions): Objective {
  const { width, vectors, values, kernels, stride, tileRows } = tiles;
  const used = tiles.features + 1;
  const { labels, isWeighted } = options;
  const loss =
    vectors === 1 ? createBinaryLoss(tiles, isWeighted) : createSoftmaxLoss(tiles, labels, isWeighted);

  return {
    size: vectors * used,
    evaluate(parameters, gradient, hessian) {
      writeParameters(tiles, parameters);
      clearSums(tiles, hessian !== null);
      let total = 0;
      for (let tile = 0; tile < tiles.tiles; tile++) {
        const address = tiles.load(tile);
        const count = tiles.getCount(tile);
        const rowBytes = 64 * Math.ceil(count / 8);
        for (let v = 0; v < vectors; v++) {
          const weightsAt = tiles.parametersAt + 8 * v * width;
          kernels.margins(address, stride, width, rowBytes, weightsAt, tiles.marginsAt + v * stride);
        }
        total += loss.addTile({ address, rowBytes, count, first: tile * tileRows }, hessian !== null);
        for (let v = 0; v < vectors; v++) {
          const out = tiles.gradientAt + 8 * v * width;
          kernels.gradient(address, stride, width, rowBytes, tiles.marginsAt + v * stride, out);
        }
      }
      total += values[tiles.lossAt / 8]!;
      readGradient(tiles, gradient);
      if (hessian !== null) readHessian(tiles, hessian);
      const strength = 1 / options.inverseRegularisation;
      total += addLogisticPenalty(parameters, vectors, strength, gradient, hessian);
      options.afterPass?.();
      return total;
    },
  };
}

/** Copies the parameters to the kernels' memory, each vector padded with zeros to the tiles' width. */
function writeParameters(
  { values, vectors, width, features, parametersAt }: LogisticTiles,
  parameters: Float64Array,
): void {
  const used = features + 1;
  for (let v = 0; v < vectors; v++) {
    const at = parametersAt / 8 + v * width;
    values.fill(0, at, at + width);
    values.set(parameters.subarray(v * used, (v + 1) * used), at);
  }
}

function clearSums(tiles: LogisticTiles, withHessian: boolean): void {
  const { values, vectors, width } = tiles;
  const gradient = tiles.gradientAt / 8;
  values.fill(0, gradient, gradient + vectors * width);
  values[tiles.lossAt / 8] = 0;
  if (!withHessian) return;
  const grams = tiles.gramsAt / 8;
  values.fill(0, grams, grams + ((vectors * (vectors + 1)) / 2) * width * width);
}

function readGradient(
  { values, vectors, width, features, gradientAt }: LogisticTiles,
  gradient: Float64Array,
): void {
  const used = features + 1;
  for (let v = 0; v < vectors; v++) {
    const at = gradientAt / 8 + v * width;
    gradient.set(values.subarray(at, at + used), v * used);
  }
}

/** Copies the upper triangle of each Gram block to its two positions, and to both triangles. */
function readHessian(
  { values, vectors, width, features, gramsAt }: LogisticTiles,
  hessian: Float64Array,
): void {
  const used = features + 1;
  const size = vectors * used;
  let from = gramsAt / 8;
  for (let v = 0; v < vectors; v++) {
    for (let u = v; u < vectors; u++, from += width * width) {
      for (let j = 0; j < used; j++) {
        for (let k = j; k < used; k++) {
          const value = values[from + j * width + k]!;
          hessian[(v * used + j) * size + u * used + k] = value;
          hessian[(v * used + k) * size + u * used + j] = value;
          hessian[(u * used + j) * size + v * used + k] = value;
          hessian[(u * used + k) * size + v * used + j] = value;
        }
      }
    }
  }
}
