import type { Rollout, Verdict } from "@relearn/contract";
import type { Evidence } from "./evidence.ts";

/** What a guard is shown at a look. */
export interface LookInput {
  readonly rollout: Rollout;
  /** Grown up to `now`; null before the first look. Read by the policy `evidence`. */
  readonly evidence: Evidence | null;
  /** Plain means of the lookback window. Read by the policy `specification`. */
  readonly window: ArmWindows | null;
  /** Digest of what is active now. */
  readonly active_digest: string | null;
  /** Who judges quality now; null where the agent reports it itself. */
  readonly judge_identity: string | null;
}

/** Both arms over the lookback window. */
export interface ArmWindows {
  readonly canary: ArmWindow;
  readonly active: ArmWindow;
}

export interface ArmWindow {
  /** Matured units in the window. */
  readonly units: number;
  /** Null where no unit reported one. */
  readonly quality_mean: number | null;
  readonly latency_mean_ms: number | null;
}

/**
 * One way of judging a rollout. Pure: the same input and the same `now` give the same verdict, which is what
 * a replay of receipts relies on. It recommends; `decideStep` says what comes of it.
 */
export interface GuardPolicy {
  readonly name: "evidence" | "specification";
  look(input: LookInput, now: Date): Verdict;
}
