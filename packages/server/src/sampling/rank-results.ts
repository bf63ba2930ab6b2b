/** Ranking of results by the value of a review, from pages that are ordered by an upper bound of it. */
import type { JudgeScores } from "../judges/judge-scores.ts";
import type { ModelJudge } from "../judges/model-judge.ts";
import type { BoundedTop } from "./bounded-top.ts";
import type { RankedPage, RankedPosition, RankedResult } from "./sampling-store.ts";

/** A result with the value of its review by the strategy. */
export interface Ranked extends RankedResult {
  readonly value: number;
}

/**
 * Offers page after page to the selection until no later result can be selected. `floor`: lower values are left out,
 * and pages with a lower bound are not read. `ceiling`: upper bound of every value; by default each page's bound.
 */
export async function rankPages(
  top: BoundedTop<Ranked>,
  read: (after: RankedPosition | undefined) => Promise<RankedPage>,
  score: (result: RankedResult) => number,
  floor: number,
  ceiling?: number,
): Promise<void> {
  let after: RankedPosition | undefined;
  for (;;) {
    const page = await read(after);
    for (const result of page.results) {
      const value = score(result);
      if (value >= floor) top.offer({ ...result, value });
    }
    after = page.next;
    if (after === undefined) return;
    const best = ceiling ?? after.bound;
    if (best < floor) return;
    const last = top.last();
    if (!top.isFull() || last === undefined) continue;
    if (best < last.value || (best === last.value && after.hash > last.hash)) return;
  }
}

/** Orders by value, highest first, then by hash and key. */
export function byValue(a: Ranked, b: Ranked): number {
  return b.value - a.value || a.hash - b.hash || (a.task_key < b.task_key ? -1 : 1);
}

export interface ValuedPattern {
  readonly day: string;
  readonly vote_pattern: string;
  /** Highest value of a result with the pattern over all verdicts of the model; NaN if no result is asked about. */
  readonly maxValue: number;
  /** Value of a result on which the model gives this verdict; NaN if it is not asked about. */
  readonly scoreVerdict: (verdict: string | null) => number;
}

/** Values a pattern for each verdict of the model, the only vote that differs between its results. */
export function valuePattern(
  pattern: { readonly day: string; readonly vote_pattern: string; readonly judge_scores: JudgeScores },
  model: ModelJudge | undefined,
  value: (scores: JudgeScores) => number,
): ValuedPattern {
  const { day, vote_pattern, judge_scores } = pattern;
  const values = new Map<string | null, number>();
  for (const verdict of model === undefined ? [null] : [null, ...model.classes]) {
    values.set(verdict, value(model?.join(judge_scores, model.toScore(verdict)) ?? judge_scores));
  }
  const candidates = [...values.values()].filter((one) => !Number.isNaN(one));
  return {
    day,
    vote_pattern,
    maxValue: candidates.length === 0 ? Number.NaN : Math.max(...candidates),
    scoreVerdict: (verdict) => values.get(verdict) ?? Number.NaN,
  };
}
