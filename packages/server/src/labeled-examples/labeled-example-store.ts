import type { ExampleSource, LabelConflict, LabeledExample, LabelStats } from "@relearn/contract";
import { type Selectable, sql } from "kysely";
import { type ColumnTypes, columnSet } from "../db/column-set.ts";
import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";
import type { JsonObject, Tables } from "../db/tables.ts";
import type { SettledConflict } from "./decide-label.ts";
import type { ExampleDraft } from "./labeled-example.ts";

/** Identity of a record; it has at most one current example. */
export interface ExampleIdentity {
  readonly agent: string;
  readonly key: string;
  readonly source: ExampleSource;
  readonly source_id: string;
}

/** Returns a text that is equal for two identities if and only if they are the same record. */
export const toIdentityText = (one: ExampleIdentity): string =>
  JSON.stringify([one.agent, one.key, one.source, one.source_id]);

const draftColumns: ColumnTypes<ExampleDraft & { place: number }> = {
  place: "integer",
  agent: "text",
  key: "text",
  payload: "jsonb",
  label: "text",
  source: "text",
  source_id: "text",
  confidence: "integer",
  notes: "text",
  labeled_by: "text",
  created_at: "timestamptz",
};
const identityColumns: ColumnTypes<ExampleIdentity> = {
  agent: "text",
  key: "text",
  source: "text",
  source_id: "text",
};

/**
 * Stores the drafts whose record has no current example, in one statement; of several drafts of one record, the first.
 * Returns the stored records by `toIdentityText`. Rows are inserted in the order of their key, so that concurrent loads
 * cannot deadlock.
 */
export async function insertExamples(
  executor: Executor,
  drafts: readonly ExampleDraft[],
  now: Date,
): Promise<Set<string>> {
  const rows = drafts.map((draft, place) => ({ place, ...draft }));
  const inserted = await sql<ExampleIdentity>`
    insert into labeled_examples
      (key, agent, payload, label, source, source_id, confidence, notes, labeled_by, created_at, loaded_at)
    select d.key, d.agent, d.payload, d.label, d.source, d.source_id, d.confidence, d.notes, d.labeled_by,
           coalesce(d.created_at, ${now}::timestamptz), ${now}::timestamptz
      from ${columnSet("d", draftColumns, rows)}
     order by d.key collate "C", d.agent collate "C", d.source collate "C", d.source_id collate "C", d.place
    on conflict (key, agent, source, source_id) where superseded_at is null do nothing
    returning key, agent, source, source_id`.execute(executor);
  return new Set(inserted.rows.map(toIdentityText));
}

/** Reads the current label of each record, by `toIdentityText`. */
export async function readCurrentLabels(
  executor: Executor,
  identities: readonly ExampleIdentity[],
): Promise<Map<string, string>> {
  if (identities.length === 0) return new Map();
  const { rows } = await sql<ExampleIdentity & { label: string }>`
    select e.key, e.agent, e.source, e.source_id, e.label
      from ${identityRows(identities)}
      join labeled_examples e using (key, agent, source, source_id)
     where e.superseded_at is null`.execute(executor);
  return new Map(rows.map((row) => [toIdentityText(row), row.label]));
}

/** Reads the settled conflicts of each record, by `toIdentityText`. */
export async function readSettledConflicts(
  executor: Executor,
  identities: readonly ExampleIdentity[],
): Promise<Map<string, SettledConflict[]>> {
  const found = new Map<string, SettledConflict[]>();
  if (identities.length === 0) return found;
  const { rows } = await sql<ExampleIdentity & SettledConflict>`
    select c.key, c.agent, c.source, c.source_id, c.kept_label, c.offered_label, c.state, c.settled_at
      from ${identityRows(identities)}
      join label_conflicts c using (key, agent, source, source_id)
     where c.state <> 'open'`.execute(executor);
  for (const row of rows) {
    const text = toIdentityText(row);
    found.set(text, [...(found.get(text) ?? []), row]);
  }
  return found;
}

const identityRows = (identities: readonly ExampleIdentity[]) => sql`(
  select distinct * from ${columnSet("i", identityColumns, identities)}) wanted`;

/** Stores conflicts for a person; one that is already open is not changed. */
export async function insertConflicts(
  executor: Executor,
  conflicts: readonly { readonly kept_label: string; readonly draft: ExampleDraft }[],
  now: Date,
): Promise<void> {
  if (conflicts.length === 0) return;
  const rows = conflicts.map(({ kept_label, draft }) => ({ kept_label, ...toIdentity(draft), draft }));
  await sql`
    insert into label_conflicts (key, agent, source, source_id, kept_label, offered_label, offered, created_at)
    select c.key, c.agent, c.source, c.source_id, c.kept_label, c.draft->>'label', c.draft, ${now}::timestamptz
      from jsonb_to_recordset(${jsonb(rows)})
        as c(key text, agent text, source text, source_id text, kept_label text, draft jsonb)
     order by c.key collate "C", c.agent collate "C", c.source collate "C", c.source_id collate "C"
    on conflict (key, agent, source, source_id, offered_label) where state = 'open' do nothing`.execute(
    executor,
  );
}

export function toIdentity({ agent, key, source, source_id }: ExampleIdentity): ExampleIdentity {
  return { agent, key, source, source_id };
}

export interface ExampleFilter {
  readonly agent?: string | undefined;
  readonly source?: ExampleSource | undefined;
  readonly label?: string | undefined;
  readonly key?: string | undefined;
  /** Includes examples that another label has replaced. */
  readonly superseded?: boolean | undefined;
}

/** Newest first below `before`, or oldest first above `after`. */
export interface PagePosition {
  readonly before?: number | undefined;
  readonly after?: number | undefined;
  readonly limit: number;
}

export async function listExamples(
  executor: Executor,
  filter: ExampleFilter,
  page: PagePosition,
): Promise<LabeledExample[]> {
  let query = executor.selectFrom("labeled_examples").selectAll().limit(page.limit);
  query =
    page.after === undefined
      ? query.orderBy("id", "desc")
      : query.orderBy("id", "asc").where("id", ">", page.after);
  if (page.before !== undefined) query = query.where("id", "<", page.before);
  if (filter.superseded !== true) query = query.where("superseded_at", "is", null);
  return (await query.where(matchFilter(filter)).execute()).map(toExample);
}

/** Consistent view of the examples at one point in time. */
export interface ExampleView {
  /** No further example with this id or a lower one appears. */
  readonly throughId: number;
  readonly at: Date;
}

/** Maximum difference between the clocks of processes, and between a change and its commit. */
const CLOCK_SLACK_MS = 60_000;

/**
 * Reads a page of the matching examples that were current at the time of the view, above `afterId`. An example that was
 * replaced later is included and its replacement is not: decided by the id of the successor, since the time of a change
 * is earlier than its commit, and by the time alone if the example has no successor.
 */
export async function readViewPage(
  executor: Executor,
  filter: ExampleFilter,
  view: ExampleView,
  afterId: number,
  limit: number,
): Promise<LabeledExample[]> {
  let query = executor
    .selectFrom("labeled_examples as e")
    .selectAll()
    .where("id", ">", afterId)
    .where("id", "<=", view.throughId)
    .where(matchFilter(filter))
    .orderBy("id")
    .limit(limit);
  if (filter.superseded !== true) {
    const successor = sql`select from labeled_examples n where n.key = e.key and n.agent = e.agent
      and n.source = e.source and n.source_id = e.source_id and n.id > e.id`;
    query = query.where(sql<boolean>`(e.superseded_at is null
      or e.superseded_at > ${new Date(view.at.getTime() - CLOCK_SLACK_MS)}::timestamptz
         and not exists (${successor} and n.id <= ${view.throughId})
         and (e.superseded_at > ${view.at}::timestamptz or exists (${successor})))`);
  }
  return (await query.execute()).map(toExample);
}

function matchFilter({ agent, source, label, key }: ExampleFilter) {
  const wanted = Object.entries({ agent, source, label, key }).filter(([, value]) => value !== undefined);
  return sql<boolean>`(${sql.join([sql`true`, ...wanted.map(([name, value]) => sql`${sql.ref(name)} = ${value}`)], sql` and `)})`;
}

function toExample(row: Selectable<Tables["labeled_examples"]>): LabeledExample {
  return {
    ...row,
    created_at: row.created_at.toISOString(),
    loaded_at: row.loaded_at.toISOString(),
    superseded_at: row.superseded_at?.toISOString() ?? null,
  };
}

/** A current example as training reads it. */
export interface ExampleForTraining {
  readonly id: number;
  readonly key: string;
  readonly payload: JsonObject;
  readonly label: string;
  readonly source: ExampleSource;
  readonly source_id: string;
  readonly confidence: number;
  readonly created_at: Date;
}

const trainingColumns = [
  "id",
  "key",
  "payload",
  "label",
  "source",
  "source_id",
  "confidence",
  "created_at",
] as const;

/** Reads current examples of an agent by ascending id, above `afterId`, up to `throughId`. */
export function readTrainingPage(
  executor: Executor,
  agent: string,
  afterId: number,
  throughId: number,
  limit: number,
): Promise<ExampleForTraining[]> {
  return executor
    .selectFrom("labeled_examples")
    .select(trainingColumns)
    .where("agent", "=", agent)
    .where("superseded_at", "is", null)
    .where("id", ">", afterId)
    .where("id", "<=", throughId)
    .orderBy("id")
    .limit(limit)
    .execute();
}

export interface ConflictFilter {
  readonly agent?: string | undefined;
  readonly state?: LabelConflict["state"] | undefined;
}

export async function listConflicts(
  executor: Executor,
  filter: ConflictFilter,
  page: Omit<PagePosition, "after">,
): Promise<LabelConflict[]> {
  let query = selectConflicts(executor).orderBy("c.id", "desc").limit(page.limit);
  if (page.before !== undefined) query = query.where("c.id", "<", page.before);
  if (filter.agent !== undefined) query = query.where("c.agent", "=", filter.agent);
  if (filter.state !== undefined) query = query.where("c.state", "=", filter.state);
  return (await query.execute()).map(toConflict);
}

/** Reads and locks a conflict: no one else can settle it before the end of the transaction. */
export async function lockConflict(executor: Executor, id: number): Promise<LabelConflict | undefined> {
  const row = await selectConflicts(executor).where("c.id", "=", id).forUpdate("c").executeTakeFirst();
  return row && toConflict(row);
}

/** Selects conflicts, each with its record's newest example of the kept label, which is current while it is open. */
function selectConflicts(executor: Executor) {
  return executor
    .selectFrom("label_conflicts as c")
    .leftJoinLateral(
      (from) =>
        from
          .selectFrom("labeled_examples as e")
          .select(["e.labeled_by as kept_by", "e.created_at as kept_at"])
          .whereRef("e.key", "=", "c.key")
          .whereRef("e.agent", "=", "c.agent")
          .whereRef("e.source", "=", sql<ExampleSource>`c.source`)
          .whereRef("e.source_id", "=", "c.source_id")
          .whereRef("e.label", "=", "c.kept_label")
          .orderBy("e.id", "desc")
          .limit(1)
          .as("kept"),
      (join) => join.onTrue(),
    )
    .selectAll("c")
    .select(["kept.kept_by", "kept.kept_at"]);
}

/** Writes the settlement. Returns false if the conflict was settled in the meantime. */
export async function settleConflict(
  executor: Executor,
  conflict: LabelConflict,
  state: "kept_old" | "took_new",
  by: string,
  now: Date,
): Promise<boolean> {
  const result = await executor
    .updateTable("label_conflicts")
    .set({ state, settled_at: now, settled_by: by })
    .where("key", "=", conflict.key)
    .where("id", "=", conflict.id)
    .where("state", "=", "open")
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Marks the record's current example as replaced. */
export async function supersedeExample(
  executor: Executor,
  identity: ExampleIdentity,
  now: Date,
): Promise<boolean> {
  const result = await executor
    .updateTable("labeled_examples")
    .set({ superseded_at: now })
    .where("key", "=", identity.key)
    .where("agent", "=", identity.agent)
    .where("source", "=", identity.source)
    .where("source_id", "=", identity.source_id)
    .where("superseded_at", "is", null)
    .executeTakeFirst();
  return result.numUpdatedRows === 1n;
}

/** Sets the kept label of the record's other open conflicts. */
export async function relabelOpenConflicts(
  executor: Executor,
  identity: ExampleIdentity,
  keptLabel: string,
): Promise<void> {
  await executor
    .updateTable("label_conflicts")
    .set({ kept_label: keptLabel })
    .where("key", "=", identity.key)
    .where("agent", "=", identity.agent)
    .where("source", "=", identity.source)
    .where("source_id", "=", identity.source_id)
    .where("state", "=", "open")
    .execute();
}

function toConflict({
  kept_by,
  kept_at,
  ...row
}: Selectable<Tables["label_conflicts"]> & {
  kept_by: string | null;
  kept_at: Date | null;
}): LabelConflict {
  return {
    ...row,
    kept: kept_at === null ? null : { labeled_by: kept_by, created_at: kept_at.toISOString() },
    offered: row.offered as unknown as ExampleDraft,
    created_at: row.created_at.toISOString(),
    settled_at: row.settled_at?.toISOString() ?? null,
  };
}

/** Counts current examples in one pass. */
export async function readLabelStats(executor: Executor, recentSince: Date): Promise<LabelStats> {
  const { rows } = await sql<{
    agent: string;
    source: string;
    label: string;
    examples: number;
    recent: number;
  }>`
    select agent, source, label, count(*) as examples,
           count(*) filter (where created_at >= ${recentSince}::timestamptz) as recent
      from labeled_examples where superseded_at is null
     group by agent, source, label
     order by agent collate "C", source collate "C", label collate "C"`.execute(executor);
  const bySource = new Map<string, number>();
  const byAgent = new Map<string, number>();
  const byLabel = new Map<string, Map<string, number>>();
  const add = (counts: Map<string, number>, name: string, count: number): void => {
    counts.set(name, (counts.get(name) ?? 0) + count);
  };
  for (const row of rows) {
    add(bySource, row.source, row.examples);
    add(byAgent, row.agent, row.examples);
    const labels = byLabel.get(row.agent) ?? new Map<string, number>();
    add(labels, row.label, row.examples);
    byLabel.set(row.agent, labels);
  }
  return {
    total: rows.reduce((sum, row) => sum + row.examples, 0),
    by_source: Object.fromEntries(bySource),
    by_agent: Object.fromEntries(byAgent),
    by_label: Object.fromEntries([...byLabel].map(([agent, labels]) => [agent, Object.fromEntries(labels)])),
    recent_7d: rows.reduce((sum, row) => sum + row.recent, 0),
  };
}

/** Counts current examples of an agent by UTC day and source; `day` is null for days before `since`. */
export async function readDailyLabels(
  executor: Executor,
  agent: string,
  since: Date,
): Promise<{ day: string | null; source: ExampleSource; examples: number }[]> {
  const { rows } = await sql<{ day: string | null; source: ExampleSource; examples: number }>`
    select case when created_at >= ${since}::timestamptz
                then to_char(created_at at time zone 'UTC', 'YYYY-MM-DD') end as day,
           source, count(*)::float8 as examples
      from labeled_examples where agent = ${agent} and superseded_at is null
     group by 1, 2 order by 1, 2`.execute(executor);
  return rows;
}
