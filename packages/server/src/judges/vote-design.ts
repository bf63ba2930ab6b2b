import type { VotePatterns } from "./vote-patterns.ts";

export interface VoteDesign {
  readonly rows: number;
  readonly classes: number;
  readonly dimensions: number;
  /** Number of leading columns that are class biases: one for two classes, else one per class. */
  readonly biases: number;
  readonly features: Float64Array;
  readonly counts: Float64Array;
}

/**
 * Converts vote patterns to the features of a conditional logit: biases, then one column with `pooledScale` times
 * the sum of all votes if `pooledScale` is given, then one column per judge. A vote counts +1 for its class against
 * every other class, an abstention 0.
 *
 * @example
 * const tasks = [
 *   { judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "spam" } }, label: "spam" },
 *   { judge_scores: { ann: { verdict: "ham" }, bob: { verdict: "spam" } }, label: "ham" },
 *   { judge_scores: { ann: { verdict: "ham" }, bob: { verdict: "ham" } }, label: "ham" },
 *   { judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "ham" } }, label: "spam" },
 * ];
 * const design = createVoteDesign(countVotePatterns(panelTable(tasks), [0, 1]), 1.5);
 * [design.rows, design.dimensions, design.biases] // [2, 4, 1]
 * design.features // [1, 0, -1, 1, 1, 3, 1, 1]  (bias, 1.5 x sum, ann, bob)
 */
export function createVoteDesign(patterns: VotePatterns, pooledScale?: number): VoteDesign {
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
