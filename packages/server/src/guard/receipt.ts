import type { Receipt, Rollout, RolloutState, Verdict } from "@relearn/contract";
import { documentDigest } from "../digest.ts";
import type { Step } from "../rollouts/step.ts";
import type { EvidenceDocument } from "./rules/guard-rules.ts";
import { getRulesVersion, toRulesMember, type UnderRules } from "./rules/rules-version.ts";
import { findRules } from "./rules-registry.ts";

/**
 * Record of what a decision was based on, written once and never changed. Each receipt has the hash of the one before
 * it, so that following the chain finds a receipt that was altered, removed or inserted.
 *
 * It holds digests and counts, no unit and no payload, so that erasing personal data leaves the chain intact.
 */
export interface ReceiptContent extends UnderRules {
  readonly version: 1;
  readonly rollout_id: string;
  /** 1 for the rollout's first receipt. */
  readonly sequence: number;
  /** The generation that the decision led to. */
  readonly generation: number;
  readonly at: string;
  /** Action as in the audit log: `start`, `guard_promote`, `roll_back`, … */
  readonly action: string;
  readonly actor: string;
  readonly reason: string;
  readonly from: RolloutState;
  readonly to: RolloutState;
  readonly percent: number;
  readonly bundle_digest: string;
  readonly active_digest: string | null;
  readonly policy_digest: string;
  /** The guard's verdict with its counts, e-values and thresholds; null if a person decided without one. */
  readonly verdict: Verdict | null;
  /** Logarithms of the e-values of the verdict. */
  readonly log_wealths: Readonly<Record<string, number>> | null;
  /** SHA-256 of the analyzed evidence document; null under point estimates and without an analysis. */
  readonly evidence_digest: string | null;
}

const FIRST_PREVIOUS_HASH = "0".repeat(64);

/**
 * Returns the receipt of a transition that asks for one (effect `write_receipt`), else null. `previous` is the
 * rollout's newest receipt, null before the first; `evidence` is the evidence that the verdict is based on.
 *
 * @example
 * const next = { rollout_id: "ro_1", generation: 2, state: "canary", percent: 10, policy: {} };
 * const step = { kind: "transition", next, effects: [{ kind: "write_receipt", verdict: null }] };
 * const { sequence, from, to, percent } = createReceipt({ state: "approved" }, step, null, null, new Date());
 * [sequence, from, to, percent] // [1, "approved", "canary", 10]
 */
export function createReceipt(
  before: Rollout,
  step: Extract<Step, { kind: "transition" }>,
  evidence: EvidenceDocument | null,
  previous: Pick<Receipt, "sequence" | "hash"> | null,
  now: Date,
): Receipt | null {
  const asked = step.effects.find((effect) => effect.kind === "write_receipt");
  if (!asked) return null;
  const done = step.effects.find((effect) => effect.kind === "audit");
  const { next } = step;
  const analyzed = asked.verdict?.policy === "evidence" ? evidence : null;
  const content: ReceiptContent = {
    version: 1,
    ...toRulesMember(getRulesVersion(next)),
    rollout_id: next.rollout_id,
    sequence: (previous?.sequence ?? 0) + 1,
    generation: next.generation,
    at: now.toISOString(),
    action: done?.action ?? "",
    actor: done?.actor ?? "",
    reason: done?.reason ?? "",
    from: before.state,
    to: next.state,
    percent: next.percent,
    bundle_digest: next.bundle_digest,
    active_digest: next.active_digest,
    policy_digest: documentDigest(next.policy),
    verdict: asked.verdict,
    log_wealths: analyzed && (findRules(next)?.getLogWealths(analyzed) ?? null),
    evidence_digest: analyzed && documentDigest(analyzed),
  };
  const chained = { ...content, previous_hash: previous?.hash ?? FIRST_PREVIOUS_HASH };
  return { ...chained, hash: documentDigest(chained) };
}

export type ReceiptCheck =
  | { readonly ok: true; readonly receipts: number }
  /** Place in the list of the first receipt that does not fit, and the reason. */
  | { readonly ok: false; readonly place: number; readonly reason: string };

/**
 * Verifies a rollout's chain from its first receipt: finds receipts that were altered, removed, inserted or reordered.
 *
 * @example
 * const next = { rollout_id: "ro_1", generation: 2, state: "canary", percent: 10, policy: {}, bundle_digest: "", active_digest: null };
 * const step = { kind: "transition", next, effects: [{ kind: "write_receipt", verdict: null }] };
 * const receipt = createReceipt({ state: "approved" }, step, null, null, new Date());
 * verifyReceipts([receipt]) // { ok: true, receipts: 1 }
 * verifyReceipts([{ ...receipt, percent: 50 }]).ok // false
 */
export function verifyReceipts(receipts: readonly Receipt[]): ReceiptCheck {
  let previous = FIRST_PREVIOUS_HASH;
  for (const [place, receipt] of receipts.entries()) {
    const { hash, ...rest } = receipt;
    const fault = (reason: string): ReceiptCheck => ({ ok: false, place, reason });
    if (receipt.sequence !== place + 1) {
      return fault(
        `Receipt ${place + 1} of the chain has the number ${receipt.sequence}: one is missing or out of order.`,
      );
    }
    if (receipt.rollout_id !== receipts[0]!.rollout_id) {
      return fault(
        `Receipt ${receipt.sequence} belongs to rollout ${receipt.rollout_id}, the chain to ${receipts[0]!.rollout_id}.`,
      );
    }
    if (receipt.previous_hash !== previous) {
      return fault(
        `Receipt ${receipt.sequence} follows ${receipt.previous_hash}, but the one before it is ${previous}.`,
      );
    }
    const actual = documentDigest(rest);
    if (actual !== hash) {
      return fault(
        `Receipt ${receipt.sequence} was altered: its content hashes to ${actual}, the stored hash is ${hash}.`,
      );
    }
    previous = hash;
  }
  return { ok: true, receipts: receipts.length };
}
