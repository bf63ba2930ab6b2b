import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";
import type { StoredEpoch, StoredEvidence } from "./analysis-records.ts";
import type { EvidenceDocument } from "./rules/guard-rules.ts";

/** Starts a new epoch of evidence, from scratch. */
export async function beginEvidence(executor: Executor, rolloutId: string, now: Date): Promise<void> {
  await executor
    .insertInto("rollout_evidence")
    .values({ rollout_id: rolloutId, epoch: 1, since: now, analyses: 0, document: null, updated_at: now })
    .onConflict((conflict) =>
      conflict.column("rollout_id").doUpdateSet((row) => ({
        epoch: row("rollout_evidence.epoch", "+", 1),
        since: now,
        analyses: 0,
        document: null,
        updated_at: now,
      })),
    )
    .execute();
}

export async function findEvidence(
  executor: Executor,
  rolloutId: string,
): Promise<StoredEvidence | undefined> {
  const row = await executor
    .selectFrom("rollout_evidence")
    .selectAll()
    .where("rollout_id", "=", rolloutId)
    .executeTakeFirst();
  return (
    row && {
      epoch: row.epoch,
      since: row.since,
      analyses: row.analyses,
      analyzedAt: row.analyses === 0 ? null : row.updated_at,
      evidence: row.document,
    }
  );
}

export async function saveEvidence(
  executor: Executor,
  rolloutId: string,
  evidence: EvidenceDocument,
  analyses: number,
  now: Date,
): Promise<void> {
  await executor
    .updateTable("rollout_evidence")
    .set({ document: jsonb(evidence), analyses, updated_at: now })
    .where("rollout_id", "=", rolloutId)
    .execute();
}

export async function insertEpoch(executor: Executor, rolloutId: string, epoch: StoredEpoch): Promise<void> {
  await executor
    .insertInto("rollout_epochs")
    .values({
      ...epoch,
      rollout_id: rolloutId,
      began_at: new Date(epoch.began_at),
      baseline: jsonb(epoch.baseline),
    })
    .execute();
}

export async function listEpochs(executor: Executor, rolloutId: string): Promise<StoredEpoch[]> {
  const rows = await executor
    .selectFrom("rollout_epochs")
    .selectAll()
    .where("rollout_id", "=", rolloutId)
    .orderBy("epoch")
    .execute();
  return rows.map(({ rollout_id: _rollout, ...row }) => ({ ...row, began_at: row.began_at.toISOString() }));
}
