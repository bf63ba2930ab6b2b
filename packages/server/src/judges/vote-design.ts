import type { VotePatterns } from "./vote-patterns.ts";

export interface VoteDesign {
  readonly rows: number;
  readonly classes: number;
  readonly dimensions: number;
  /** Leading columns that are class biases: one with two classes, else one a class. */
  readonly biases: number;
  readonly features: Float64Array;
  readonly counts: Float64Array;
}

/**
 * Vote patterns as the features of a conditional logit: biases, then, if asked for, one column with
 * `pooledScale` times the sum of all votes, then one column a judge. A vote counts +1 towards the class it
 * names against every other class, an abstention 0.
 */
export function voteDesign(patterns: VotePatterns, pooledScale?: number): VoteDesign {
  const { votes, patterns: rows } = patterns;
  const judgeCount = patterns.judges.length;
  const classes = patterns.classes.length;
  const biases = classes === 2 ? 1 : classes;
  const firstJudge = biases + (pooledScale === undefined ? 0 : 1);
  const dimensions = firstJudge + judgeCount;
  const features = new Float64Array(rows * (classes - 1) * dimensions);
  for (let row = 0; row < rows; row++) {
    for (let k = 1; k < classes; k++) {
      // The difference of class k's features to those of class 0.
      const offset = (row * (classes - 1) + k - 1) * dimensions;
      features[offset] = classes === 2 ? 1 : -1;
      if (classes > 2) features[offset + k] = 1;
      let sum = 0;
      for (let judge = 0; judge < judgeCount; judge++) {
        const vote = votes[row * judgeCount + judge]!;
        const value = vote === k ? 1 : vote === 0 ? -1 : 0;
        sum += value;
        features[offset + firstJudge + judge] = value;
      }
      if (pooledScale !== undefined) features[offset + biases] = pooledScale * sum;
    }
  }
  return { rows, classes, dimensions, biases, features, counts: patterns.counts };
}
