import type { Receipt } from "@relearn/contract";
import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";

export async function insertReceipt(executor: Executor, receipt: Receipt): Promise<void> {
  await executor
    .insertInto("rollout_receipts")
    .values({
      rollout_id: receipt.rollout_id,
      sequence: receipt.sequence,
      document: jsonb(receipt),
      previous_hash: receipt.previous_hash,
      hash: receipt.hash,
      at: new Date(receipt.at),
    })
    .execute();
}

/** Finds the sequence and hash of the rollout's newest receipt; undefined before the first. */
export async function findNewestReceipt(
  executor: Executor,
  rolloutId: string,
): Promise<Pick<Receipt, "sequence" | "hash"> | undefined> {
  return executor
    .selectFrom("rollout_receipts")
    .select(["sequence", "hash"])
    .where("rollout_id", "=", rolloutId)
    .orderBy("sequence", "desc")
    .limit(1)
    .executeTakeFirst();
}

/** Lists a rollout's receipts in order, as stored. */
export async function listReceipts(executor: Executor, rolloutId: string): Promise<Receipt[]> {
  const rows = await executor
    .selectFrom("rollout_receipts")
    .select(["sequence", "document", "previous_hash", "hash"])
    .where("rollout_id", "=", rolloutId)
    .orderBy("sequence")
    .execute();
  // The next receipt follows the columns, not the members of the document, so the columns count.
  return rows.map(({ document, ...columns }) => ({ ...document, ...columns }));
}
