import type { Arm } from "./assign-arm.ts";
import type { PayloadExplanation } from "./prepare-decider.ts";

/** Reason of an assignment. */
export type Reason =
  /** A rollout splits the traffic, and the unit's hash determined the arm. */
  | "SPLIT"
  /** The traffic is not split: no rollout, no unit id, shadow mode, or the agent has no bundle yet. */
  | "DEFAULT"
  /** The kill switch is on, in the config or in this process: all units get the active bundle. */
  | "KILL_SWITCH"
  /** The config is older than `maxStaleSeconds`: all units get the active bundle. */
  | "STALE"
  /** There is no config, or deciding failed: the agent definition's defaults apply; see `error`. */
  | "ERROR";

/** Assignment of a unit. Objects are shared and frozen. */
export interface Assignment {
  /** The arm, or `defaults` if no bundle decides outside a split. */
  readonly variant: Arm | "defaults";
  readonly reason: Reason;
  /** The rollout that this unit counts in; null if the traffic is not split. */
  readonly rolloutId: string | null;
  readonly generation: number;
  /** The bundle that decides for this unit; null if the agent definition's defaults apply. */
  readonly bundleId: string | null;
  readonly bundleDigest: string | null;
}

/** A decision for an agent to act on. */
export interface Decision extends Assignment {
  /** Null if the caller gave none. */
  readonly unitId: string | null;
  /** The decided class; null if no bundle decides and the defaults name none. */
  readonly label: string | null;
  /** True if the label is the agent's positive class; null if no bundle decides. */
  readonly positive: boolean | null;
  /** Calibrated probability of the label; null if no bundle decides. */
  readonly probability: number | null;
  /** Calibrated probability of the agent's positive class. */
  readonly positiveProbability: number | null;
  /** The named thresholds of the bundle that decides, or of the defaults. */
  readonly thresholds: Readonly<Record<string, number>>;
  /** Number of features in the payload; with 0 the decision is based on defaults only. */
  readonly featuresFound: number;
  /** Present if requested. */
  readonly explanation?: PayloadExplanation;
  /** Present in shadow mode while there is a canary. */
  readonly shadow?: ShadowComparison;
  /** Cause of the reason ERROR. */
  readonly error?: string;
}

/** Comparison of the canary's decision with the one that was used. */
export interface ShadowComparison {
  readonly sameLabel: boolean;
  readonly label: string | null;
  readonly canaryLabel: string;
  readonly canaryProbability: number;
  /** Probability of the positive class, canary minus active; null if no bundle is active. */
  readonly positiveProbabilityDifference: number | null;
  readonly canaryBundleDigest: string;
  /** Explanation of the canary's decision, if the labels differ and explanations were requested. */
  readonly canaryExplanation?: PayloadExplanation;
}
