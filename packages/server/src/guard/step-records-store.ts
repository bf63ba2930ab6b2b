import type { Rollout } from "@relearn/contract";
import type { Executor } from "../db/database.ts";
import type { Step } from "../rollouts/step.ts";
import type { StepRecords } from "../rollouts/step-store.ts";
import { beginEvidence, findEvidence, saveEvidence } from "./evidence-store.ts";
import { createReceipt } from "./receipt.ts";
import { findNewestReceipt, insertReceipt } from "./receipt-store.ts";
import { requireRules } from "./rules-registry.ts";

/** Evidence and receipts of the guard, for the steps of rollouts. */
export const stepRecords: StepRecords = { beginEvidence, enterStage, writeReceipt };

/** Moves the evidence to the stage. Before the first analysis there is none: it starts in the stage of its time. */
async function enterStage(executor: Executor, rollout: Rollout, stage: number, now: Date): Promise<void> {
  const stored = await findEvidence(executor, rollout.rollout_id);
  if (!stored?.evidence) return;
  const evidence = requireRules(rollout).enterStage(stored.evidence, rollout.policy, stage, now);
  await saveEvidence(executor, rollout.rollout_id, evidence, stored.analyses, now);
}

async function writeReceipt(
  executor: Executor,
  before: Rollout,
  step: Extract<Step, { kind: "transition" }>,
  now: Date,
): Promise<string | null> {
  if (!step.effects.some((effect) => effect.kind === "write_receipt")) return null;
  const evidence = (await findEvidence(executor, before.rollout_id))?.evidence ?? null;
  const previous = (await findNewestReceipt(executor, before.rollout_id)) ?? null;
  const receipt = createReceipt(before, step, evidence, previous, now);
  if (receipt === null) return null;
  await insertReceipt(executor, receipt);
  return receipt.hash;
}
