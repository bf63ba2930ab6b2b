/**
 * How much is to be gained by asking a person about a task. Measures only; which tasks are then asked about
 * is for `select-batch.ts`.
 */
import type { QueryStrategy } from "@relearn/contract";
import { computeTieHash } from "./tie-hash.ts";

export interface ReviewCosts {
  /** What one wrong decision costs, in the same unit as a review. */
  readonly error: number;
  readonly review: number;
}

/** Without costs in the agent's definition every review is worth its trouble, the likeliest error first. */
export const defaultReviewCosts: ReviewCosts = { error: 1, review: 0 };

/** P(the likeliest class is wrong) = 1 - max p, 0 to 1 - 1/K. Least confidence: Lewis and Gale, 1994. */
export function computeErrorProbability(probabilities: ArrayLike<number>): number {
  let highest = 0;
  for (let k = 0; k < probabilities.length; k++) highest = Math.max(highest, probabilities[k]!);
  return 1 - highest;
}

/** What a review is worth: P(error) · cost of an error - cost of a review; below 0 it is not worth asking. */
export function computeReviewValue(
  probabilities: ArrayLike<number>,
  costs: ReviewCosts = defaultReviewCosts,
): number {
  return computeErrorProbability(probabilities) * costs.error - costs.review;
}

/** 1 - (p of the likeliest class - p of the next), 0-1. Scheffer, Decomain and Wrobel, 2001. */
export function computeMarginUncertainty(probabilities: ArrayLike<number>): number {
  let first = 0;
  let second = 0;
  for (let k = 0; k < probabilities.length; k++) {
    const p = probabilities[k]!;
    if (p > first) {
      second = first;
      first = p;
    } else if (p > second) {
      second = p;
    }
  }
  return 1 - (first - second);
}

/** Entropy of the probabilities as a share of its maximum, 0-1. */
export function computeEntropyUncertainty(probabilities: ArrayLike<number>): number {
  let entropy = 0;
  for (let k = 0; k < probabilities.length; k++) {
    const p = probabilities[k]!;
    if (p > 0) entropy -= p * Math.log(p);
  }
  return probabilities.length < 2 ? 0 : entropy / Math.log(probabilities.length);
}

/** A uniform number in [0, 1) that depends on the task and the seed alone, so that runs repeat. */
export function drawPriority(taskKey: string, seed: number): number {
  return computeTieHash(`${seed}:${taskKey}`) / 2 ** 32;
}

export interface PriorityInput {
  readonly task_key: string;
  /** The panel's, one a class. */
  readonly probabilities: ArrayLike<number>;
  /** The specification's uncertainty, 0-1. */
  readonly uncertainty: number;
}

export interface PriorityOptions {
  readonly costs?: ReviewCosts;
  /** Of the `random` strategy. */
  readonly seed?: number;
}

/** What a task's review is worth to a strategy; comparable within one strategy alone. */
export function reviewPriority(
  strategy: QueryStrategy,
  task: PriorityInput,
  { costs = defaultReviewCosts, seed = 0 }: PriorityOptions = {},
): number {
  switch (strategy) {
    case "calibrated":
      return computeReviewValue(task.probabilities, costs);
    case "specification":
      return task.uncertainty;
    case "margin":
      return computeMarginUncertainty(task.probabilities);
    case "entropy":
      return computeEntropyUncertainty(task.probabilities);
    case "random":
      return drawPriority(task.task_key, seed);
  }
}
