/**
 * Factorises a small symmetric positive definite matrix: A = L Lᵀ.
 *
 * `matrix` is row-major, size x size; only its lower triangle is read. Returns L in the same layout, its upper
 * triangle 0, or `null` if the matrix is not positive definite to working precision. Cost size³/6.
 * Golub and Van Loan, Matrix Computations, 4th ed., algorithm 4.2.1.
 *
 * @example
 * cholesky(Float64Array.of(4, 2, 2, 5), 2) // [2, 0, 1, 2]
 * cholesky(Float64Array.of(1, 2, 2, 1), 2) // null
 */
export function cholesky(matrix: Float64Array, size: number): Float64Array | null {
  const lower = new Float64Array(size * size);
  for (let row = 0; row < size; row++) {
    for (let column = 0; column <= row; column++) {
      let sum = matrix[row * size + column]!;
      for (let k = 0; k < column; k++) sum -= lower[row * size + k]! * lower[column * size + k]!;
      if (row === column) {
        if (!(sum > 0) || !Number.isFinite(sum)) return null;
        lower[row * size + row] = Math.sqrt(sum);
      } else {
        lower[row * size + column] = sum / lower[column * size + column]!;
      }
    }
  }
  return lower;
}

/**
 * Solves A x = b for the A whose factor L is `lower` (size x size, row-major). Cost size².
 *
 * @example
 * const lower = cholesky(Float64Array.of(4, 2, 2, 5), 2);
 * solveCholesky(lower, 2, Float64Array.of(8, 12)) // [1, 2]
 */
export function solveCholesky(lower: Float64Array, size: number, right: Float64Array): Float64Array {
  const solution = new Float64Array(right);
  for (let row = 0; row < size; row++) {
    let sum = solution[row]!;
    for (let k = 0; k < row; k++) sum -= lower[row * size + k]! * solution[k]!;
    solution[row] = sum / lower[row * size + row]!;
  }
  for (let row = size - 1; row >= 0; row--) {
    let sum = solution[row]!;
    for (let k = row + 1; k < size; k++) sum -= lower[k * size + row]! * solution[k]!;
    solution[row] = sum / lower[row * size + row]!;
  }
  return solution;
}

/**
 * Computes ln |A| for the A whose factor L is `lower` (size x size, row-major).
 *
 * @example
 * logDeterminant(Float64Array.of(2, 0, 1, 2), 2) // 2.77259  (ln 16)
 */
export function logDeterminant(lower: Float64Array, size: number): number {
  let sum = 0;
  for (let row = 0; row < size; row++) sum += Math.log(lower[row * size + row]!);
  return 2 * sum;
}
