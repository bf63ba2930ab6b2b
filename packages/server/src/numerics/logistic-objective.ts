import { expNonPositive } from "./exponential.ts";
import type { Objective } from "./minimise.ts";
import type { StandardisedTiles } from "./standardised-tiles.ts";
import { addTileGradient, addTileGram, tileMargins } from "./tile-products.ts";

/**
 * sum_i s_i·loss_i + ½·‖W‖²/C with the intercepts not penalised, as scikit-learn's LogisticRegression.
 *
 * Two classes: one weight vector for class 1, loss = log(1 + e^∓z). More: one vector a class, softmax.
 * Parameters: one row of `tiles.width` a vector, its intercept last. In the softmax the sum of the intercepts
 * is free; a penalty ½·(their sum)² settles it at 0 and changes nothing else.
 *
 * `labels` (class of each row of the tiles) and `weights` (null: all 1) are in the order of the tiles' rows.
 * `afterPass` is called after each pass over the rows; what it throws ends the fit.
 */
export function logisticObjective(
  tiles: StandardisedTiles,
  labels: Uint16Array,
  weights: Float64Array | null,
  classes: number,
  inverseRegularisation: number,
  afterPass: (() => void) | undefined,
): Objective {
  const width = tiles.width;
  const vectors = classes === 2 ? 1 : classes;
  const stride = tiles.tileRows;
  const margins = new Float64Array(vectors * stride);
  const curvature = new Float64Array(stride);
  let scaled: Float64Array | null = null;
  const size = vectors * width;
  const pass = classes === 2 ? binaryTile : softmaxTile;

  return {
    size,
    evaluate(parameters, gradient, hessian) {
      gradient.fill(0);
      hessian?.fill(0);
      if (hessian !== null) scaled ??= new Float64Array(width * stride);
      let loss = 0;
      for (let tile = 0; tile < tiles.tiles; tile++) {
        const offset = tiles.load(tile);
        const count = tiles.countOf(tile);
        const first = tile * stride;
        for (let v = 0; v < vectors; v++) {
          tileMargins(tiles.data, offset, stride, width, count, parameters, v * width, margins, v * stride);
        }
        // From here on `margins` holds probabilities.
        loss += pass(margins, stride, vectors, count, labels, weights, first);
        if (hessian !== null) addHessian(offset, count, first, hessian);
        toResiduals(first, count);
        for (let v = 0; v < vectors; v++) {
          addTileGradient(tiles.data, offset, stride, width, count, margins, v * stride, gradient, v * width);
        }
      }
      if (hessian !== null) mirror(hessian, vectors, width);
      loss += penalise(parameters, gradient, hessian);
      afterPass?.();
      return loss;
    },
  };

  function addHessian(offset: number, count: number, first: number, hessian: Float64Array): void {
    for (let v = 0; v < vectors; v++) {
      for (let u = v; u < vectors; u++) {
        for (let i = 0; i < count; i++) {
          const p = margins[v * stride + i]!;
          const other = u === v ? p - 1 : margins[u * stride + i]!;
          curvature[i] = -p * other;
        }
        if (weights !== null) for (let i = 0; i < count; i++) curvature[i]! *= weights[first + i]!;
        const at = v * width * size + u * width;
        addTileGram(tiles.data, offset, stride, width, count, curvature, scaled!, hessian, at, size);
      }
    }
  }

  function toResiduals(first: number, count: number): void {
    if (vectors === 1) {
      for (let i = 0; i < count; i++) margins[i]! -= labels[first + i]!;
    } else {
      for (let i = 0; i < count; i++) margins[labels[first + i]! * stride + i]! -= 1;
    }
    if (weights === null) return;
    for (let v = 0; v < vectors; v++) {
      for (let i = 0; i < count; i++) margins[v * stride + i]! *= weights[first + i]!;
    }
  }

  function penalise(parameters: Float64Array, gradient: Float64Array, hessian: Float64Array | null): number {
    const strength = 1 / inverseRegularisation;
    let squares = 0;
    let interceptSum = 0;
    for (let v = 0; v < vectors; v++) {
      const at = v * width;
      for (let column = 0; column + 1 < width; column++) {
        const parameter = parameters[at + column]!;
        squares += parameter * parameter;
        gradient[at + column]! += strength * parameter;
        if (hessian !== null) hessian[(at + column) * size + at + column]! += strength;
      }
      interceptSum += parameters[at + width - 1]!;
    }
    if (vectors === 1) return 0.5 * strength * squares;
    for (let v = 0; v < vectors; v++) {
      const at = v * width + width - 1;
      gradient[at]! += interceptSum;
      if (hessian !== null) {
        for (let u = 0; u < vectors; u++) hessian[at * size + u * width + width - 1]! += 1;
      }
    }
    return 0.5 * strength * squares + 0.5 * interceptSum * interceptSum;
  }
}

/** Margins to P(class 1), in place; gives the loss. Sums of logarithms are logarithms of products, so one a few hundred rows. */
function binaryTile(
  margins: Float64Array,
  _stride: number,
  _vectors: number,
  count: number,
  labels: Uint16Array,
  weights: Float64Array | null,
  first: number,
): number {
  let loss = 0;
  let product = 1;
  for (let i = 0; i < count; i++) {
    const z = margins[i]!;
    const distance = Math.abs(z);
    const e = expNonPositive(-distance);
    const q = 1 / (1 + e);
    margins[i] = z >= 0 ? q : e * q;
    // log(1 + e^-m) with m the margin towards the label: log(1 + e) and, on the wrong side, |z|.
    const wrong = labels[first + i] === 1 ? distance - z : distance + z;
    if (weights === null) {
      loss += 0.5 * wrong;
      product *= 1 + e;
      if (product > 1e200) {
        loss += Math.log(product);
        product = 1;
      }
    } else {
      loss += weights[first + i]! * (0.5 * wrong + Math.log(1 + e));
    }
  }
  return loss + Math.log(product);
}

/** Margins to class probabilities (softmax), in place; gives the loss. */
function softmaxTile(
  margins: Float64Array,
  stride: number,
  vectors: number,
  count: number,
  labels: Uint16Array,
  weights: Float64Array | null,
  first: number,
): number {
  let loss = 0;
  let product = 1;
  const end = vectors * stride;
  for (let i = 0; i < count; i++) {
    let top = margins[i]!;
    for (let at = stride + i; at < end; at += stride) if (margins[at]! > top) top = margins[at]!;
    const own = top - margins[labels[first + i]! * stride + i]!;
    let sum = 0;
    for (let at = i; at < end; at += stride) {
      const e = expNonPositive(margins[at]! - top);
      margins[at] = e;
      sum += e;
    }
    const factor = 1 / sum;
    for (let at = i; at < end; at += stride) margins[at]! *= factor;
    if (weights === null) {
      loss += own;
      product *= sum;
      if (product > 1e200) {
        loss += Math.log(product);
        product = 1;
      }
    } else {
      loss += weights[first + i]! * (own + Math.log(sum));
    }
  }
  return loss + Math.log(product);
}

/** Copies the upper triangle of each block to its lower one, and the blocks above the diagonal below it. */
function mirror(hessian: Float64Array, vectors: number, width: number): void {
  const size = vectors * width;
  for (let v = 0; v < vectors; v++) {
    for (let u = v; u < vectors; u++) {
      for (let j = 0; j < width; j++) {
        for (let k = j; k < width; k++) {
          const value = hessian[(v * width + j) * size + u * width + k]!;
          hessian[(v * width + k) * size + u * width + j] = value;
          hessian[(u * width + j) * size + v * width + k] = value;
          hessian[(u * width + k) * size + v * width + j] = value;
        }
      }
    }
  }
}
