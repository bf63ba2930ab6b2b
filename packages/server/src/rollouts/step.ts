/** Events of a rollout, their effects, and the steps that decisions consist of. */
import type { Rollout, RolloutReason, RolloutState, Verdict } from "@relearn/contract";

/** The right a command needs. Reading needs `read`, which no command asks for. */
export type RolloutRight = "propose" | "approve" | "release" | "abort" | "roll_back" | "override" | "read";

/** Rights of a library caller, which checks the rights of its users itself. */
export const everyRight: readonly RolloutRight[] = [
  "propose",
  "approve",
  "release",
  "abort",
  "roll_back",
  "override",
  "read",
];

export interface Actor {
  readonly name: string;
  readonly rights: readonly RolloutRight[];
}

interface PersonEvent {
  readonly actor: Actor;
  /** Generation that the person saw; absent in commands that only remove traffic. */
  readonly expected_generation?: number;
}

export type RolloutEvent =
  | ({ readonly kind: "abort"; readonly reason: string } & PersonEvent)
  | ({ readonly kind: "kill_switch"; readonly reason: string } & PersonEvent)
  | ({ readonly kind: "roll_back"; readonly reason: string } & PersonEvent)
  /** The rollback was written, and the digest of the active bundle was checked. */
  | { readonly kind: "rollback_written" }
  | ({
      readonly kind: "approve";
      readonly rationale: string;
      /** Digest of the bundle that the approver read. */
      readonly bundle_digest: string;
      readonly active_digest: string | null;
      /** Approves alone, against four eyes and quorum; needs `override` and a rationale, and opens a review. */
      readonly break_glass?: boolean;
    } & PersonEvent)
  | ({ readonly kind: "reject"; readonly rationale: string } & PersonEvent)
  | ({
      readonly kind: "edit";
      readonly bundle_id: string;
      readonly bundle_digest: string;
      /** 1 + the number of rollouts of this bundle that were started before. */
      readonly attempt: number;
    } & PersonEvent)
  | ({
      readonly kind: "start";
      /** First stage, by default that of the policy. 100 stands for `--full`: no canary and no holdback. */
      readonly percent?: number;
      /** Digest of the active bundle; the approval is bound to the one that was active at its time. */
      readonly active_digest: string | null;
      readonly kill_switch_on: boolean;
      /** Another rollout of the agent that is running. */
      readonly running_rollout_id: string | null;
    } & PersonEvent)
  | ({
      readonly kind: "promote";
      /** A later stage of the policy, by default the next one. */
      readonly target_percent?: number;
      readonly reason: string;
      /** Verdict of an analysis for this command; null if the rollout cannot be analyzed. */
      readonly verdict: Verdict | null;
    } & PersonEvent)
  | ({ readonly kind: "pause"; readonly reason: string } & PersonEvent)
  /** Resumes after a hold, an ask or a pause, and accepts its reason. */
  | ({
      readonly kind: "resume";
      readonly reason: string;
      /** Active bundle; after "the active bundle changed" the canary is compared with it. */
      readonly active?: { readonly bundle_id: string | null; readonly digest: string | null };
    } & PersonEvent)
  | { readonly kind: "analysis"; readonly verdict: Verdict }
  | {
      readonly kind: "active_changed";
      readonly active_bundle_id: string | null;
      readonly active_digest: string | null;
    }
  /** Time passed. */
  | { readonly kind: "tick" };

export type RolloutEventByKind<Kind extends RolloutEvent["kind"]> = Extract<RolloutEvent, { kind: Kind }>;

/** Change that the caller writes with the next rollout, in the same transaction. */
export type RolloutEffect =
  /** Split for clients: units below `percent` get `bundle_id`. */
  | { readonly kind: "set_traffic"; readonly bundle_id: string; readonly percent: number }
  /** Keep the active bundle among the last three; the same digest counts once. */
  | { readonly kind: "back_up_active" }
  | { readonly kind: "make_active"; readonly bundle_id: string; readonly bundle_digest: string }
  | { readonly kind: "drop_canary" }
  | { readonly kind: "restore_last_known_good" }
  | { readonly kind: "mark_known_good"; readonly bundle_id: string }
  /** Start evidence from scratch: at the start of a rollout, and after an invalidating hold. */
  | { readonly kind: "start_evidence"; readonly stage: number; readonly percent: number }
  /** Open the streams that close this stage; the rest of the evidence goes on. */
  | { readonly kind: "enter_stage"; readonly stage: number; readonly percent: number }
  | { readonly kind: "set_kill_switch"; readonly on: true }
  /** Someone has to review this act afterwards. */
  | { readonly kind: "open_review"; readonly about: "break_glass" | "override"; readonly by: string }
  | { readonly kind: "write_receipt"; readonly verdict: Verdict | null }
  | { readonly kind: "audit"; readonly action: string; readonly actor: string; readonly reason: string }
  | { readonly kind: "notify"; readonly event: string; readonly page: boolean; readonly reason: string };

export type RefusalCode =
  | "final"
  | "stale_generation"
  | "wrong_state"
  | "lacks_right"
  | "self_approval"
  | "already_approved"
  | "digest_changed"
  | "active_changed"
  | "expired"
  | "kill_switch_on"
  | "already_running"
  | "illegal_target"
  | "reason_missing"
  | "already_so";

export type Step =
  | { readonly kind: "transition"; readonly next: Rollout; readonly effects: readonly RolloutEffect[] }
  | { readonly kind: "unchanged"; readonly reason: string }
  | { readonly kind: "refused"; readonly code: RefusalCode; readonly reason: string };

export const GUARD = "guard";

export const PAUSED = "paused";

/** Returns a transition: one generation more, and one audit event. */
export function transition(
  next: Rollout,
  action: string,
  reason: RolloutReason,
  effects: readonly RolloutEffect[] = [],
): Step {
  return {
    kind: "transition",
    next: { ...next, generation: next.generation + 1 },
    effects: [...effects, { kind: "audit", action, actor: reason.by, reason: reason.text }],
  };
}

export function endRollout(rollout: Rollout, state: RolloutState, reason: RolloutReason, now: Date): Rollout {
  return { ...rollout, state, reason, ended_at: now.toISOString() };
}

export function toReason(code: string, text: string, by: string, now: Date): RolloutReason {
  return { code, text, by, at: now.toISOString() };
}

export function stayUnchanged(
  rollout: Rollout,
  reason = `Still ${describeState(rollout.state)}: ${rollout.reason?.text ?? ""}`,
): Step {
  return { kind: "unchanged", reason };
}

export function refuseStep(code: RefusalCode, reason: string): Step {
  return { kind: "refused", code, reason };
}

export function requireRight(actor: Actor, right: RolloutRight): Step | undefined {
  if (actor.rights.includes(right)) return undefined;
  return refuseStep("lacks_right", `${actor.name} lacks the right "${right}".`);
}

export function refuseState(rollout: Rollout, doing: string, accepted: readonly RolloutState[]): Step {
  return refuseStep(
    "wrong_state",
    `Cannot ${doing}: the rollout is ${describeState(rollout.state)}. It must be ${accepted.map(describeState).join(" or ")}.`,
  );
}

export function describeState(state: RolloutState): string {
  return state === "hold" ? "on hold" : state === "ask" ? "waiting for an answer" : state.replace("_", " ");
}

export function takesTraffic(rollout: Rollout): boolean {
  return rollout.stage !== null;
}

export function toStageState(rollout: Rollout): RolloutState {
  return rollout.stage === rollout.policy.stages.length - 1 ? "full" : "canary";
}
