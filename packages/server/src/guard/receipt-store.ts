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

/** What the rollout's next receipt follows; undefined before the first. */
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

/** A rollout's receipts in their order, as they stand in the database. */
export async function listReceipts(executor: Executor, rolloutId: string): Promise<Receipt[]> {
  const rows = await executor
    .selectFrom("rollout_receipts")
    .select(["sequence", "document", "previous_hash", "hash"])
    .where("rollout_id", "=", rolloutId)
    .orderBy("sequence")
    .execute();
  // The columns are what the chain is followed by when the next receipt is written, so they count.
  return rows.map(({ document, ...columns }) => ({ ...document, ...columns }));
}
