/** The results most worth a review, out of pages that come in the order of a bound on it. */
import type { JudgeScores } from "../judges/judge-scores.ts";
import type { ModelJudge } from "../judges/model-judge.ts";
import type { BoundedTop } from "./bounded-top.ts";
import type { RankedPage, RankedPosition, RankedResult } from "./sampling-store.ts";

/** A result with what a review of it is worth to the strategy. */
export interface Ranked extends RankedResult {
  readonly value: number;
}

/**
 * Offers page after page to the selection until nothing that follows can get in. `floor`: values below it are
 * left out, and pages whose bound is below it are not read. `ceiling`: the value of every row; left out: its bound.
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

export function byValue(a: Ranked, b: Ranked): number {
  return b.value - a.value || a.hash - b.hash || (a.task_key < b.task_key ? -1 : 1);
}

export interface ValuedPattern {
  readonly day: string;
  readonly vote_pattern: string;
  /** The most that a result of the pattern can be worth, whatever the model says; NaN: none is worth asking. */
  readonly most: number;
  /** What a result is worth on which the model gives this verdict; NaN: it is not asked about. */
  readonly scoreVerdict: (verdict: string | null) => number;
}

/** A pattern's votes are the same on all its results, but for the model's, which depends on the payload. */
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
  const worth = [...values.values()].filter((one) => !Number.isNaN(one));
  return {
    day,
    vote_pattern,
    most: worth.length === 0 ? Number.NaN : Math.max(...worth),
    scoreVerdict: (verdict) => values.get(verdict) ?? Number.NaN,
  };
}
