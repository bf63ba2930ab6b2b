/**
 * Labeled votes counted by pattern: every combination of votes that occurs, with the number of labels of each
 * class. Panels are fitted on these counts. Their size does not grow with the number of labels, and they are additive:
 * new labels are added to old counts, and old counts decay by a factor.
 */
import type { PanelTable } from "./panel-table.ts";

export interface VotePatterns {
  readonly judges: readonly string[];
  readonly classes: readonly string[];
  readonly patterns: number;
  /** patterns x judges: class voted for, -1 none. Sorted, so that the order of the labels does not matter. */
  readonly votes: Int16Array;
  /** patterns x classes: (weighted) labels. */
  readonly counts: Float64Array;
  /** Sum of the counts. */
  readonly total: number;
}

/**
 * Counts the labeled ones of `rows` by vote pattern. `getWeight` returns the weight of a row, 1 by default.
 *
 * @example
 * const tasks = [
 *   { judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "spam" } }, label: "spam" },
 *   { judge_scores: { ann: { verdict: "ham" }, bob: { verdict: "spam" } }, label: "ham" },
 *   { judge_scores: { ann: { verdict: "ham" }, bob: { verdict: "ham" } }, label: "ham" },
 *   { judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "ham" } }, label: "spam" },
 * ];
 * const patterns = countVotePatterns(panelTable(tasks), [0, 1, 2, 3, 0]);
 * patterns.votes // [0, 0, 0, 1, 1, 0, 1, 1]  (4 patterns x 2 judges)
 * patterns.counts // [1, 0, 1, 0, 0, 1, 0, 2]  (4 patterns x 2 classes)
 */
export function countVotePatterns(
  table: PanelTable,
  rows: Iterable<number>,
  getWeight: (row: number) => number = () => 1,
): VotePatterns {
  const judgeCount = table.judges.length;
  const classCount = table.classes.length;
  const byPattern = new Map<string, { votes: Int16Array; counts: Float64Array }>();
  for (const row of rows) {
    const label = table.labels[row]!;
    const weight = getWeight(row);
    if (label < 0 || !(weight > 0)) continue;
    const votes = table.votes.subarray(row * judgeCount, (row + 1) * judgeCount);
    const key = votes.join(",");
    let pattern = byPattern.get(key);
    if (pattern === undefined) {
      pattern = { votes, counts: new Float64Array(classCount) };
      byPattern.set(key, pattern);
    }
    pattern.counts[label]! += weight;
  }
  const keys = [...byPattern.keys()].sort();
  const votes = new Int16Array(keys.length * judgeCount);
  const counts = new Float64Array(keys.length * classCount);
  keys.forEach((key, index) => {
    const pattern = byPattern.get(key)!;
    votes.set(pattern.votes, index * judgeCount);
    counts.set(pattern.counts, index * classCount);
  });
  return {
    judges: table.judges,
    classes: table.classes,
    patterns: keys.length,
    votes,
    counts,
    total: counts.reduce((sum, count) => sum + count, 0),
  };
}

/**
 * Counts the labels of each class over all patterns.
 *
 * @example
 * const tasks = [
 *   { judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "spam" } }, label: "spam" },
 *   { judge_scores: { ann: { verdict: "ham" }, bob: { verdict: "spam" } }, label: "ham" },
 *   { judge_scores: { ann: { verdict: "ham" }, bob: { verdict: "ham" } }, label: "ham" },
 *   { judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "ham" } }, label: "spam" },
 * ];
 * countLabelsByClass(countVotePatterns(panelTable(tasks), [0, 1, 2])) // [2, 1]
 */
export function countLabelsByClass(patterns: VotePatterns): Float64Array {
  const classCount = patterns.classes.length;
  const totals = new Float64Array(classCount);
  patterns.counts.forEach((count, index) => {
    totals[index % classCount]! += count;
  });
  return totals;
}
