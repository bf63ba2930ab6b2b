/**
 * Measures of the value of asking a person about a task. `select-batch.ts` selects the tasks.
 */
import type { QueryStrategy } from "@relearn/contract";
import { computeTieHash } from "./tie-hash.ts";

export interface ReviewCosts {
  /** Cost of one wrong decision, in the same unit as a review. */
  readonly error: number;
  readonly review: number;
}

/** Costs of an agent that defines none: every review has a positive value, ordered by the probability of an error. */
export const defaultReviewCosts: ReviewCosts = { error: 1, review: 0 };

/** Computes P(the most probable class is wrong) = 1 - max p, 0 to 1 - 1/K. Least confidence: Lewis and Gale, 1994. */
export function computeErrorProbability(probabilities: ArrayLike<number>): number {
  let highest = 0;
  for (let k = 0; k < probabilities.length; k++) highest = Math.max(highest, probabilities[k]!);
  return 1 - highest;
}

/** Computes the value of a review: P(error) · cost of an error - cost of a review. Below 0 it is not worth its cost. */
export function computeReviewValue(
  probabilities: ArrayLike<number>,
  costs: ReviewCosts = defaultReviewCosts,
): number {
  return computeErrorProbability(probabilities) * costs.error - costs.review;
}

/** Computes 1 - (highest p - second highest p), 0-1. Scheffer, Decomain and Wrobel, 2001. */
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

/** Computes the entropy of the probabilities as a share of its maximum, 0-1. */
export function computeEntropyUncertainty(probabilities: ArrayLike<number>): number {
  let entropy = 0;
  for (let k = 0; k < probabilities.length; k++) {
    const p = probabilities[k]!;
    if (p > 0) entropy -= p * Math.log(p);
  }
  return probabilities.length < 2 ? 0 : entropy / Math.log(probabilities.length);
}

/** Returns a uniform number in [0, 1) that depends only on the task and the seed, so that runs are reproducible. */
export function drawPriority(taskKey: string, seed: number): number {
  return computeTieHash(`${seed}:${taskKey}`) / 2 ** 32;
}

export interface PriorityInput {
  readonly task_key: string;
  /** The panel's probabilities, one per class. */
  readonly probabilities: ArrayLike<number>;
  /** The specification's uncertainty, 0-1. */
  readonly uncertainty: number;
}

export interface PriorityOptions {
  readonly costs?: ReviewCosts;
  /** Seed of the `random` strategy. */
  readonly seed?: number;
}

/** Computes the value of reviewing a task by a strategy. Values of different strategies are not comparable. */
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
