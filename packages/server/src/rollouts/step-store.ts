/**
 * Stores a step of a rollout with all its effects, in the caller's transaction: the rollout under its next
 * generation, the journal, the agent's release, backups, bundle states, the receipt, the notification.
 * Throws `stale_generation` if the rollout was moved in the meantime.
 */
import type { BundleStatus, Release, Rollout } from "@relearn/contract";
import type { Transaction } from "kysely";
import type { AuditRecord } from "../audit/audit-service.ts";
import { requireIntactBundle, setBundleStatus, setBundleStatusFrom } from "../bundles/bundle-store.ts";
import type { JsonObject, Tables } from "../db/tables.ts";
import { RelearnError } from "../errors.ts";
import { messageId } from "../notifications/notification.ts";
import { enqueueNotification } from "../notifications/notification-store.ts";
import { withActive, withKillSwitch, withoutSplit, withTraffic } from "../releases/release.ts";
import { addBackup, updateRelease } from "../releases/release-store.ts";
import { decideStep } from "./decide-step.ts";
import { insertOverride } from "./override-store.ts";
import { appendJournal, type StoredRollout, updateRollout } from "./rollout-store.ts";
import type { RolloutEffect, RolloutEvent, Step } from "./step.ts";

type Write = Transaction<Tables>;

/**
 * What the guard stores about a step, in the transaction of the step. The guard depends on rollouts and not the
 * other way round, so it hands this in.
 */
export interface StepRecords {
  /** Starts a new epoch of evidence. */
  beginEvidence(trx: Write, rolloutId: string, now: Date): Promise<void>;
  /** Moves the evidence to another stage, if any was gathered. */
  enterStage(trx: Write, rollout: Rollout, stage: number, now: Date): Promise<void>;
  /** Writes the receipt if the transition asks for one, and returns its hash; null if it asks for none. */
  writeReceipt(
    trx: Write,
    before: Rollout,
    step: Extract<Step, { kind: "transition" }>,
    now: Date,
  ): Promise<string | null>;
}

interface Move {
  readonly stored: StoredRollout;
  readonly event: RolloutEvent;
  readonly idempotencyKey: string | undefined;
}

interface WrittenStep {
  readonly rollout: Rollout;
  readonly release: Release;
  readonly reason: string;
  readonly record: AuditRecord;
}

/** Writes a transition and all its effects; a rollback is finished in the same transaction. */
export async function writeStep(
  trx: Write,
  records: StepRecords,
  move: Move,
  step: Extract<Step, { kind: "transition" }>,
  release: Release,
  now: Date,
): Promise<WrittenStep> {
  const before = move.stored.rollout;
  // Before the effects: they move the evidence to the next stage, and a receipt is about the evidence of the verdict.
  const receiptHash = await records.writeReceipt(trx, before, step, now);
  const after = await applyEffects(trx, records, release, step.next, step.effects, now);
  if (after !== release) await writeRelease(trx, after, now);
  await writeBundleStatus(trx, before, step.next, now);
  await writeGeneration(trx, before, step.next, move.event, move.idempotencyKey, now);

  let rollout = step.next;
  let effects = step.effects;
  if (rollout.state === "rolling_back") {
    const finish = decideStep(rollout, { kind: "rollback_written" }, now);
    if (finish.kind === "transition") {
      await writeBundleStatus(trx, rollout, finish.next, now);
      await writeGeneration(trx, rollout, finish.next, { kind: "rollback_written" }, undefined, now);
      rollout = finish.next;
      effects = finish.effects;
    }
  }
  const pages = step.effects.some((effect) => effect.kind === "notify" && effect.page);
  for (const effect of effects) {
    if (effect.kind !== "notify") continue;
    const { approval_id } = move.stored;
    const by = step.effects.find((one) => one.kind === "audit")?.actor ?? "";
    await notify(trx, { approval_id, from: before.state, rollout }, effect.event, effect.page || pages, {
      text: effect.reason,
      by,
      now,
    });
  }
  const audit = step.effects.find((effect) => effect.kind === "audit");
  return {
    rollout,
    release: after,
    reason: audit?.reason ?? "",
    record: {
      kind: `rollout.${audit?.action ?? move.event.kind}`,
      agent: before.agent,
      object: before.rollout_id,
      detail: {
        approval_id: move.stored.approval_id,
        bundle_id: rollout.bundle_id,
        bundle_digest: rollout.bundle_digest,
        from: before.state,
        to: rollout.state,
        percent: rollout.percent,
        generation: rollout.generation,
        reason: audit?.reason ?? "",
        // Ties the chain of receipts to that of the audit log, so that neither can be rewritten alone.
        ...(receiptHash === null ? {} : { receipt_hash: receiptHash }),
      },
    },
  };
}

/** Enqueues the notification of a state change. */
export async function notify(
  trx: Write,
  moved: { readonly approval_id: string; readonly from: Rollout["state"] | null; readonly rollout: Rollout },
  event: string,
  page: boolean,
  { text, by, now }: { readonly text: string; readonly by: string; readonly now: Date },
): Promise<void> {
  const { rollout, approval_id, from } = moved;
  const { agent, rollout_id, bundle_id, state, percent, generation } = rollout;
  const data = {
    agent,
    rollout_id,
    approval_id,
    bundle_id,
    from,
    state,
    percent,
    generation,
    reason: text,
    by,
    page,
  };
  const document = { type: `rollout.${event}`, timestamp: now.toISOString(), data };
  await enqueueNotification(trx, { id: messageId(rollout_id, generation, event), document }, now);
}

async function writeGeneration(
  trx: Write,
  before: Rollout,
  next: Rollout,
  event: RolloutEvent,
  idempotencyKey: string | undefined,
  now: Date,
): Promise<void> {
  if (!(await updateRollout(trx, next, before.generation, now))) throw changedMeanwhile(before.rollout_id);
  const entry = {
    rollout_id: next.rollout_id,
    sequence: next.generation,
    idempotency_key: idempotencyKey ?? `generation-${next.generation}`,
    kind: event.kind,
    detail: { event, state: next.state, stage: next.stage, percent: next.percent } as unknown as JsonObject,
  };
  if (!(await appendJournal(trx, entry, now))) throw changedMeanwhile(before.rollout_id);
}

/** Applies the effects and returns the changed release; backups and bundle states are written at once. */
async function applyEffects(
  trx: Write,
  records: StepRecords,
  release: Release,
  rollout: Rollout,
  effects: readonly RolloutEffect[],
  now: Date,
): Promise<Release> {
  let next = release;
  for (const effect of effects) {
    switch (effect.kind) {
      case "set_traffic":
        next = withTraffic(next, rollout, effect.percent);
        break;
      case "back_up_active":
        if (next.active_bundle_id !== null)
          await addBackup(trx, next.agent, next.active_bundle_id, `before ${rollout.bundle_id}`, now);
        break;
      case "make_active":
        await requireIntactBundle(trx, effect.bundle_id);
        if (next.active_bundle_id !== null)
          await setBundleStatus(trx, next.active_bundle_id, "replaced", now);
        await setBundleStatus(trx, effect.bundle_id, "active", now);
        next = withActive(next, effect.bundle_id);
        break;
      case "drop_canary":
        next = withoutSplit(next);
        break;
      case "restore_last_known_good": {
        const restored = next.last_known_good_bundle_id ?? rollout.active_bundle_id;
        if (restored !== null) {
          await requireIntactBundle(trx, restored);
          await setBundleStatus(trx, restored, "active", now);
        }
        next = withActive(next, restored);
        break;
      }
      case "mark_known_good":
        next = { ...next, last_known_good_bundle_id: effect.bundle_id };
        break;
      case "set_kill_switch":
        next = withKillSwitch(next, true, rollout.reason?.by ?? "", rollout.reason?.text ?? "");
        break;
      case "start_evidence":
        await records.beginEvidence(trx, rollout.rollout_id, now);
        break;
      case "enter_stage":
        await records.enterStage(trx, rollout, effect.stage, now);
        break;
      case "open_review": {
        const reason = effects.find((one) => one.kind === "audit")?.reason ?? "";
        const { rollout_id, generation, agent } = rollout;
        const act = { rollout_id, generation, agent, about: effect.about, actor: effect.by, reason };
        await insertOverride(trx, act, now);
        break;
      }
      case "write_receipt":
      case "audit":
      case "notify":
        break;
    }
  }
  return next;
}

/** States of a bundle that follow from its request alone. */
const requested: readonly BundleStatus[] = ["proposed", "approved"];

/** Writes the state of the bundle that follows from the rollout's, for lists. */
async function writeBundleStatus(trx: Write, before: Rollout, next: Rollout, now: Date): Promise<void> {
  if (before.bundle_id !== next.bundle_id) {
    await setBundleStatusFrom(trx, before.bundle_id, requested, "pending", now);
    return setBundleStatus(trx, next.bundle_id, "proposed", now);
  }
  if (before.state === next.state) return;
  switch (next.state) {
    case "approved":
    case "canary":
      return setBundleStatus(trx, next.bundle_id, next.state, now);
    case "rejected":
      await setBundleStatusFrom(trx, next.bundle_id, requested, "rejected", now);
      return;
    case "expired":
    case "superseded":
      await setBundleStatusFrom(trx, next.bundle_id, requested, "pending", now);
      return;
    case "rolled_back":
      return setBundleStatus(trx, next.bundle_id, "rolled_back", now);
    default:
      return;
  }
}

export async function writeRelease(trx: Write, release: Release, now: Date): Promise<void> {
  if (!(await updateRelease(trx, release, now))) throw changedMeanwhile(release.agent);
}

function changedMeanwhile(object: string): RelearnError {
  return new RelearnError(
    "stale_generation",
    `${object} was changed at the same time by someone else. Read it again and repeat the request.`,
  );
}
