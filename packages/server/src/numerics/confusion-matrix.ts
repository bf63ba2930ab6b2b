/**
 * Counts the rows by class (first index) and prediction (second index). Both arrays hold one class number per row.
 *
 * @example
 * confusionMatrix(Uint16Array.of(0, 0, 1, 1), Uint16Array.of(0, 1, 1, 1), 2) // [[1, 1], [0, 2]]
 */
export function confusionMatrix(labels: Uint16Array, predictions: Uint16Array, classes: number): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) matrix[labels[i]!]![predictions[i]!]! += 1;
  return matrix;
}

/**
 * Computes precision, recall and number of rows of each class of a confusion matrix. `null` if the
 * denominator is 0: a class that is never predicted has no precision, one without rows no recall.
 *
 * @example
 * precisionAndRecall([[1, 1], [0, 2]]) // [{ precision: 1, recall: 0.5, support: 2 }, { precision: 0.666667, recall: 1, support: 2 }]
 */
export function precisionAndRecall(
  matrix: readonly (readonly number[])[],
): { precision: number | null; recall: number | null; support: number }[] {
  return matrix.map((row, k) => {
    const support = row.reduce((sum, count) => sum + count, 0);
    const predicted = matrix.reduce((sum, other) => sum + other[k]!, 0);
    const right = row[k]!;
    return {
      precision: predicted === 0 ? null : right / predicted,
      recall: support === 0 ? null : right / support,
      support,
    };
  });
}
