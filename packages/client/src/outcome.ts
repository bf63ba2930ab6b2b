import { isKey, isStorableText, KEY_ACCEPTED } from "./key-text.ts";

/** How one decision fared, as the agent tells it. Everything but the unit can be left out. */
export interface Outcome {
  /** Left out: the unit, which then has one outcome; a later one with the same id changes nothing. */
  readonly outcomeId?: string | undefined;
  readonly taskKey?: string | undefined;
  /** In [0, 1]; left out where labels decide. */
  readonly quality?: number | undefined;
  /** At least 0; of a time-out the time waited, with quality 0. */
  readonly latencyMs?: number | undefined;
  /** At least 0. */
  readonly cost?: number | undefined;
  readonly success?: boolean | undefined;
  /** Who or what gave the quality, with its version: a change of it in mid-rollout starts the evidence anew. */
  readonly judge?: string | undefined;
}

/** What is wrong with an outcome, in a sentence, or null. A bad number must not reach the evidence. */
export function faultOfOutcome(outcome: Outcome): string | null {
  const { outcomeId, taskKey, quality, latencyMs, cost, success, judge } = outcome;
  if (quality !== undefined && !(typeof quality === "number" && quality >= 0 && quality <= 1)) {
    return `quality is ${quality}: it must be a number from 0 to 1.`;
  }
  if (latencyMs !== undefined && !isAmount(latencyMs)) {
    return `latencyMs is ${latencyMs}: it must be a finite number of at least 0.`;
  }
  if (cost !== undefined && !isAmount(cost)) {
    return `cost is ${cost}: it must be a finite number of at least 0.`;
  }
  if (success !== undefined && typeof success !== "boolean") return "success must be true or false.";
  if (outcomeId !== undefined && !isKey(outcomeId)) return `outcomeId must be ${KEY_ACCEPTED}.`;
  if (taskKey !== undefined && !isKey(taskKey)) return `taskKey must be ${KEY_ACCEPTED}.`;
  if (judge !== undefined && !isStorableText(judge, MAX_JUDGE_CHARACTERS)) {
    return `judge must be well-formed text of 1 to ${MAX_JUDGE_CHARACTERS} characters without U+0000.`;
  }
  return null;
}

const MAX_JUDGE_CHARACTERS = 300;

function isAmount(value: number): boolean {
  return typeof value === "number" && Number.isFinite(value) && value >= 0;
}
