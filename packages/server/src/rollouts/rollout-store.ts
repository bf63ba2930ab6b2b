import type {
  ApprovalBacktest,
  BundleDiff,
  Rollout,
  RolloutJournalEntry,
  RolloutPlan,
  RolloutState,
} from "@relearn/contract";
import type { Selectable } from "kysely";
import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";
import type { Tables } from "../db/tables.ts";
import { RelearnError } from "../errors.ts";
import { runningStates } from "./rollout.ts";

export interface StoredRollout extends RequestReading {
  readonly approval_id: string;
  readonly rollout: Rollout;
}

/** What approvers read beside the bundle. */
export interface RequestReading {
  /** Differences from the bundle that was active at the time of the proposal. */
  readonly diff: BundleDiff;
  /** Expected times of the verdicts at the traffic of the proposal's time; null if there is no plan. */
  readonly plan: RolloutPlan | null;
  /** Decisions that the bundle would have made differently in the week before the proposal. */
  readonly backtest: ApprovalBacktest | null;
}

export async function insertRollout(executor: Executor, stored: StoredRollout, now: Date): Promise<void> {
  const { rollout } = stored;
  await executor
    .insertInto("rollouts")
    .values({
      rollout_id: rollout.rollout_id,
      approval_id: stored.approval_id,
      agent: rollout.agent,
      bundle_id: rollout.bundle_id,
      state: rollout.state,
      generation: rollout.generation,
      document: jsonb(rollout),
      diff: jsonb(stored.diff),
      plan: stored.plan && jsonb(stored.plan),
      backtest: stored.backtest && jsonb(stored.backtest),
      created_at: now,
      updated_at: now,
    })
    .execute();
}

/** Writes the rollout's next generation; returns false if another write came first. */
export async function updateRollout(
  executor: Executor,
  next: Rollout,
  expectedGeneration: number,
  now: Date,
): Promise<boolean> {
  const result = await executor
    .updateTable("rollouts")
    .set({
      state: next.state,
      generation: next.generation,
      bundle_id: next.bundle_id,
      document: jsonb(next),
      updated_at: now,
    })
    .where("rollout_id", "=", next.rollout_id)
    .where("generation", "=", expectedGeneration)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Writes what approvers read beside the bundle, after an edit put another bundle into the request. */
export async function updateReading(
  executor: Executor,
  rolloutId: string,
  { diff, plan, backtest }: RequestReading,
): Promise<void> {
  await executor
    .updateTable("rollouts")
    .set({ diff: jsonb(diff), plan: plan && jsonb(plan), backtest: backtest && jsonb(backtest) })
    .where("rollout_id", "=", rolloutId)
    .execute();
}

export async function findRollout(executor: Executor, rolloutId: string): Promise<StoredRollout | undefined> {
  const row = await executor
    .selectFrom("rollouts")
    .selectAll()
    .where("rollout_id", "=", rolloutId)
    .executeTakeFirst();
  return row && toRollout(row);
}

/** Returns the rollout; throws `unknown_rollout` if there is none. */
export async function requireRollout(executor: Executor, rolloutId: string): Promise<StoredRollout> {
  const stored = await findRollout(executor, rolloutId);
  if (stored !== undefined) return stored;
  throw new RelearnError(
    "unknown_rollout",
    `There is no rollout "${rolloutId}". \`relearn canary status\` shows the running one.`,
  );
}

export async function findRolloutByApproval(
  executor: Executor,
  approvalId: string,
): Promise<StoredRollout | undefined> {
  const row = await executor
    .selectFrom("rollouts")
    .selectAll()
    .where("approval_id", "=", approvalId)
    .executeTakeFirst();
  return row && toRollout(row);
}

/** Finds the rollout of the agent that takes traffic; there is at most one. */
export async function findRunningRollout(
  executor: Executor,
  agent: string,
): Promise<StoredRollout | undefined> {
  const row = await executor
    .selectFrom("rollouts")
    .selectAll()
    .where("agent", "=", agent)
    .where("state", "in", [...runningStates])
    .executeTakeFirst();
  return row && toRollout(row);
}

export interface RolloutFilter {
  readonly agent?: string | undefined;
  readonly states?: readonly RolloutState[] | undefined;
  readonly bundleId?: string | undefined;
}

/** Lists the agent's requests that wait for an approval or a start. */
export async function listOpenRollouts(executor: Executor, agent: string): Promise<StoredRollout[]> {
  const rows = await executor
    .selectFrom("rollouts")
    .selectAll()
    .where("agent", "=", agent)
    .where("state", "in", ["proposed", "approved"])
    .orderBy("rollout_id")
    .execute();
  return rows.map(toRollout);
}

/** Lists rollouts, newest first. */
export async function listRollouts(
  executor: Executor,
  filter: RolloutFilter,
  limit: number,
): Promise<StoredRollout[]> {
  let query = executor
    .selectFrom("rollouts")
    .selectAll()
    .orderBy("created_at", "desc")
    .orderBy("rollout_id")
    .limit(limit);
  if (filter.agent !== undefined) query = query.where("agent", "=", filter.agent);
  if (filter.states !== undefined) query = query.where("state", "in", [...filter.states]);
  if (filter.bundleId !== undefined) query = query.where("bundle_id", "=", filter.bundleId);
  return (await query.execute()).map(toRollout);
}

/** Counts the rollouts of the bundle that were started. */
export async function countStartedRollouts(executor: Executor, bundleId: string): Promise<number> {
  const rows = await executor
    .selectFrom("rollouts")
    .select("document")
    .where("bundle_id", "=", bundleId)
    .execute();
  return rows.filter((row) => row.document.started_at !== null).length;
}

/** Adds a journal entry; returns false if its idempotency key exists, since the event was applied before. */
export async function appendJournal(
  executor: Executor,
  entry: Omit<RolloutJournalEntry, "at">,
  now: Date,
): Promise<boolean> {
  const result = await executor
    .insertInto("rollout_events")
    .values({ ...entry, detail: jsonb(entry.detail), at: now })
    .onConflict((conflict) => conflict.columns(["rollout_id", "idempotency_key"]).doNothing())
    .executeTakeFirst();
  return (result.numInsertedOrUpdatedRows ?? 0n) > 0n;
}

export async function hasJournalKey(
  executor: Executor,
  rolloutId: string,
  idempotencyKey: string,
): Promise<boolean> {
  const row = await executor
    .selectFrom("rollout_events")
    .select("sequence")
    .where("rollout_id", "=", rolloutId)
    .where("idempotency_key", "=", idempotencyKey)
    .executeTakeFirst();
  return row !== undefined;
}

export async function readJournal(executor: Executor, rolloutId: string): Promise<RolloutJournalEntry[]> {
  const rows = await executor
    .selectFrom("rollout_events")
    .selectAll()
    .where("rollout_id", "=", rolloutId)
    .orderBy("sequence")
    .execute();
  return rows.map(({ detail, ...row }) => ({
    ...row,
    at: row.at.toISOString(),
    kind: toEventKind(row.kind),
    detail: isEvent(detail["event"])
      ? { ...detail, event: { ...detail["event"], kind: toEventKind(detail["event"].kind) } }
      : detail,
  }));
}

/** Maps the kind of an event as Relearn 0.1 stored it; journals are never rewritten. */
function toEventKind(kind: string): string {
  return kind === "look" ? "analysis" : kind;
}

function isEvent(value: unknown): value is { readonly kind: string } {
  return typeof value === "object" && value !== null && "kind" in value;
}

function toRollout(row: Selectable<Tables["rollouts"]>): StoredRollout {
  return {
    approval_id: row.approval_id,
    rollout: row.document,
    diff: row.diff,
    plan: row.plan,
    backtest: row.backtest,
  };
}
