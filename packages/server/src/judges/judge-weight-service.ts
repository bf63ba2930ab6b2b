import { type ActorReference, systemActor, toActor } from "../actor.ts";
import type { AgentDefinition } from "../agents/agent-definition.ts";
import type { AgentService } from "../agents/agent-service.ts";
import type { AuditService } from "../audit/audit-service.ts";
import { type Clock, DAY_MS } from "../clock.ts";
import type { Database, Executor } from "../db/database.ts";
import { labelMapper } from "../training/training-rows.ts";
import { fitChosenPanel } from "./chosen-panel.ts";
import { classScores } from "./class-scores.ts";
import {
  type DayEvidence,
  type LabeledResult,
  patternTasks,
  startDayEvidence,
  startOfDay,
  utcDay,
  withoutResults,
} from "./day-evidence.ts";
import { byIdentity } from "./judge-identity.ts";
import {
  type EvidenceMarks,
  findEvidenceMarks,
  findJudgePanel,
  freezeHighestIds,
  listChangedDays,
  listDayEvidence,
  listJudgeCards,
  listJudgeWeights,
  listPatternExamples,
  readLabeledResults,
  replaceDayEvidence,
  replaceJudgeCards,
  replaceJudgeWeights,
  upsertJudgePanel,
} from "./judge-weight-store.ts";
import { mergeReliabilityEvidence } from "./merge-reliability-evidence.ts";
import type { PanelModel } from "./panel-model.ts";
import { classesOf, panelTable } from "./panel-table.ts";
import { type ReliabilityCard, reliabilityCard } from "./reliability-card.ts";
import {
  defaultJudgeWeights,
  type JudgeWeights,
  type SpecificationWeightEvidence,
  sumSpecificationWeights,
} from "./specification-weights.ts";
import { countVotePatterns } from "./vote-patterns.ts";

export interface JudgeWeightReport {
  readonly agent: string;
  /** The specification's weight of each judge. */
  readonly weights: JudgeWeights;
  /** True: no evaluation results in the last 30 days, or no update yet; the weights are the four defaults. */
  readonly defaults: boolean;
  readonly judges: Readonly<Record<string, SpecificationWeightEvidence>>;
  /** Null before the first update. */
  readonly updated_at: string | null;
}

export interface JudgeWeightUpdate {
  readonly agent: string;
  readonly weights: JudgeWeights;
  readonly defaults: boolean;
  /** Labeled evaluation results counted, of all days kept, and how many days were counted again. */
  readonly labels: number;
  readonly days_counted: number;
}

export interface JudgeReliability {
  readonly agent: string;
  readonly cards: readonly ReliabilityCard[];
  /** The calibrated panel, null before the first update. */
  readonly panel: PanelModel | null;
  readonly updated_at: string | null;
}

/** The specification's lookback. */
const WEIGHT_DAYS = 30;
/** At the card's half-life of 30 days a label of 180 days ago counts 1/64; older ones change nothing seen. */
const EVIDENCE_DAYS = 180;
const PAGE = 5000;

/** How far judges are trusted: the specification's weights, the cards and the panel. Trusts its caller's rights. */
export class JudgeWeightService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #clock: Clock;
  readonly #agents: AgentService;

  constructor(database: Database, audit: AuditService, clock: Clock, agents: AgentService) {
    this.#database = database;
    this.#audit = audit;
    this.#clock = clock;
    this.#agents = agents;
  }

  /**
   * Weighs the judges of one agent, or of all, from the labels there are now: the specification's
   * `nightly_update_weights`. Reads the days whose verdicts or labels changed since the last update, in pages;
   * safe to run twice at once and after a crash.
   */
  async update(agent?: string, options: { actor?: ActorReference } = {}): Promise<JudgeWeightUpdate[]> {
    const actor = options.actor === undefined ? systemActor("judges") : toActor(options.actor);
    const agents = agent === undefined ? await this.#agents.list() : [await this.#agents.get(agent)];
    const updates: JudgeWeightUpdate[] = [];
    for (const { definition, definition_digest } of agents) {
      const now = this.#clock.now();
      const counted = await this.#count(definition, definition_digest, now);
      const specification = await this.#specificationWeights(definition, counted, now);
      const cards = cardsOf(counted.days, definition, now);
      const panel = panelOf(counted.days, definition, now);
      const labels = counted.days.reduce((sum, day) => sum + day.labels, 0);
      const evidence = specification.evidence();
      const weights = specification.weights();
      const defaults = Object.keys(evidence).length === 0;
      const update: JudgeWeightUpdate = {
        agent: definition.name,
        weights,
        defaults,
        labels,
        days_counted: counted.changed.length,
      };
      await this.#audit.change(actor, async (trx) => {
        await replaceDayEvidence(trx, definition.name, counted.changed, counted.marks, { all: counted.all });
        await replaceJudgeWeights(
          trx,
          definition.name,
          Object.entries(weights).map(([judge, weight]) => ({
            judge,
            weight,
            predictions: evidence[judge]?.predictions ?? 0,
            detail: { ...(evidence[judge] ?? { default: true }) },
          })),
          now,
        );
        await replaceJudgeCards(trx, definition.name, cards, now);
        await upsertJudgePanel(trx, definition.name, panel, labels, now);
        return {
          result: undefined,
          record: {
            kind: "judges.weighed",
            agent: definition.name,
            object: definition.name,
            detail: { weights, labels, days_counted: counted.changed.length },
          },
        };
      });
      updates.push(update);
    }
    return updates;
  }

  /** The stored weights of the agent; the defaults before the first update. */
  async show(agent: string): Promise<JudgeWeightReport> {
    await this.#agents.get(agent);
    const rows = await listJudgeWeights(this.#database.kysely, agent);
    const known = rows.filter((row) => row.detail["default"] !== true);
    return {
      agent,
      weights:
        rows.length === 0
          ? defaultJudgeWeights
          : Object.fromEntries(rows.map(({ judge, weight }) => [judge, weight])),
      defaults: known.length === 0,
      judges: Object.fromEntries(
        known.map(({ judge, detail }) => [judge, detail as unknown as SpecificationWeightEvidence]),
      ),
      updated_at: rows[0]?.updated_at.toISOString() ?? null,
    };
  }

  /** The weights that uncertainties are computed with. */
  async weightsOf(agent: string, executor: Executor = this.#database.kysely): Promise<JudgeWeights> {
    const rows = await listJudgeWeights(executor, agent);
    if (rows.length === 0) return defaultJudgeWeights;
    return Object.fromEntries(rows.map(({ judge, weight }) => [judge, weight]));
  }

  /** The cards and the panel of the last update. */
  async reliability(agent: string): Promise<JudgeReliability> {
    await this.#agents.get(agent);
    const rows = await listJudgeCards(this.#database.kysely, agent);
    const panel = await findJudgePanel(this.#database.kysely, agent);
    return {
      agent,
      cards: rows.map((row) => row.card),
      panel: panel?.model ?? null,
      updated_at: panel?.updated_at.toISOString() ?? null,
    };
  }

  /** The panel of the last update; undefined before it, or where it knows no judge. */
  async storedPanel(agent: string): Promise<PanelModel | undefined> {
    const stored = await findJudgePanel(this.#database.kysely, agent);
    return stored === undefined || stored.model.judges.length === 0 ? undefined : stored.model;
  }

  /** The panel to decide by now: that of the last update, else one without labels over the judges of `tasks`. */
  async decisionPanel(
    definition: AgentDefinition,
    tasks: Parameters<typeof panelTable>[0],
  ): Promise<PanelModel> {
    return (await this.storedPanel(definition.name)) ?? fitPanelOf(definition, tasks, []);
  }

  /**
   * The panel as it would be had it never seen these labels: for estimates that rest on them. Their share is
   * taken out of the stored days' counts of vote patterns.
   */
  async panelWithout(
    definition: AgentDefinition,
    held: readonly LabeledResult[],
    tasks: Parameters<typeof panelTable>[0],
  ): Promise<PanelModel> {
    const now = this.#clock.now();
    const since = utcDay(new Date(now.getTime() - EVIDENCE_DAYS * DAY_MS));
    const days = await listDayEvidence(this.#database.kysely, definition.name, since);
    const kept = patternTasks(
      days.map((day) => withoutResults(day, held)),
      now,
    );
    const seen = days.flatMap((day) => day.seen);
    return fitPanelOf(
      definition,
      [...kept.tasks, ...tasks, { judge_scores: Object.fromEntries(seen.map((judge) => [judge, {}])) }],
      kept.weights,
    );
  }

  async #count(definition: AgentDefinition, definitionDigest: string, now: Date) {
    const agent = definition.name;
    const upTo = await this.#database.transaction((trx) => freezeHighestIds(trx));
    const stored = await findEvidenceMarks(this.#database.kysely, agent);
    // Another label map makes every count another one.
    const marks = stored?.definition_digest === definitionDigest ? stored : undefined;
    const since = startOfDay(utcDay(new Date(now.getTime() - EVIDENCE_DAYS * DAY_MS)));
    const days = await listChangedDays(this.#database.kysely, agent, marks, since);
    const changed: DayEvidence[] = [];
    for (const day of days) {
      const evidence = startDayEvidence(day, now);
      const from = startOfDay(day);
      const span = { from, to: new Date(from.getTime() + DAY_MS) };
      for await (const page of this.#labeledResults(definition, span, upTo)) evidence.add(page);
      const examples = await listPatternExamples(this.#database.kysely, agent, day);
      const seen = new Set(examples.flatMap(({ judge_scores }) => Object.keys(byIdentity(judge_scores))));
      changed.push(evidence.document([...seen]));
    }
    const kept =
      marks === undefined ? [] : await listDayEvidence(this.#database.kysely, agent, utcDay(since));
    const byDay = new Map([...kept, ...changed].map((day) => [day.day, day]));
    const newMarks: EvidenceMarks = { ...upTo, read_at: now, definition_digest: definitionDigest };
    return {
      days: [...byDay.values()].sort((a, b) => (a.day < b.day ? -1 : 1)),
      changed,
      all: marks === undefined,
      marks: newMarks,
    };
  }

  /** Whole days from their sums; the first and the last day of the window row by row, to the millisecond. */
  async #specificationWeights(
    definition: AgentDefinition,
    counted: { readonly days: readonly DayEvidence[]; readonly marks: EvidenceMarks },
    now: Date,
  ) {
    const sum = sumSpecificationWeights({ asOf: now, lookbackDays: WEIGHT_DAYS });
    const windowStart = new Date(now.getTime() - WEIGHT_DAYS * DAY_MS);
    const [firstDay, lastDay] = [utcDay(windowStart), utcDay(now)];
    for (const day of counted.days) {
      if (day.day < firstDay || day.day > lastDay) continue;
      sum.addTallies(Object.fromEntries(day.seen.map((judge) => [judge, [0, 0, 0, 0]])), now);
      const start = startOfDay(day.day);
      const end = new Date(start.getTime() + DAY_MS);
      if (day.day !== firstDay && day.day !== lastDay) {
        sum.addTallies(day.specification, end);
        continue;
      }
      for await (const page of this.#labeledResults(definition, { from: start, to: end }, counted.marks)) {
        for (const result of page) sum.add({ ...result, judge_scores: byIdentity(result.judge_scores) });
      }
    }
    return sum;
  }

  async *#labeledResults(
    definition: AgentDefinition,
    span: { readonly from: Date; readonly to: Date },
    upTo: { readonly results_id: number; readonly examples_id: number },
  ): AsyncGenerator<LabeledResult[]> {
    const toClass = labelMapper(definition);
    const toClassScores = classScores(definition);
    let after: { created_at: Date; id: number } | undefined;
    for (;;) {
      const page = await readLabeledResults(this.#database.kysely, definition.name, span, upTo, after, PAGE);
      yield page.flatMap((row): LabeledResult[] => {
        const label = toClass(row.label);
        if (label === undefined) return [];
        return [{ label, judge_scores: toClassScores(row.judge_scores), created_at: row.created_at }];
      });
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      after = { created_at: last.created_at, id: last.id };
    }
  }
}

function cardsOf(days: readonly DayEvidence[], definition: AgentDefinition, now: Date): ReliabilityCard[] {
  const judges = [...new Set(days.flatMap((day) => day.seen))].sort();
  const labels = new Set(days.flatMap((day) => day.patterns.map((pattern) => pattern.label)));
  const positive = definition.positive ?? definition.classes?.at(-1) ?? [...labels].sort().at(-1) ?? "";
  return judges.map((judge) => {
    const parts = days.flatMap((day) => (Object.hasOwn(day.judges, judge) ? [day.judges[judge]!] : []));
    return reliabilityCard(mergeReliabilityEvidence(judge, parts, now), positive);
  });
}

function panelOf(days: readonly DayEvidence[], definition: AgentDefinition, now: Date): PanelModel {
  const { tasks, weights } = patternTasks(days, now);
  const seen = [...new Set(days.flatMap((day) => day.seen))];
  // A judge that has no label yet belongs to the panel too: it votes with the prior.
  return fitPanelOf(
    definition,
    [...tasks, { judge_scores: Object.fromEntries(seen.map((judge) => [judge, {}])) }],
    weights,
  );
}

function fitPanelOf(
  definition: AgentDefinition,
  tasks: Parameters<typeof panelTable>[0],
  weights: readonly number[],
): PanelModel {
  const classes = definition.classes ?? classesOf(tasks);
  // Without two classes there is nothing to decide between; the panel then knows no class.
  const table = panelTable(tasks, { classes });
  const rows = Array.from({ length: table.rows }, (_, row) => row);
  const patterns = countVotePatterns(table, rows, (row) => weights[row] ?? 0);
  return classes.length < 2
    ? { method: "majority", judges: table.judges, classes, labels: 0 }
    : fitChosenPanel(patterns);
}
