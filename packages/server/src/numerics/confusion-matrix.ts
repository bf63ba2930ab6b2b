/** Counts of label (row) by prediction (column), classes x classes. */
export function confusionMatrix(labels: Uint16Array, predictions: Uint16Array, classes: number): number[][] {
  const matrix = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (let i = 0; i < labels.length; i++) matrix[labels[i]!]![predictions[i]!]! += 1;
  return matrix;
}

/**
 * Precision, recall and number of rows of each class, from its confusion matrix; null where the quotient has
 * no rows below it (a class never predicted has no precision, one without rows no recall).
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
