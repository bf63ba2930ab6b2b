import type { Arm } from "./assign-arm.ts";
import type { PayloadExplanation } from "./prepare-decider.ts";

/** Why a unit got what it got. */
export type Reason =
  /** A rollout splits the traffic, and the unit's hash decided. */
  | "SPLIT"
  /** Nothing splits: no rollout, no unit id, shadow mode, or the agent has no bundle yet. */
  | "DEFAULT"
  /** Everything active, by the config or by this process. */
  | "KILL_SWITCH"
  /** The config is older than `maxStaleSeconds`: everything active. */
  | "STALE"
  /** There is no config, or deciding failed: the agent definition's defaults; `error` says more. */
  | "ERROR";

/** Where a unit stands. Objects are shared and frozen: compare them, don't change them. */
export interface Assignment {
  /** The arm, or `defaults` where no bundle decides outside a split. */
  readonly variant: Arm | "defaults";
  readonly reason: Reason;
  /** The rollout that this unit counts in; null where nothing splits. */
  readonly rolloutId: string | null;
  readonly generation: number;
  /** The bundle that decides for this unit; null where the agent definition's defaults stand. */
  readonly bundleId: string | null;
  readonly bundleDigest: string | null;
}

/** What an agent acts on. */
export interface Decision extends Assignment {
  /** Null where the caller gave none. */
  readonly unitId: string | null;
  /** The class decided for; null where no bundle decides and the defaults name none. */
  readonly label: string | null;
  /** Whether the label is the agent's positive class; null where no bundle decides. */
  readonly positive: boolean | null;
  /** Calibrated probability of the label; null where no bundle decides. */
  readonly probability: number | null;
  /** Calibrated probability of the agent's positive class. */
  readonly positiveProbability: number | null;
  /** The named thresholds of the bundle that decides, or of the defaults. */
  readonly thresholds: Readonly<Record<string, number>>;
  /** How many features the payload gave; at 0 the label rests on the features' defaults alone. */
  readonly featuresFound: number;
  /** On request. */
  readonly explanation?: PayloadExplanation;
  /** In shadow mode, while there is a canary. */
  readonly shadow?: ShadowComparison;
  /** With reason ERROR: what went wrong. */
  readonly error?: string;
}

/** What the canary would have decided, beside what counted. */
export interface ShadowComparison {
  readonly sameLabel: boolean;
  readonly label: string | null;
  readonly canaryLabel: string;
  readonly canaryProbability: number;
  /** Canary less active, of the positive class of each; null where nothing is active. */
  readonly positiveProbabilityDifference: number | null;
  readonly canaryBundleDigest: string;
  /** Of the canary's decision, where the labels differ and explanations were requested. */
  readonly canaryExplanation?: PayloadExplanation;
}
