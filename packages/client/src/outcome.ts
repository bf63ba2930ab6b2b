import { isKey, isStorableText, KEY_ACCEPTED } from "./key-text.ts";

/** Measured result of one decision. All members are optional. */
export interface Outcome {
  /** Default: the unit, which then has one outcome. A later outcome with the same id is ignored. */
  readonly outcomeId?: string | undefined;
  readonly taskKey?: string | undefined;
  /** In [0, 1]; omitted if labels determine the quality. */
  readonly quality?: number | undefined;
  /** At least 0; for a time-out the time waited, with quality 0. */
  readonly latencyMs?: number | undefined;
  /** At least 0. */
  readonly cost?: number | undefined;
  readonly success?: boolean | undefined;
  /** Source of the quality value, with its version. A change during a rollout restarts the evidence. */
  readonly judge?: string | undefined;
}

/** Returns the fault of an outcome as a sentence, or null if it is valid. */
export function findOutcomeFault(outcome: Outcome): string | null {
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
