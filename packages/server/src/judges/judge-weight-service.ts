import type { BundleDocument, ModelDocument } from "@relearn/client";
import type {
  AgentDefinition,
  JudgeReliability,
  JudgeWeightReport,
  JudgeWeightUpdate,
  PanelModel,
  ReliabilityCard,
  TrainingSnapshot,
} from "@relearn/contract";
import { type ActorReference, systemActor, toActor } from "../actor.ts";
import type { AgentService } from "../agents/agent-service.ts";
import type { AuditService } from "../audit/audit-service.ts";
import { type Clock, DAY_MS } from "../clock.ts";
import type { Database, Executor } from "../db/database.ts";
import { crossFold } from "../training/cross-fit.ts";
import { createLabelMapper } from "../training/training-rows.ts";
import { fitChosenPanel } from "./chosen-panel.ts";
import { createClassScoreMapper } from "./class-scores.ts";
import {
  type DayEvidence,
  type LabeledResult,
  parseUtcDay,
  removeJudge,
  startDayEvidence,
  subtractResults,
  toPatternTasks,
  toUtcDay,
} from "./day-evidence.ts";
import { byIdentity } from "./judge-identity.ts";
import {
  type EvidenceMarks,
  findEvidenceMarks,
  findJudgePanel,
  findJudgingBundle,
  findModelJudge,
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
  replaceModelJudge,
  upsertJudgePanel,
} from "./judge-weight-store.ts";
import { mergeReliabilityEvidence } from "./merge-reliability-evidence.ts";
import {
  type ModelJudge,
  type ModelJudgeDocument,
  prepareModelJudge,
  toModelJudgeDocument,
} from "./model-judge.ts";
import { listClasses, panelTable } from "./panel-table.ts";
import { reliabilityCard } from "./reliability-card.ts";
import {
  defaultJudgeWeights,
  type JudgeWeights,
  type SpecificationWeightEvidence,
  sumSpecificationWeights,
} from "./specification-weights.ts";
import { countVotePatterns } from "./vote-patterns.ts";

export interface JudgeWeightServiceParts {
  readonly database: Database;
  readonly audit: AuditService;
  readonly clock: Clock;
  readonly agents: AgentService;
  /** Trains models of the bundle's kind, each without one fold of the keys of its training. */
  readonly crossFit: (
    bundle: BundleDocument,
    training: TrainingSnapshot,
  ) => Promise<(ModelDocument | null)[]>;
}

/** The specification's lookback. */
const WEIGHT_DAYS = 30;
/** At the card's half-life of 30 days a label of 180 days ago counts 1/64; older labels make no visible difference. */
const EVIDENCE_DAYS = 180;
const PAGE_SIZE = 5000;

/** Reliability of judges: the specification's weights, the cards and the panel. The caller checks the rights. */
export class JudgeWeightService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #clock: Clock;
  readonly #agents: AgentService;
  readonly #crossFit: JudgeWeightServiceParts["crossFit"];

  constructor(parts: JudgeWeightServiceParts) {
    this.#database = parts.database;
    this.#audit = parts.audit;
    this.#clock = parts.clock;
    this.#agents = parts.agents;
    this.#crossFit = parts.crossFit;
  }

  /**
   * Updates the weights, cards and panel of one agent, or of all, from the current labels: the specification's
   * `nightly_update_weights`. Reads the days whose verdicts or labels changed since the last update, in pages; safe
   * to run concurrently and after a crash. The model of a new bundle is another judge, so all days are then counted
   * again.
   */
  async update(agent?: string, options: { actor?: ActorReference } = {}): Promise<JudgeWeightUpdate[]> {
    const actor = options.actor === undefined ? systemActor("judges") : toActor(options.actor);
    const agents = agent === undefined ? await this.#agents.list() : [await this.#agents.get(agent)];
    const updates: JudgeWeightUpdate[] = [];
    for (const { definition, definition_digest } of agents) {
      const now = this.#clock.now();
      const modelDocument = await this.#loadModelJudge(definition.name);
      const model = modelDocument && prepareModelJudge(modelDocument, crossFold);
      const counted = await this.#count(definition, definition_digest, now, model);
      const specification = await this.#specificationWeights(definition, counted, now);
      const judging = listSeenJudges(counted.days, model);
      const cards = computeCards(counted.days, judging, definition, now);
      const panel = fitPanelToDays(counted.days, judging, definition, now);
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
        model_bundle_id: model?.bundleId ?? null,
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
        await replaceModelJudge(trx, definition.name, modelDocument, now);
        return {
          result: undefined,
          record: {
            kind: "judges.weighed",
            agent: definition.name,
            object: definition.name,
            detail: {
              weights,
              labels,
              days_counted: counted.changed.length,
              model_bundle_id: update.model_bundle_id,
            },
          },
        };
      });
      updates.push(update);
    }
    return updates;
  }

  /** Returns the stored weights of the agent; the defaults before the first update. */
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

  /** Returns the weights that uncertainties are computed with. */
  async getWeights(agent: string, executor: Executor = this.#database.kysely): Promise<JudgeWeights> {
    const rows = await listJudgeWeights(executor, agent);
    if (rows.length === 0) return defaultJudgeWeights;
    return Object.fromEntries(rows.map(({ judge, weight }) => [judge, weight]));
  }

  /** Returns the cards and the panel of the last update. */
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

  /** Returns the panel of the last update; undefined if there was none, or if the panel has no judge. */
  async storedPanel(agent: string): Promise<PanelModel | undefined> {
    const stored = await findJudgePanel(this.#database.kysely, agent);
    return stored === undefined || stored.model.judges.length === 0 ? undefined : stored.model;
  }

  /** Returns the panel of the last update, else a panel without labels over the judges of `tasks`. */
  async decisionPanel(
    definition: AgentDefinition,
    tasks: Parameters<typeof panelTable>[0],
  ): Promise<PanelModel> {
    return (await this.storedPanel(definition.name)) ?? fitAgentPanel(definition, tasks, []);
  }

  /** Returns the feature model of the stored panel; undefined if that panel has none. */
  async storedModel(agent: string): Promise<ModelJudge | undefined> {
    const document = await findModelJudge(this.#database.kysely, agent);
    return document && prepareModelJudge(document, crossFold);
  }

  /**
   * Fits the panel without these labels, for estimates that are based on them: their counts are subtracted from the
   * stored days' vote patterns. The panel does not include the feature model, which would need the payloads of all
   * results.
   */
  async panelWithout(
    definition: AgentDefinition,
    held: readonly LabeledResult[],
    tasks: Parameters<typeof panelTable>[0],
  ): Promise<PanelModel> {
    const now = this.#clock.now();
    const since = toUtcDay(new Date(now.getTime() - EVIDENCE_DAYS * DAY_MS));
    const days = await listDayEvidence(this.#database.kysely, definition.name, since);
    const model = await this.storedModel(definition.name);
    const judgedDays = model === undefined ? days : days.map((day) => removeJudge(day, model.identity));
    const kept = toPatternTasks(
      judgedDays.map((day) => subtractResults(day, held)),
      now,
    );
    const seen = days.flatMap((day) => day.seen);
    return fitAgentPanel(
      definition,
      [...kept.tasks, ...tasks, { judge_scores: Object.fromEntries(seen.map((judge) => [judge, {}])) }],
      kept.weights,
    );
  }

  /** Returns the model judge of the current bundle: the stored one if the bundle is the same, else a new one. */
  async #loadModelJudge(agent: string): Promise<ModelJudgeDocument | undefined> {
    const bundle = await findJudgingBundle(this.#database.kysely, agent);
    if (bundle === undefined) return undefined;
    const stored = await findModelJudge(this.#database.kysely, agent);
    if (stored?.bundle_id === bundle.document.bundle_id) return stored;
    return toModelJudgeDocument(bundle.document, await this.#crossFit(bundle.document, bundle.training));
  }

  async #count(
    definition: AgentDefinition,
    definitionDigest: string,
    now: Date,
    model: ModelJudge | undefined,
  ) {
    const agent = definition.name;
    const upTo = await this.#database.transaction((trx) => freezeHighestIds(trx));
    const stored = await findEvidenceMarks(this.#database.kysely, agent);
    // Another label map or another model changes every count.
    const model_bundle_id = model?.bundleId ?? null;
    const same = stored?.definition_digest === definitionDigest && stored.model_bundle_id === model_bundle_id;
    const marks = same ? stored : undefined;
    const since = parseUtcDay(toUtcDay(new Date(now.getTime() - EVIDENCE_DAYS * DAY_MS)));
    const days = await listChangedDays(this.#database.kysely, agent, marks, since);
    const changed: DayEvidence[] = [];
    for (const day of days) {
      const evidence = startDayEvidence(day, now);
      const from = parseUtcDay(day);
      const span = { from, to: new Date(from.getTime() + DAY_MS) };
      for await (const page of this.#labeledResults(definition, span, upTo, model)) evidence.add(page);
      const examples = await listPatternExamples(this.#database.kysely, agent, day);
      const seen = new Set(examples.flatMap(({ judge_scores }) => Object.keys(byIdentity(judge_scores))));
      changed.push(evidence.document([...seen]));
    }
    const kept =
      marks === undefined ? [] : await listDayEvidence(this.#database.kysely, agent, toUtcDay(since));
    const byDay = new Map([...kept, ...changed].map((day) => [day.day, day]));
    const newMarks: EvidenceMarks = {
      ...upTo,
      read_at: now,
      definition_digest: definitionDigest,
      model_bundle_id,
    };
    return {
      days: [...byDay.values()].sort((a, b) => (a.day < b.day ? -1 : 1)),
      changed,
      all: marks === undefined,
      marks: newMarks,
    };
  }

  /** Adds whole days from their sums, and the first and the last day of the window row by row, to the millisecond. */
  async #specificationWeights(
    definition: AgentDefinition,
    counted: { readonly days: readonly DayEvidence[]; readonly marks: EvidenceMarks },
    now: Date,
  ) {
    const sum = sumSpecificationWeights({ asOf: now, lookbackDays: WEIGHT_DAYS });
    const windowStart = new Date(now.getTime() - WEIGHT_DAYS * DAY_MS);
    const [firstDay, lastDay] = [toUtcDay(windowStart), toUtcDay(now)];
    for (const day of counted.days) {
      if (day.day < firstDay || day.day > lastDay) continue;
      sum.addTallies(Object.fromEntries(day.seen.map((judge) => [judge, [0, 0, 0, 0]])), now);
      const start = parseUtcDay(day.day);
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
    model?: ModelJudge,
  ): AsyncGenerator<LabeledResult[]> {
    const toClass = createLabelMapper(definition);
    const toClassScores = createClassScoreMapper(definition);
    let after: { created_at: Date; id: number } | undefined;
    for (;;) {
      const page = await readLabeledResults(
        this.#database.kysely,
        definition.name,
        span,
        upTo,
        after,
        PAGE_SIZE,
        {
          payloads: model !== undefined,
        },
      );
      yield page.flatMap((row): LabeledResult[] => {
        const label = toClass(row.label);
        if (label === undefined) return [];
        const judge_scores = toClassScores(row.judge_scores);
        const result = { label, judge_scores, created_at: row.created_at };
        if (model === undefined) return [result];
        const panel_scores = toClassScores(
          model.join(row.judge_scores, model.heldOutScore(row.task_key, row.payload)),
        );
        return [{ ...result, panel_scores }];
      });
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE_SIZE) return;
      after = { created_at: last.created_at, id: last.id };
    }
  }
}

/** Lists every judge of the days, and the feature model if there is any other judge. */
function listSeenJudges(days: readonly DayEvidence[], model: ModelJudge | undefined): string[] {
  const seen = new Set(days.flatMap((day) => day.seen));
  if (seen.size > 0 && model !== undefined) seen.add(model.identity);
  return [...seen].sort();
}

function computeCards(
  days: readonly DayEvidence[],
  judges: readonly string[],
  definition: AgentDefinition,
  now: Date,
): ReliabilityCard[] {
  const labels = new Set(days.flatMap((day) => day.patterns.map((pattern) => pattern.label)));
  const positive = definition.positive ?? definition.classes?.at(-1) ?? [...labels].sort().at(-1) ?? "";
  return judges.map((judge) => {
    const parts = days.flatMap((day) => (Object.hasOwn(day.judges, judge) ? [day.judges[judge]!] : []));
    return reliabilityCard(mergeReliabilityEvidence(judge, parts, now), positive);
  });
}

function fitPanelToDays(
  days: readonly DayEvidence[],
  judges: readonly string[],
  definition: AgentDefinition,
  now: Date,
): PanelModel {
  const { tasks, weights } = toPatternTasks(days, now);
  // A judge without labels is part of the panel and votes with the prior.
  return fitAgentPanel(
    definition,
    [...tasks, { judge_scores: Object.fromEntries(judges.map((judge) => [judge, {}])) }],
    weights,
  );
}

function fitAgentPanel(
  definition: AgentDefinition,
  tasks: Parameters<typeof panelTable>[0],
  weights: readonly number[],
): PanelModel {
  const classes = definition.classes ?? listClasses(tasks);
  // With fewer than two classes there is nothing to decide; the panel is then a majority.
  const table = panelTable(tasks, { classes });
  const rows = Array.from({ length: table.rows }, (_, row) => row);
  const patterns = countVotePatterns(table, rows, (row) => weights[row] ?? 0);
  return classes.length < 2
    ? { method: "majority", judges: table.judges, classes, labels: 0 }
    : fitChosenPanel(patterns);
}
