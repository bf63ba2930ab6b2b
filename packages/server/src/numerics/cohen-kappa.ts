/**
 * Computes Cohen's kappa, the agreement of two raters beyond what their own frequencies would give by chance:
 * (observed - expected) / (1 - expected). Cohen, "A coefficient of agreement for nominal scales", 1960.
 *
 * `table`: size x size, row-major, counts or weights with one rater's answer as the row and the other's as the
 * column. 1 is full agreement, 0 chance, below 0 worse. `null` if it is not defined: there are no counts, or both
 * raters always gave the same answer. Cost size².
 *
 * @example
 * cohenKappa([20, 5, 10, 15], 2) // 0.4
 */
export function cohenKappa(table: ArrayLike<number>, size: number): number | null {
  const rows = new Float64Array(size);
  const columns = new Float64Array(size);
  let total = 0;
  let diagonal = 0;
  for (let row = 0; row < size; row++) {
    for (let column = 0; column < size; column++) {
      const count = table[row * size + column]!;
      rows[row]! += count;
      columns[column]! += count;
      total += count;
      if (row === column) diagonal += count;
    }
  }
  if (!(total > 0)) return null;
  let expected = 0;
  for (let k = 0; k < size; k++) expected += (rows[k]! / total) * (columns[k]! / total);
  if (1 - expected < 1e-12) return null;
  return (diagonal / total - expected) / (1 - expected);
}

/**
 * Computes Cohen's kappa of two lists of answers of equal length, the answers of two raters to the same items.
 * `null` as for `cohenKappa`.
 *
 * @example
 * computeCohenKappa(["a", "a", "b", "b"], ["a", "b", "b", "b"]) // 0.5
 */
export function computeCohenKappa(first: readonly string[], second: readonly string[]): number | null {
  const numbers = new Map<string, number>();
  const toNumber = (answer: string): number => {
    const number = numbers.get(answer);
    if (number !== undefined) return number;
    numbers.set(answer, numbers.size);
    return numbers.size - 1;
  };
  const pairs = first.map((answer, index) => [toNumber(answer), toNumber(second[index]!)] as const);
  const table = new Float64Array(numbers.size ** 2);
  for (const [a, b] of pairs) table[a * numbers.size + b]! += 1;
  return cohenKappa(table, numbers.size);
}
