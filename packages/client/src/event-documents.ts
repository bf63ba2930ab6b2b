import type { Arm } from "./assign-arm.ts";

/**
 * Events that the client reports. Both kinds are sent in batches as NDJSON (one document per line) to `POST /v1/exposures`
 * and `POST /v1/outcomes`; the server also accepts a JSON list. A batch may be sent twice, so the server keeps the first
 * document of each key.
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
  /** Canary share at the time of the decision, which is the unit's assignment probability. */
  readonly basis_points: number;
  readonly generation: number;
  /** The bundle that decided; null if the agent has no active bundle. */
  readonly bundle_id: string | null;
  /** ISO 8601 UTC. */
  readonly at: string;
}

/** Measured result of one decision; unique on (rollout, unit, outcome_id). */
export interface OutcomeDocument {
  /** Null outside a rollout: such outcomes give the baseline of the active bundle for the next rollout. */
  readonly rollout_id: string | null;
  readonly unit_id: string;
  readonly agent: string;
  /** The unit if the caller gives none: one outcome per unit. */
  readonly outcome_id: string;
  readonly task_key?: string;
  /** In [0, 1]; omitted if labels determine the quality. */
  readonly quality?: number;
  /** At least 0. Report a time-out with the time waited and quality 0. */
  readonly latency_ms?: number;
  /** At least 0, in the agent's own unit. */
  readonly cost?: number;
  readonly success?: boolean;
  /** Decision on the task; compared with labels if the policy says so. */
  readonly decision?: string;
  readonly judge?: string;
  /** ISO 8601 UTC. */
  readonly at: string;
}
