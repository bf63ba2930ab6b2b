/**
 * Computes Krippendorff's alpha for nominal answers: the agreement of any number of raters, any of whom may have
 * skipped any item. 1 - observed disagreement / disagreement expected by chance; 1 is full agreement, 0 chance.
 * Krippendorff, "Computing Krippendorff's alpha-reliability", 2011, section C.
 *
 * `items`: the answers to each item, in any order; items with fewer than two answers are left out. `null` if it is
 * not defined: there is no item with two answers, or all answers are the same. Cost: linear in answers.
 *
 * @example
 * krippendorffAlpha([["a", "a"], ["a", "b"], ["b", "b", "b"]]) // 0.5
 */
export function krippendorffAlpha(items: Iterable<readonly string[]>): number | null {
  const totals = new Map<string, number>();
  let pairable = 0;
  let disagreement = 0;
  for (const answers of items) {
    const size = answers.length;
    if (size < 2) continue;
    const counts = new Map<string, number>();
    for (const answer of answers) counts.set(answer, (counts.get(answer) ?? 0) + 1);
    pairable += size;
    let agreeingPairs = 0;
    for (const [answer, count] of counts) {
      totals.set(answer, (totals.get(answer) ?? 0) + count);
      agreeingPairs += count * (count - 1);
    }
    // Ordered pairs of different answers within the item, weighted so that each answer counts once.
    disagreement += (size * (size - 1) - agreeingPairs) / (size - 1);
  }
  let sameByChance = 0;
  for (const total of totals.values()) sameByChance += total * (total - 1);
  const differentByChance = pairable * (pairable - 1) - sameByChance;
  if (!(differentByChance > 0)) return null;
  return 1 - ((pairable - 1) * disagreement) / differentByChance;
}
