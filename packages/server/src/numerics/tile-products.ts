/**
 * The three products that a logistic fit is made of, on one tile: margins X·w, gradient Xᵀ·r, Gram Xᵀ·D·X.
 *
 * A tile is column-major: the value of column c and row i is data[offset + c·stride + i]. The loops take
 * four columns (margins, gradient) or 2 x 4 pairs of columns (Gram) at a time: each value that is loaded
 * serves several multiply-adds, and several sums run side by side, which is what keeps a scalar core busy.
 */

/** margins[i] = sum over columns of weights[weightsAt + c] · x, for `count` rows. */
export function tileMargins(
  data: Float64Array,
  offset: number,
  stride: number,
  width: number,
  count: number,
  weights: Float64Array,
  weightsAt: number,
  margins: Float64Array,
  marginsAt: number,
): void {
  // The last column is all ones, so the margins start from its weight.
  const last = width - 1;
  const start = weights[weightsAt + last]!;
  for (let i = 0; i < count; i++) margins[marginsAt + i] = start;
  let column = 0;
  for (; column + 3 < last; column += 4) {
    const a = weights[weightsAt + column]!;
    const b = weights[weightsAt + column + 1]!;
    const c = weights[weightsAt + column + 2]!;
    const d = weights[weightsAt + column + 3]!;
    const at = offset + column * stride;
    const at1 = at + stride;
    const at2 = at1 + stride;
    const at3 = at2 + stride;
    for (let i = 0; i < count; i++) {
      margins[marginsAt + i]! +=
        a * data[at + i]! + b * data[at1 + i]! + (c * data[at2 + i]! + d * data[at3 + i]!);
    }
  }
  for (; column < last; column++) {
    const a = weights[weightsAt + column]!;
    const at = offset + column * stride;
    for (let i = 0; i < count; i++) margins[marginsAt + i]! += a * data[at + i]!;
  }
}

/** gradient[gradientAt + c] += sum over rows of residuals[residualsAt + i] · x. */
export function addTileGradient(
  data: Float64Array,
  offset: number,
  stride: number,
  width: number,
  count: number,
  residuals: Float64Array,
  residualsAt: number,
  gradient: Float64Array,
  gradientAt: number,
): void {
  let column = 0;
  for (; column + 3 < width; column += 4) {
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    const at = offset + column * stride;
    const at1 = at + stride;
    const at2 = at1 + stride;
    const at3 = at2 + stride;
    for (let i = 0; i < count; i++) {
      const r = residuals[residualsAt + i]!;
      a += r * data[at + i]!;
      b += r * data[at1 + i]!;
      c += r * data[at2 + i]!;
      d += r * data[at3 + i]!;
    }
    gradient[gradientAt + column]! += a;
    gradient[gradientAt + column + 1]! += b;
    gradient[gradientAt + column + 2]! += c;
    gradient[gradientAt + column + 3]! += d;
  }
  for (; column < width; column++) {
    let a = 0;
    const at = offset + column * stride;
    for (let i = 0; i < count; i++) a += residuals[residualsAt + i]! * data[at + i]!;
    gradient[gradientAt + column]! += a;
  }
}

/**
 * gram[gramAt + j·gramStride + k] += sum over rows of curvature[i] · x_j · x_k, for j <= k and, where a block
 * of columns crosses the diagonal, for some j > k as well: read the upper triangle only.
 * `scaled` is room for width · stride values.
 */
export function addTileGram(
  data: Float64Array,
  offset: number,
  stride: number,
  width: number,
  count: number,
  curvature: Float64Array,
  scaled: Float64Array,
  gram: Float64Array,
  gramAt: number,
  gramStride: number,
): void {
  for (let column = 0; column < width; column++) {
    const from = offset + column * stride;
    const to = column * stride;
    for (let i = 0; i < count; i++) scaled[to + i] = curvature[i]! * data[from + i]!;
  }
  let j = 0;
  for (; j + 1 < width; j += 2) {
    const left = j * stride;
    const left1 = left + stride;
    const row = gramAt + j * gramStride;
    const row1 = row + gramStride;
    let k = j;
    for (; k + 3 < width; k += 4) {
      const at = offset + k * stride;
      const at1 = at + stride;
      const at2 = at1 + stride;
      const at3 = at2 + stride;
      let a0 = 0;
      let a1 = 0;
      let a2 = 0;
      let a3 = 0;
      let b0 = 0;
      let b1 = 0;
      let b2 = 0;
      let b3 = 0;
      for (let i = 0; i < count; i++) {
        const a = scaled[left + i]!;
        const b = scaled[left1 + i]!;
        const x0 = data[at + i]!;
        const x1 = data[at1 + i]!;
        const x2 = data[at2 + i]!;
        const x3 = data[at3 + i]!;
        a0 += a * x0;
        a1 += a * x1;
        a2 += a * x2;
        a3 += a * x3;
        b0 += b * x0;
        b1 += b * x1;
        b2 += b * x2;
        b3 += b * x3;
      }
      gram[row + k]! += a0;
      gram[row + k + 1]! += a1;
      gram[row + k + 2]! += a2;
      gram[row + k + 3]! += a3;
      gram[row1 + k]! += b0;
      gram[row1 + k + 1]! += b1;
      gram[row1 + k + 2]! += b2;
      gram[row1 + k + 3]! += b3;
    }
    for (; k < width; k++) {
      const at = offset + k * stride;
      let a0 = 0;
      let b0 = 0;
      for (let i = 0; i < count; i++) {
        const x = data[at + i]!;
        a0 += scaled[left + i]! * x;
        b0 += scaled[left1 + i]! * x;
      }
      gram[row + k]! += a0;
      gram[row1 + k]! += b0;
    }
  }
  for (; j < width; j++) {
    const left = j * stride;
    for (let k = j; k < width; k++) {
      const at = offset + k * stride;
      let a0 = 0;
      for (let i = 0; i < count; i++) a0 += scaled[left + i]! * data[at + i]!;
      gram[gramAt + j * gramStride + k]! += a0;
    }
  }
}
