import type { AgentDefinition, ArmFigures, ArmHistoryPoint, Rollout, Verdict } from "@relearn/contract";
import { type RawBuilder, sql } from "kysely";
import { HOUR_MS, MINUTE_MS } from "../clock.ts";
import { type ColumnTypes, columnSet } from "../db/column-set.ts";
import type { Executor } from "../db/database.ts";
import { jsonb } from "../db/jsonb.ts";
import type { SplitCounts } from "../numerics/sample-ratio.ts";
import { assignmentProbability } from "./assignment-probability.ts";
import type { ArmWindow, ArmWindows, BaselineDocument, EvidenceDocument } from "./rules/guard-rules.ts";
import type { MaturedUnit } from "./rules/matured-units.ts";
import type { UnderRules } from "./rules/rules-version.ts";

/** What is stored of a rollout's evidence. */
export interface StoredEvidence {
  readonly epoch: number;
  /** Units first exposed before count no more. */
  readonly since: Date;
  /** Looks taken in this epoch. */
  readonly analyses: number;
  /** When the last look was taken; null before the first. */
  readonly analyzedAt: Date | null;
  /** Null before the first look. */
  readonly evidence: EvidenceDocument | null;
}

/** Begins to gather evidence, from nothing: a new epoch. */
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
    .set({ document: jsonb(evidence), analyses: analyses, updated_at: now })
    .where("rollout_id", "=", rolloutId)
    .execute();
}

/**
 * The canary's share as clients report it in the present stage. At 100 % they are told 10,000 and a holdback
 * beside it.
 */
function stageBasisPoints(rollout: Rollout): number {
  return rollout.stage === rollout.policy.stages.length - 1 ? 10_000 : rollout.percent * 100;
}

/** The probability of the canary arm, as SQL, from the unit's last exposure in an earlier stage; see `assignmentProbability`. */
interface EarlierExposure {
  readonly earlier_arm: "active" | "canary" | "holdback" | null;
  readonly earlier_basis_points: number | null;
}

function toProbability(
  percent: number,
  { earlier_arm, earlier_basis_points }: EarlierExposure,
): number | null {
  if (earlier_arm === null || earlier_basis_points === null) return assignmentProbability(percent, null);
  return assignmentProbability(percent, {
    arm: earlier_arm === "canary" ? "canary" : "active",
    percent: earlier_basis_points / 100,
  });
}

/** How quality is told from labels: the agent's classes and what its raw labels stand for. */
export type LabelClasses = Pick<AgentDefinition, "classes" | "label_map">;

/**
 * The quality of outcome `o`, as SQL: what was reported; or, where labels say it, 1 if the label of its task,
 * given by `windowEnd`, is of the class that was decided, 0 if of another. Null where there is none. Of
 * several labels the one that would train counts.
 */
function outcomeQuality(labels: LabelClasses | null, windowEnd: RawBuilder<unknown>): RawBuilder<unknown> {
  if (labels === null) return sql`o.quality`;
  const map = jsonb(labels.label_map ?? {});
  const classes = labels.classes === undefined ? sql`null::jsonb` : jsonb(labels.classes);
  const toClass = (label: RawBuilder<unknown>): RawBuilder<unknown> => sql`
    case when ${label} <> '*' and ${map} ? ${label} then ${map} ->> ${label}
         when ${classes} is null then coalesce(${map} ->> '*', ${label})
         when ${classes} ? ${label} then ${label}
         else ${map} ->> '*' end`;
  return sql`(
    select case when given.class is null or given.decided is null then null
                when given.class = given.decided then 1.0 else 0.0 end::float8
      from (select ${toClass(sql`l.label`)} as class, ${toClass(sql`made.decision`)} as decided
              from labeled_examples l
              cross join lateral (
                select coalesce(o.decision, (
                  select r.decision from evaluation_results r
                   where r.task_key = o.task_key and r.agent = o.agent and r.decision is not null
                   order by r.created_at desc, r.id desc limit 1)) as decision) made
             where l.key = o.task_key and l.agent = o.agent and l.superseded_at is null
               and l.created_at <= ${windowEnd}
             order by array_position(array['review', 'gold', 'approvals', 'feedback', 'synthetic'], l.source),
                      l.created_at desc, l.id desc
             limit 1) given)`;
}

/** Who judged the newest qualities that the agent's traffic reported since `from`, the newest first. */
export async function findNewestJudges(
  executor: Executor,
  agent: string,
  from: Date,
  limit: number,
): Promise<(string | null)[]> {
  const rows = await executor
    .selectFrom("outcomes")
    .select("judge")
    .where("agent", "=", agent)
    .where("quality", "is not", null)
    .where("occurred_at", ">=", from)
    .orderBy("occurred_at", "desc")
    .orderBy("id", "desc")
    .limit(limit)
    .execute();
  return rows.map((row) => row.judge);
}

/** Units after which a look leaves the rest to the next: bounds the time that it holds the agent's release, and its memory. */
export const MAX_UNITS_PER_ANALYSIS = 50_000;

/** What a look scored. */
export interface ScoredUnits {
  readonly units: MaturedUnit[];
  /** Where more may be due: the newest first exposure that this look has read; the next goes on behind it. */
  readonly through: Date | null;
}

/**
 * Scores the units whose windows have closed by `now` and that no look has scored yet, each once, the first
 * exposed first: the mean over its outcomes within the maturity window of its first exposure in the stage.
 * Stops after `most` units, but not between units of the same moment. Stores and returns them in order of first
 * exposure. Units that carry no information are left out.
 */
export async function scoreMaturedUnits(
  executor: Executor,
  rollout: Rollout,
  place: {
    readonly epoch: number;
    readonly analysis: number;
    readonly from: Date;
    readonly analyzedAt: Date | null;
    /** Of the look before, where it left some over. */
    readonly through: Date | null;
  },
  labels: LabelClasses | null,
  now: Date,
  most: number,
): Promise<ScoredUnits> {
  const { policy, rollout_id: rolloutId } = rollout;
  const { epoch, analysis, through } = place;
  const stage = rollout.stage ?? 0;
  const maturityMs = policy.maturity_hours * HOUR_MS;
  const windowEnd = sql`d.first_at + ${maturityMs} * interval '1 millisecond'`;
  // What can be new since the last look: windows that closed since, or what it left over, and exposures that
  // arrived since. That each unit counts once is the lookup among the scored ones; this keeps a look from
  // reading the whole stage.
  const lastAnalysis = place.analyzedAt?.getTime() ?? 0;
  const unread =
    through === null
      ? new Date(Math.max(lastAnalysis - maturityMs - RECEIPT_SLACK_MS, place.from.getTime()))
      : new Date(through.getTime() + 1);
  const arrivedSince = new Date(Math.max(lastAnalysis - RECEIPT_SLACK_MS, 0));
  // The lookup is one by one and each part has its own limit: as a join, or over the two together, it becomes
  // quadratic where the planner has no figures yet of a table that has just begun to fill.
  const unscored = (condition: RawBuilder<unknown>): RawBuilder<unknown> => sql`(
    select e.unit_id, e.arm, e.first_at
      from exposures e
      left join lateral (
        select true as is_there from scored_units s
         where s.unit_id = e.unit_id and s.rollout_id = e.rollout_id and s.epoch = ${epoch} and s.stage = ${stage}
         limit 1) scored on true
     where e.rollout_id = ${rolloutId} and e.basis_points = ${stageBasisPoints(rollout)}
       and e.first_at <= ${new Date(now.getTime() - maturityMs)} and ${condition} and scored.is_there is null
     order by e.first_at fetch first ${most} rows with ties)`;
  const late = sql`e.received_at >= ${arrivedSince} and e.first_at >= ${place.from} and e.first_at < ${unread}`;
  const found = await sql<
    EarlierExposure & {
      unit_id: string;
      arm: "active" | "canary" | "holdback";
      first_at: Date;
      outcomes: number;
      quality: number | null;
      latency_ms: number | null;
      cost: number | null;
      success: number | null;
    }
  >`
    with due as materialized (
      select * from (
        ${unscored(sql`e.first_at >= ${unread}`)}
        ${through === null ? sql`union all ${unscored(late)}` : sql``}) either
       order by first_at fetch first ${most} rows with ties)
    select d.unit_id, d.arm, d.first_at, earlier.arm as earlier_arm, earlier.basis_points as earlier_basis_points,
           count(o.outcome_id)::int as outcomes, avg(${outcomeQuality(labels, windowEnd)}) as quality,
           avg(o.latency_ms) as latency_ms, avg(o.cost) as cost,
           avg(case when o.success then 1.0::float8 when not o.success then 0.0::float8 end) as success
      from due d
      ${earlierExposure(rollout, sql`d`, "few")}
      left join outcomes o on o.unit_id = d.unit_id and o.rollout_id = ${rolloutId}
       and o.occurred_at >= d.first_at and o.occurred_at <= ${windowEnd}
     group by d.unit_id, d.arm, d.first_at, earlier.arm, earlier.basis_points
     order by d.first_at, d.unit_id`.execute(executor);

  const rows = found.rows.flatMap((row) => {
    const probability = toProbability(rollout.percent, row);
    if (probability === null) return [];
    return {
      unit_id: row.unit_id,
      arm: row.arm === "canary" ? ("canary" as const) : ("active" as const),
      probability,
      exposed_at: row.first_at.toISOString(),
      reported: row.outcomes > 0,
      quality: row.quality,
      latency_ms: row.latency_ms,
      cost: row.cost,
      success: row.success,
    };
  });
  for (let start = 0; start < rows.length; start += BATCH) {
    await insertScored(
      executor,
      { rolloutId, epoch, stage, analysis: analysis },
      rows.slice(start, start + BATCH),
    );
  }
  return {
    units: rows.map(({ unit_id: _unit, ...unit }) => unit),
    through: found.rows.length >= most ? found.rows.at(-1)!.first_at : null,
  };
}

/**
 * Joins the last exposure of the unit of `row` in an earlier stage as `earlier`. In a rollout's first stage
 * there is none, and nobody looks for one. `howMany`: `few` units are looked up one by one, for `all` of a
 * stage what came before it is read once.
 */
function earlierExposure(
  rollout: Rollout,
  row: RawBuilder<unknown>,
  howMany: "few" | "all",
): RawBuilder<unknown> {
  if (rollout.stage === 0)
    return sql`cross join (select null::text as arm, null::int as basis_points) earlier`;
  if (howMany === "all")
    return sql`
    left join (
      select distinct on (p.unit_id) p.unit_id, p.arm, p.basis_points from exposures p
       where p.rollout_id = ${rollout.rollout_id} and p.basis_points <> ${stageBasisPoints(rollout)}
       order by p.unit_id, p.last_at desc) earlier on earlier.unit_id = ${row}.unit_id`;
  return sql`
    left join lateral (
      select p.arm, p.basis_points from exposures p
       where p.unit_id = ${row}.unit_id and p.rollout_id = ${rollout.rollout_id}
         and p.basis_points <> ${stageBasisPoints(rollout)}
       order by p.last_at desc limit 1) earlier on true`;
}

/** Longer than any write may take between stamping a row and committing it. */
const RECEIPT_SLACK_MS = 10 * MINUTE_MS;

/** Rows a statement: bounds the text of one parameter to a few megabytes. */
const BATCH = 10_000;

const scoredColumns = {
  unit_id: "text",
  arm: "text",
  probability: "double precision",
  exposed_at: "timestamptz",
  reported: "boolean",
  quality: "double precision",
  latency_ms: "double precision",
  cost: "double precision",
  success: "double precision",
} as const satisfies ColumnTypes<MaturedUnit & { readonly unit_id: string }>;

async function insertScored(
  executor: Executor,
  place: {
    readonly rolloutId: string;
    readonly epoch: number;
    readonly stage: number;
    readonly analysis: number;
  },
  rows: readonly (MaturedUnit & { readonly unit_id: string })[],
): Promise<void> {
  await sql`
    insert into scored_units (unit_id, rollout_id, epoch, stage, analysis, arm, probability, exposed_at, reported, quality, latency_ms, cost, success)
    select unit_id, ${place.rolloutId}, ${place.epoch}, ${place.stage}, ${place.analysis}, arm, probability, exposed_at, reported, quality, latency_ms, cost, success
      from ${columnSet("r", scoredColumns, rows)}`.execute(executor);
}

/** Units as a look scored them, in the same order; for replay. */
export async function readScoredUnits(
  executor: Executor,
  rolloutId: string,
  epoch: number,
  analysis: number,
): Promise<MaturedUnit[]> {
  const rows = await executor
    .selectFrom("scored_units")
    .select(["arm", "probability", "exposed_at", "reported", "quality", "latency_ms", "cost", "success"])
    .where("rollout_id", "=", rolloutId)
    .where("epoch", "=", epoch)
    .where("analysis", "=", analysis)
    .orderBy("exposed_at")
    .orderBy("unit_id")
    .execute();
  return rows.map((row) => ({ ...row, exposed_at: row.exposed_at.toISOString() }));
}

/** Assignments that arrived before a time, and so will not change: counted once, and no look counts them again. */
export interface SettledAssignments {
  readonly received_before: string;
  readonly counts: readonly SplitCounts[];
}

/**
 * Every assignment of the present stage so far, by its planned probability. What an earlier look of the same
 * stage has counted for good is not read again, so that a look costs what is new.
 */
export async function countAssignments(
  executor: Executor,
  rollout: Rollout,
  from: Date,
  settled: SettledAssignments | null,
  now: Date,
): Promise<{ assignments: SplitCounts[]; settled: SettledAssignments }> {
  const boundary = new Date(now.getTime() - RECEIPT_SLACK_MS);
  const after = settled === null ? null : new Date(settled.received_before);
  const counted = after !== null && after > boundary ? after : boundary;
  const old = await countReceived(executor, rollout, from, after, counted);
  const recent = await countReceived(executor, rollout, from, counted, null);
  const counts = sumOfCounts([...(settled?.counts ?? []), ...old]);
  return {
    assignments: sumOfCounts([...counts, ...recent]),
    settled: { received_before: counted.toISOString(), counts },
  };
}

async function countReceived(
  executor: Executor,
  rollout: Rollout,
  from: Date,
  after: Date | null,
  before: Date | null,
): Promise<SplitCounts[]> {
  const found = await sql<EarlierExposure & { canary: number; active: number }>`
    select earlier.arm as earlier_arm, earlier.basis_points as earlier_basis_points,
           count(*) filter (where e.arm = 'canary')::int as canary, count(*) filter (where e.arm <> 'canary')::int as active
      from exposures e
      ${earlierExposure(rollout, sql`e`, after === null ? "all" : "few")}
     where e.rollout_id = ${rollout.rollout_id} and e.basis_points = ${stageBasisPoints(rollout)} and e.first_at >= ${from}
       ${after === null ? sql`` : sql`and e.received_at >= ${after}`}
       ${before === null ? sql`` : sql`and e.received_at < ${before}`}
     group by 1, 2`.execute(executor);
  return found.rows.flatMap((row) => {
    const probability = toProbability(rollout.percent, row);
    return probability === null ? [] : [{ probability, canary: row.canary, active: row.active }];
  });
}

/** One entry a probability, the lowest first. */
function sumOfCounts(all: readonly SplitCounts[]): SplitCounts[] {
  const counts = new Map<number, SplitCounts>();
  for (const { probability, canary, active } of all) {
    const before = counts.get(probability);
    counts.set(probability, {
      probability,
      canary: canary + (before?.canary ?? 0),
      active: active + (before?.active ?? 0),
    });
  }
  return [...counts.values()].sort((a, b) => a.probability - b.probability);
}

/** Plain means of both arms over units first exposed since `from` whose windows have closed by `now`. */
export async function readArmWindows(
  executor: Executor,
  rollout: Rollout,
  from: Date,
  labels: LabelClasses | null,
  now: Date,
): Promise<ArmWindows> {
  const maturityMs = rollout.policy.maturity_hours * HOUR_MS;
  const windowEnd = sql`e.first_at + ${maturityMs} * interval '1 millisecond'`;
  const found = await sql<{
    is_canary: boolean;
    units: number;
    quality_mean: number | null;
    latency_mean_ms: number | null;
  }>`
    select (e.arm = 'canary') as is_canary, count(*)::int as units,
           avg(scored.quality) as quality_mean, avg(scored.latency_ms) as latency_mean_ms
      from exposures e
      cross join lateral (
        select avg(${outcomeQuality(labels, windowEnd)}) as quality, avg(o.latency_ms) as latency_ms, count(*) as outcomes from outcomes o
         where o.unit_id = e.unit_id and o.rollout_id = e.rollout_id
           and o.occurred_at >= e.first_at and o.occurred_at <= e.first_at + ${maturityMs} * interval '1 millisecond') scored
     where e.rollout_id = ${rollout.rollout_id} and e.basis_points = ${stageBasisPoints(rollout)}
       and e.first_at >= ${from} and e.first_at <= ${new Date(now.getTime() - maturityMs)} and scored.outcomes > 0
     group by 1`.execute(executor);
  const arm = (isCanary: boolean): ArmWindow => {
    const row = found.rows.find((one) => one.is_canary === isCanary);
    return {
      units: row?.units ?? 0,
      quality_mean: row?.quality_mean ?? null,
      latency_mean_ms: row?.latency_mean_ms ?? null,
    };
  };
  return { canary: arm(true), active: arm(false) };
}

/** Enough for quantiles of 0.1 %, and read in well under a second. */
const BASELINE_OUTCOMES = 50_000;

export interface PastOutcomes {
  readonly quality: number[];
  readonly latency_ms: number[];
  readonly cost: number[];
  readonly success: number[];
}

/**
 * The active arm's outcomes between two times, the newest where there are very many; NaN where absent. Where
 * labels say the quality, those that had `maturityHours` to come.
 */
export async function readActivePast(
  executor: Executor,
  agent: string,
  range: { readonly from: Date; readonly to: Date; readonly maturityHours: number },
  labels: LabelClasses | null,
): Promise<PastOutcomes> {
  const windowEnd = sql`o.occurred_at + ${range.maturityHours * HOUR_MS} * interval '1 millisecond'`;
  const { rows } = await sql<{
    quality: number | null;
    latency_ms: number | null;
    cost: number | null;
    success: boolean | null;
  }>`
    select ${outcomeQuality(labels, windowEnd)} as quality, o.latency_ms, o.cost, o.success from outcomes o
     where o.agent = ${agent} and o.arm <> 'canary' and o.occurred_at >= ${range.from} and o.occurred_at < ${range.to}
     order by o.occurred_at desc limit ${BASELINE_OUTCOMES}`.execute(executor);
  return {
    quality: rows.map((row) => row.quality ?? Number.NaN),
    latency_ms: rows.map((row) => row.latency_ms ?? Number.NaN),
    cost: rows.map((row) => row.cost ?? Number.NaN),
    success: rows.map((row) => (row.success === null ? Number.NaN : Number(row.success))),
  };
}

/** Different units that reported in the range, and when the first of the range's outcomes was; null: none did. */
export async function countRecentUnits(
  executor: Executor,
  agent: string,
  from: Date,
  to: Date,
): Promise<{ units: number; since: Date | null }> {
  const { rows } = await sql<{ units: number; since: Date | null }>`
    select count(*)::int as units, min(since) as since from (
      select unit_id, min(occurred_at) as since from outcomes
       where agent = ${agent} and occurred_at >= ${from} and occurred_at <= ${to} group by unit_id) seen`.execute(
    executor,
  );
  return rows[0]!;
}

/** One look as it was taken, for the plots, the receipts and their replay. */
export interface StoredAnalysis {
  readonly epoch: number;
  readonly analysis: number;
  readonly stage: number;
  readonly at: string;
  /** Units this look scored. */
  readonly units: number;
  readonly assignments: readonly SplitCounts[];
  readonly verdict: Verdict;
  /** What the look was shown beside its units; null in looks of the first release. */
  readonly inputs: AnalysisInputs | null;
}

/** What a look was shown beside its units and assignments, and the rules that its verdict was made under. */
export type AnalysisInputs = UnderRules & {
  /** Of the rollout that was looked at: says where the look stands among the rollout's events. */
  readonly generation: number;
  readonly window: ArmWindows | null;
  /** The specification's `threshold`, where one was given. */
  readonly threshold: number | null;
  readonly active_digest: string | null;
  readonly judge_identity: string | null;
  /** False: taken for a person's command, which then was what moved the rollout, if anything did. */
  readonly acted: boolean;
  /** For the next analysis of the same epoch and stage. */
  readonly settled_assignments: SettledAssignments;
  /** Set where more units were due than one look scores: the next goes on there, and this one moved nothing. */
  readonly scored_through?: string | null;
};

export async function insertAnalysis(
  executor: Executor,
  rolloutId: string,
  analysis: StoredAnalysis,
): Promise<void> {
  await executor
    .insertInto("rollout_analyses")
    .values({
      rollout_id: rolloutId,
      epoch: analysis.epoch,
      analysis: analysis.analysis,
      stage: analysis.stage,
      at: new Date(analysis.at),
      units: analysis.units,
      assignments: jsonb(analysis.assignments),
      verdict: jsonb(analysis.verdict),
      inputs: analysis.inputs && jsonb(analysis.inputs),
    })
    .execute();
}

/** How an epoch's evidence began. */
export interface StoredEpoch {
  readonly epoch: number;
  readonly began_at: string;
  readonly baseline: BaselineDocument;
  readonly judge_identity: string | null;
  readonly with_interval: boolean;
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

/** Looks in their order. */
export async function listAnalyses(executor: Executor, rolloutId: string): Promise<StoredAnalysis[]> {
  const rows = await executor
    .selectFrom("rollout_analyses")
    .selectAll()
    .where("rollout_id", "=", rolloutId)
    .orderBy("epoch")
    .orderBy("analysis")
    .execute();
  return rows.map(({ rollout_id: _rollout, ...row }) => ({ ...row, at: row.at.toISOString() }));
}

export async function findNewestAnalysis(
  executor: Executor,
  rolloutId: string,
): Promise<StoredAnalysis | undefined> {
  const row = await executor
    .selectFrom("rollout_analyses")
    .selectAll()
    .where("rollout_id", "=", rolloutId)
    .orderBy("epoch", "desc")
    .orderBy("analysis", "desc")
    .limit(1)
    .executeTakeFirst();
  if (row === undefined) return undefined;
  const { rollout_id: _rollout, ...analysis } = row;
  return { ...analysis, at: analysis.at.toISOString() };
}

/** The verdict of each rollout's newest analysis, of those that were looked at. */
export async function findNewestVerdicts(
  executor: Executor,
  rolloutIds: readonly string[],
): Promise<Map<string, Verdict>> {
  if (rolloutIds.length === 0) return new Map();
  const rows = await executor
    .selectFrom("rollout_analyses")
    .distinctOn("rollout_id")
    .select(["rollout_id", "verdict"])
    .where("rollout_id", "in", rolloutIds)
    .orderBy("rollout_id")
    .orderBy("epoch", "desc")
    .orderBy("analysis", "desc")
    .execute();
  return new Map(rows.map((row) => [row.rollout_id, row.verdict]));
}

/** Both arms of the rollout in points of `hours` hours since `startedAt`, in their order. */
export async function readArmHistory(
  executor: Executor,
  rolloutId: string,
  startedAt: Date,
  hours: number,
): Promise<ArmHistoryPoint[]> {
  const widthMs = hours * HOUR_MS;
  // Through the looks: their units are found by an index, the rollout's alone are not.
  const found = await sql<ArmFigures & { point: number; epoch: number; stage: number; is_canary: boolean }>`
    select floor(extract(epoch from s.exposed_at - ${startedAt}::timestamptz) * 1000 / ${widthMs})::int as point,
           s.epoch, s.stage, (s.arm = 'canary') as is_canary, count(*)::int as units,
           case when count(s.quality) > 0 then avg(coalesce(s.quality, 0)) end as quality,
           case when count(s.success) > 0 then avg(coalesce(s.success, 0)) end as success,
           avg(s.cost) as cost,
           percentile_cont(0.5) within group (order by s.latency_ms) as latency_p50_ms,
           percentile_cont(0.95) within group (order by s.latency_ms) as latency_p95_ms
      from rollout_analyses l
      join scored_units s on s.analysis = l.analysis and s.rollout_id = l.rollout_id and s.epoch = l.epoch
     where l.rollout_id = ${rolloutId}
     group by 1, 2, 3, 4
     order by 2, 3, 1`.execute(executor);
  const points = new Map<string, { -readonly [Member in keyof ArmHistoryPoint]: ArmHistoryPoint[Member] }>();
  for (const { point, epoch, stage, is_canary, ...figures } of found.rows) {
    const name = `${epoch} ${stage} ${point}`;
    const entry = points.get(name) ?? { hour: point * hours, epoch, stage, canary: null, active: null };
    entry[is_canary ? "canary" : "active"] = figures;
    points.set(name, entry);
  }
  return [...points.values()];
}
