/** How both arms of a rollout fared over time: plain figures of the units that the guard has scored. */
export interface ArmHistory {
  readonly rollout_id: string;
  /** Null before the start; then there are no points. */
  readonly started_at: string | null;
  /** Width of a point. */
  readonly hours: number;
  readonly points: readonly ArmHistoryPoint[];
}

/** The units first exposed within `hours` from `hour` on, in one stage and with evidence of one epoch. */
export interface ArmHistoryPoint {
  /** Since the start of the rollout. */
  readonly hour: number;
  readonly epoch: number;
  /** Index into the policy's stages. */
  readonly stage: number;
  /** Null where no unit of the arm was scored. */
  readonly canary: ArmFigures | null;
  readonly active: ArmFigures | null;
}

export interface ArmFigures {
  readonly units: number;
  /** Means over units; a unit that reported nothing counts as 0, as in the evidence. Null where no unit says. */
  readonly quality: number | null;
  readonly success: number | null;
  /** Mean over the units that report it. */
  readonly cost: number | null;
  readonly latency_p50_ms: number | null;
  readonly latency_p95_ms: number | null;
}

/** A plot of more points than this shows no more. */
const MOST_POINTS = 400;

/** Whole hours a point, so that a rollout of `hours` hours has a readable number of them. */
export function pointWidth(hours: number): number {
  return Math.max(1, Math.ceil(hours / MOST_POINTS));
}
