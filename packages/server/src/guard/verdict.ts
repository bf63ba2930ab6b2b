import type { Guardrail } from "../rollouts/rollout.ts";

/**
 * What a guard says after one look. The first five members are the specification's; the rest is the
 * evidence they stand on, so that no number comes without its interval and its n.
 */
export interface Verdict {
  readonly has_regression: boolean;
  /** Canary relative to active, e.g. -0.05; null where there is nothing to compare. */
  readonly quality_delta: number | null;
  readonly latency_delta: number | null;
  readonly recommendation: Recommendation;
  /** One sentence with the numbers. */
  readonly reason: string;

  readonly policy: "evidence" | "specification";
  /** Which rule matched; stable, for programs and for a person's acknowledgement. */
  readonly code: VerdictCode;
  /** Somebody should be woken. */
  readonly page: boolean;
  /** What a promotion is recorded as. */
  readonly result: "better" | "not_worse" | null;
  readonly gates: readonly Gate[];
  /** Valid at every look at once; null before the first unit and under `specification`. */
  readonly intervals: Readonly<Partial<Record<Guardrail, DeltaInterval | null>>>;
  /** Estimates of the whole rollout and of the present stage, by measure. */
  readonly deltas: Readonly<Partial<Record<Guardrail, DeltaEstimate>>>;
  /** E-values by stream, e.g. `harm`, `harm.latency`, `not_worse.quality`, `gain.quality`, `missing`. */
  readonly e_values: Readonly<Record<string, number>>;
  /** The line each e-value is held against. */
  readonly thresholds: Readonly<Record<string, number>>;
  /** Matured units with a known arm. */
  readonly units: UnitCounts;
}

/** What a list of rollouts shows of a verdict. */
export type VerdictFigures = Pick<
  Verdict,
  "recommendation" | "reason" | "quality_delta" | "latency_delta" | "intervals" | "units"
>;

export type Recommendation = "promote" | "rollback" | "monitor" | "hold" | "ask";

export type VerdictCode =
  /** Integrity. */
  | "sample_ratio_mismatch"
  | "missing_outcomes"
  | "canary_outcomes_missing"
  | "active_changed"
  | "judge_changed"
  | "arm_stale"
  /** Harm. */
  | "latency_doubled"
  | "harm_proven"
  | "harm_small"
  /** Widening. */
  | "not_worse_proven"
  | "better_proven"
  | "watch_passed"
  /** Nothing yet. */
  | "undecided"
  | "gates_waiting"
  | "no_data"
  /** The policy `specification`. */
  | "quality_dropped"
  | "latency_rose"
  | "quality_rose"
  | "latency_fell"
  | "neutral"
  | "too_few_units";

/** Relative change, lower and upper; null on a side that the grid does not reach. */
export interface DeltaInterval {
  readonly lower: number | null;
  readonly upper: number | null;
}

export interface DeltaEstimate {
  readonly rollout: number | null;
  readonly stage: number | null;
}

export interface UnitCounts {
  readonly canary: number;
  readonly active: number;
  readonly stage_canary: number;
  readonly stage_active: number;
}

/** One condition of the next stage. */
export interface Gate {
  readonly name: string;
  readonly status: "met" | "waiting" | "failed";
  /** "Not worse by 5 %: proven at 3,310 units." */
  readonly text: string;
  /** About when it will be met at present traffic; null where it is met, failed or nobody can say. */
  readonly expected_at: string | null;
}
