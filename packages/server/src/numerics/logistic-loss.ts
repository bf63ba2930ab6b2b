import type { LogisticTiles } from "./logistic-tiles.ts";

/** Loss of a logistic model over the rows of one tile. */
export interface TileLoss {
  /**
   * Converts the margins of the tile's rows to weighted residuals in place, and returns the tile's share of the loss; the kernels add a further share at `tiles.lossAt`. Adds to the Gram matrices if `withHessian`.
   */
  addTile(tile: LoadedTile, withHessian: boolean): number;
}

export interface LoadedTile {
  /** Byte address. */
  readonly address: number;
  /** Bytes of a column, padding rows included. */
  readonly rowBytes: number;
  /** Number of rows without padding. */
  readonly count: number;
  /** Position of the tile's first row among all rows. */
  readonly first: number;
}

/**
 * Creates the loss of two classes: s·log(1 + e^∓z) for a row of weight s and margin z. `isWeighted`: whether a
 * weight other than 1 occurs.
 *
 * @example
 * const table = { rows: 2, columns: [Float64Array.of(1, 2)] };
 * const source = { table, selection: null, scaler: fitScaler(table), labels: Uint16Array.of(0, 1), weights: null, weightsBySelection: false };
 * const tiles = new LogisticTiles(source, 1, false);
 * const tile = { address: tiles.load(0), rowBytes: 64, count: 2, first: 0 };
 * createBinaryLoss(tiles, false).addTile(tile, false) // 1.38629  (2·ln 2: all margins are 0)
 */
export function createBinaryLoss(tiles: LogisticTiles, isWeighted: boolean): TileLoss {
  const { values, kernels } = tiles;
  const sums = tiles.sumsAt / 8;
  return {
    addTile({ address, rowBytes, count }, withHessian) {
      kernels.sigmoid(
        tiles.marginsAt,
        rowBytes,
        tiles.getTargetsAddress(address),
        tiles.getWeightsAddress(address),
        tiles.curvatureAt,
        tiles.sumsAt,
        tiles.lossAt,
      );
      if (withHessian) addGram(tiles, address, rowBytes, 0);
      if (isWeighted) return sumWeightedLogarithms(tiles, tiles.getWeightsAddress(address) / 8, count);
      // A sum of logarithms is the logarithm of the product; factors lie in [1, 2], so the product of 512 is finite.
      let product = 1;
      for (let i = 0; i < count; i++) product *= values[sums + i]!;
      return Math.log(product);
    },
  };
}

/**
 * Creates the loss of more than two classes: s·(log sum_v e^z_v - z_label). `labels`: class of each row, in the
 * order of the tiles' rows. `isWeighted`: whether a weight other than 1 occurs.
 *
 * @example
 * const table = { rows: 2, columns: [Float64Array.of(1, 2)] };
 * const labels = Uint16Array.of(0, 2);
 * const source = { table, selection: null, scaler: fitScaler(table), labels, weights: null, weightsBySelection: false };
 * const tiles = new LogisticTiles(source, 3, false);
 * tiles.values.fill(0, tiles.marginsAt / 8, tiles.marginsAt / 8 + 3 * tiles.tileRows);
 * const tile = { address: tiles.load(0), rowBytes: 64, count: 2, first: 0 };
 * createSoftmaxLoss(tiles, labels, false).addTile(tile, false) // 2.19722  (2·ln 3: all margins are 0)
 */
export function createSoftmaxLoss(tiles: LogisticTiles, labels: Uint16Array, isWeighted: boolean): TileLoss {
  const { values, kernels, stride, tileRows, vectors } = tiles;
  const margins = tiles.marginsAt / 8;
  const tops = tiles.topsAt / 8;
  return {
    addTile({ address, rowBytes, count, first }, withHessian) {
      const weights = tiles.getWeightsAddress(address) / 8;
      let loss = 0;
      for (let i = 0; i < count; i++) {
        loss -= values[weights + i]! * values[margins + labels[first + i]! * tileRows + i]!;
      }
      const marginsEnd = tiles.marginsAt + vectors * stride;
      kernels.softmax(tiles.marginsAt, stride, marginsEnd, rowBytes, tiles.sumsAt, tiles.topsAt);
      for (let i = 0; i < count; i++) loss += values[weights + i]! * values[tops + i]!;
      if (isWeighted) loss += sumWeightedLogarithms(tiles, weights, count);
      else loss = addLogarithms(tiles, count, loss);
      if (withHessian) addSoftmaxGrams(tiles, address, rowBytes);
      for (let i = 0; i < count; i++) values[margins + labels[first + i]! * tileRows + i]! -= 1;
      const padded = rowBytes / 8;
      if (isWeighted || padded > count) {
        for (let v = 0; v < vectors; v++) {
          for (let i = 0; i < padded; i++) values[margins + v * tileRows + i]! *= values[weights + i]!;
        }
      }
      return loss;
    },
  };
}

function sumWeightedLogarithms({ values, sumsAt }: LogisticTiles, weights: number, count: number): number {
  const sums = sumsAt / 8;
  let loss = 0;
  for (let i = 0; i < count; i++) loss += values[weights + i]! * Math.log(values[sums + i]!);
  return loss;
}

/** Adds the logarithms of the sums to the loss, as logarithms of products that do not overflow. */
function addLogarithms({ values, sumsAt }: LogisticTiles, count: number, loss: number): number {
  const sums = sumsAt / 8;
  let total = loss;
  let product = 1;
  for (let i = 0; i < count; i++) {
    product *= values[sums + i]!;
    if (product > 1e200) {
      total += Math.log(product);
      product = 1;
    }
  }
  return total + Math.log(product);
}

/** Adds the blocks (v, u), u >= v, of the Hessian: curvature s·p_v·([v = u] - p_u). */
function addSoftmaxGrams(tiles: LogisticTiles, address: number, rowBytes: number): void {
  const { values, vectors, tileRows } = tiles;
  const margins = tiles.marginsAt / 8;
  const curvature = tiles.curvatureAt / 8;
  const weights = tiles.getWeightsAddress(address) / 8;
  const padded = rowBytes / 8;
  let pair = 0;
  for (let v = 0; v < vectors; v++) {
    for (let u = v; u < vectors; u++) {
      const own = u === v ? 1 : 0;
      for (let i = 0; i < padded; i++) {
        const p = values[margins + v * tileRows + i]!;
        values[curvature + i] = values[weights + i]! * p * (own - values[margins + u * tileRows + i]!);
      }
      addGram(tiles, address, rowBytes, pair++);
    }
  }
}

/** Adds Xᵀ·D·X of one tile to a Gram matrix, D the curvatures of its rows. */
function addGram(tiles: LogisticTiles, address: number, rowBytes: number, pair: number): void {
  const { kernels, stride, width } = tiles;
  kernels.scale(address, stride, width, rowBytes, tiles.curvatureAt, tiles.scaledAt);
  const gramAt = tiles.gramsAt + 8 * pair * width * width;
  kernels.gram(address, stride, width, rowBytes, tiles.scaledAt, gramAt);
}
