import type { LogisticTiles } from "./logistic-tiles.ts";
import type { Objective } from "./minimise.ts";

/**
 * sum_i s_i·loss_i + ½·‖W‖²/C with the intercepts not penalised, as scikit-learn's LogisticRegression.
 *
 * Two classes: one weight vector for class 1, loss = log(1 + e^∓z). More: one vector a class, softmax.
 * Parameters: one row of features + 1 a vector, its intercept last. In the softmax the sum of the intercepts
 * is free; a penalty ½·(their sum)² settles it at 0 and changes nothing else.
 *
 * `labels` (class of each row of the tiles) is in the order of the tiles' rows. `weighted`: whether a weight
 * other than 1 occurs. `afterPass` is called after each pass over the rows; what it throws ends the fit.
 */
export function logisticObjective(
  tiles: LogisticTiles,
  labels: Uint16Array,
  weighted: boolean,
  inverseRegularisation: number,
  afterPass: (() => void) | undefined,
): Objective {
  const { width, vectors, values, kernels, stride, tileRows } = tiles;
  const used = tiles.features + 1;
  const size = vectors * used;
  const margins = tiles.marginsAt / 8;
  const curvature = tiles.curvatureAt / 8;
  const sums = tiles.sumsAt / 8;
  const tops = tiles.topsAt / 8;
  const parametersAt = tiles.parametersAt / 8;
  const gradientAt = tiles.gradientAt / 8;
  const gramSize = width * width;
  const pairs = (vectors * (vectors + 1)) / 2;

  return {
    size,
    evaluate(parameters, gradient, hessian) {
      for (let v = 0; v < vectors; v++) {
        const at = parametersAt + v * width;
        values.fill(0, at, at + width);
        values.set(parameters.subarray(v * used, (v + 1) * used), at);
      }
      values.fill(0, gradientAt, gradientAt + vectors * width);
      values[tiles.lossAt / 8] = 0;
      if (hessian !== null) {
        values.fill(0, tiles.gramsAt / 8, tiles.gramsAt / 8 + pairs * gramSize);
      }
      let loss = 0;
      for (let tile = 0; tile < tiles.tiles; tile++) {
        const address = tiles.load(tile);
        const count = tiles.countOf(tile);
        const rowBytes = 64 * Math.ceil(count / 8);
        for (let v = 0; v < vectors; v++) {
          const weightsAt = tiles.parametersAt + 8 * v * width;
          kernels.margins(address, stride, width, rowBytes, weightsAt, tiles.marginsAt + v * stride);
        }
        loss +=
          vectors === 1
            ? binaryTile(address, rowBytes, count, hessian !== null)
            : softmaxTile(address, rowBytes, count, tile * tileRows, hessian !== null);
        for (let v = 0; v < vectors; v++) {
          const out = tiles.gradientAt + 8 * v * width;
          kernels.gradient(address, stride, width, rowBytes, tiles.marginsAt + v * stride, out);
        }
      }
      loss += values[tiles.lossAt / 8]!;
      for (let v = 0; v < vectors; v++) {
        const at = gradientAt + v * width;
        gradient.set(values.subarray(at, at + used), v * used);
      }
      if (hessian !== null) copyHessian(hessian);
      loss += penalise(parameters, gradient, hessian);
      afterPass?.();
      return loss;
    },
  };

  /** Margins to residuals; the logarithms of the loss (the rest of it is added up by the kernel). */
  function binaryTile(address: number, rowBytes: number, count: number, withHessian: boolean): number {
    kernels.sigmoid(
      tiles.marginsAt,
      rowBytes,
      tiles.targetsOf(address),
      tiles.weightsOf(address),
      tiles.curvatureAt,
      tiles.sumsAt,
      tiles.lossAt,
    );
    if (withHessian) addGram(address, rowBytes, 0);
    if (weighted) return weightedLogarithms(tiles.weightsOf(address) / 8, count);
    // A sum of logarithms is the logarithm of the product; factors lie in 1 to 2, so 512 of them fit.
    let product = 1;
    for (let i = 0; i < count; i++) product *= values[sums + i]!;
    return Math.log(product);
  }

  function softmaxTile(
    address: number,
    rowBytes: number,
    count: number,
    first: number,
    withHessian: boolean,
  ): number {
    const weights = tiles.weightsOf(address) / 8;
    let loss = 0;
    for (let i = 0; i < count; i++) {
      loss -= values[weights + i]! * values[margins + labels[first + i]! * tileRows + i]!;
    }
    kernels.softmax(
      tiles.marginsAt,
      stride,
      tiles.marginsAt + vectors * stride,
      rowBytes,
      tiles.sumsAt,
      tiles.topsAt,
    );
    for (let i = 0; i < count; i++) loss += values[weights + i]! * values[tops + i]!;
    if (weighted) loss += weightedLogarithms(weights, count);
    else {
      let product = 1;
      for (let i = 0; i < count; i++) {
        product *= values[sums + i]!;
        if (product > 1e200) {
          loss += Math.log(product);
          product = 1;
        }
      }
      loss += Math.log(product);
    }
    if (withHessian) addPairs(address, rowBytes, weights);
    for (let i = 0; i < count; i++) values[margins + labels[first + i]! * tileRows + i]! -= 1;
    const padded = rowBytes / 8;
    if (weighted || padded > count) {
      for (let v = 0; v < vectors; v++) {
        for (let i = 0; i < padded; i++) values[margins + v * tileRows + i]! *= values[weights + i]!;
      }
    }
    return loss;
  }

  function weightedLogarithms(weights: number, count: number): number {
    let loss = 0;
    for (let i = 0; i < count; i++) loss += values[weights + i]! * Math.log(values[sums + i]!);
    return loss;
  }

  /** Blocks (v, u) of the Hessian: curvature s·p_v·([v = u] - p_u). */
  function addPairs(address: number, rowBytes: number, weights: number): void {
    const padded = rowBytes / 8;
    let pair = 0;
    for (let v = 0; v < vectors; v++) {
      for (let u = v; u < vectors; u++) {
        const own = u === v ? 1 : 0;
        for (let i = 0; i < padded; i++) {
          const p = values[margins + v * tileRows + i]!;
          values[curvature + i] = values[weights + i]! * p * (own - values[margins + u * tileRows + i]!);
        }
        addGram(address, rowBytes, pair++);
      }
    }
  }

  function addGram(address: number, rowBytes: number, pair: number): void {
    kernels.scale(address, stride, width, rowBytes, tiles.curvatureAt, tiles.scaledAt);
    kernels.gram(address, stride, width, rowBytes, tiles.scaledAt, tiles.gramsAt + 8 * pair * gramSize);
  }

  /** Each Gram block, of which the upper triangle is right, to its two places and both triangles. */
  function copyHessian(hessian: Float64Array): void {
    let from = tiles.gramsAt / 8;
    for (let v = 0; v < vectors; v++) {
      for (let u = v; u < vectors; u++, from += gramSize) {
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

  function penalise(parameters: Float64Array, gradient: Float64Array, hessian: Float64Array | null): number {
    const strength = 1 / inverseRegularisation;
    let squares = 0;
    let interceptSum = 0;
    for (let v = 0; v < vectors; v++) {
      const at = v * used;
      for (let column = 0; column + 1 < used; column++) {
        const parameter = parameters[at + column]!;
        squares += parameter * parameter;
        gradient[at + column]! += strength * parameter;
        if (hessian !== null) hessian[(at + column) * size + at + column]! += strength;
      }
      interceptSum += parameters[at + used - 1]!;
    }
    if (vectors === 1) return 0.5 * strength * squares;
    for (let v = 0; v < vectors; v++) {
      const at = v * used + used - 1;
      gradient[at]! += interceptSum;
      if (hessian !== null) {
        for (let u = 0; u < vectors; u++) hessian[at * size + u * used + used - 1]! += 1;
      }
    }
    return 0.5 * strength * squares + 0.5 * interceptSum * interceptSum;
  }
}
