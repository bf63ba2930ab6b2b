import type { Arm } from "./assign-arm.ts";

/**
 * What the client reports. Both kinds go out in batches as NDJSON (one document a line), to
 * `POST /v1/exposures` and `POST /v1/outcomes`; the server also takes a JSON list. A batch may come twice,
 * so the server keeps the first of each key.
 */

/**
 * A unit's first decision in a stage of a rollout (unique on rollout, unit and stage; the first of all is the
 * unit's exposure). The server recomputes the arm from salt, unit and basis points.
 */
export interface ExposureDocument {
  readonly rollout_id: string;
  readonly unit_id: string;
  readonly agent: string;
  readonly arm: Arm;
  /** The canary share at the time, for the unit's assignment probability. */
  readonly basis_points: number;
  readonly generation: number;
  /** The bundle that decided; null where the agent has none active. */
  readonly bundle_id: string | null;
  /** ISO 8601 UTC. */
  readonly at: string;
}

/** How one decision fared; unique on (rollout, unit, outcome_id). */
export interface OutcomeDocument {
  /** Null outside a rollout: such outcomes tell how active usually fares (latency, for the next rollout). */
  readonly rollout_id: string | null;
  readonly unit_id: string;
  readonly agent: string;
  /** The unit where the caller gives none: one outcome a unit. */
  readonly outcome_id: string;
  readonly task_key?: string;
  /** In [0, 1]; left out where labels decide. */
  readonly quality?: number;
  /** At least 0. A time-out is reported with the time waited, and quality 0. */
  readonly latency_ms?: number;
  /** At least 0, in the agent's own unit. */
  readonly cost?: number;
  readonly success?: boolean;
  /** What was decided about the task: labels say how good that was, where the policy says so. */
  readonly decision?: string;
  readonly judge?: string;
  /** ISO 8601 UTC. */
  readonly at: string;
}
