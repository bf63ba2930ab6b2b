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
import { classScores } from "./class-scores.ts";
import {
  type DayEvidence,
  type LabeledResult,
  patternTasks,
  startDayEvidence,
  startOfDay,
  utcDay,
  withoutJudge,
  withoutResults,
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
  modelJudgeDocument,
  prepareModelJudge,
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
  /** The models of a bundle's kind that each have not seen one fold of its training's keys. */
  readonly crossFit: (
    bundle: BundleDocument,
    training: TrainingSnapshot,
  ) => Promise<(ModelDocument | null)[]>;
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
  readonly #crossFit: JudgeWeightServiceParts["crossFit"];

  constructor(parts: JudgeWeightServiceParts) {
    this.#database = parts.database;
    this.#audit = parts.audit;
    this.#clock = parts.clock;
    this.#agents = parts.agents;
    this.#crossFit = parts.crossFit;
  }

  /**
   * Weighs the judges of one agent, or of all, from the labels there are now: the specification's
   * `nightly_update_weights`. Reads the days whose verdicts or labels changed since the last update, in pages;
   * safe to run twice at once and after a crash. A new bundle's model is another judge, so all days are counted
   * again after it.
   */
  async update(agent?: string, options: { actor?: ActorReference } = {}): Promise<JudgeWeightUpdate[]> {
    const actor = options.actor === undefined ? systemActor("judges") : toActor(options.actor);
    const agents = agent === undefined ? await this.#agents.list() : [await this.#agents.get(agent)];
    const updates: JudgeWeightUpdate[] = [];
    for (const { definition, definition_digest } of agents) {
      const now = this.#clock.now();
      const modelDocument = await this.#modelJudgeOf(definition.name);
      const model = modelDocument && prepareModelJudge(modelDocument, crossFold);
      const counted = await this.#count(definition, definition_digest, now, model);
      const specification = await this.#specificationWeights(definition, counted, now);
      const judging = judgesSeen(counted.days, model);
      const cards = computeCards(counted.days, judging, definition, now);
      const panel = parsePanel(counted.days, judging, definition, now);
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
  async getWeights(agent: string, executor: Executor = this.#database.kysely): Promise<JudgeWeights> {
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
    return (await this.storedPanel(definition.name)) ?? fitAgentPanel(definition, tasks, []);
  }

  /** The feature model as the stored panel knows it; undefined where that panel has none. */
  async storedModel(agent: string): Promise<ModelJudge | undefined> {
    const document = await findModelJudge(this.#database.kysely, agent);
    return document && prepareModelJudge(document, crossFold);
  }

  /**
   * The panel as it would be had it never seen these labels: for estimates that rest on them. Their share is
   * taken out of the stored days' counts of vote patterns. It is a panel without the feature model, whose say
   * on all results would take all of their payloads.
   */
  async panelWithout(
    definition: AgentDefinition,
    held: readonly LabeledResult[],
    tasks: Parameters<typeof panelTable>[0],
  ): Promise<PanelModel> {
    const now = this.#clock.now();
    const since = utcDay(new Date(now.getTime() - EVIDENCE_DAYS * DAY_MS));
    const days = await listDayEvidence(this.#database.kysely, definition.name, since);
    const model = await this.storedModel(definition.name);
    const ofJudges = model === undefined ? days : days.map((day) => withoutJudge(day, model.identity));
    const kept = patternTasks(
      ofJudges.map((day) => withoutResults(day, held)),
      now,
    );
    const seen = days.flatMap((day) => day.seen);
    return fitAgentPanel(
      definition,
      [...kept.tasks, ...tasks, { judge_scores: Object.fromEntries(seen.map((judge) => [judge, {}])) }],
      kept.weights,
    );
  }

  /** The model of the bundle that judges now: the one in use where the bundle is the same, else made anew. */
  async #modelJudgeOf(agent: string): Promise<ModelJudgeDocument | undefined> {
    const bundle = await findJudgingBundle(this.#database.kysely, agent);
    if (bundle === undefined) return undefined;
    const stored = await findModelJudge(this.#database.kysely, agent);
    if (stored?.bundle_id === bundle.document.bundle_id) return stored;
    return modelJudgeDocument(bundle.document, await this.#crossFit(bundle.document, bundle.training));
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
    // Another label map makes every count another one, and so does another model.
    const model_bundle_id = model?.bundleId ?? null;
    const same = stored?.definition_digest === definitionDigest && stored.model_bundle_id === model_bundle_id;
    const marks = same ? stored : undefined;
    const since = startOfDay(utcDay(new Date(now.getTime() - EVIDENCE_DAYS * DAY_MS)));
    const days = await listChangedDays(this.#database.kysely, agent, marks, since);
    const changed: DayEvidence[] = [];
    for (const day of days) {
      const evidence = startDayEvidence(day, now);
      const from = startOfDay(day);
      const span = { from, to: new Date(from.getTime() + DAY_MS) };
      for await (const page of this.#labeledResults(definition, span, upTo, model)) evidence.add(page);
      const examples = await listPatternExamples(this.#database.kysely, agent, day);
      const seen = new Set(examples.flatMap(({ judge_scores }) => Object.keys(byIdentity(judge_scores))));
      changed.push(evidence.document([...seen]));
    }
    const kept =
      marks === undefined ? [] : await listDayEvidence(this.#database.kysely, agent, utcDay(since));
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
    model?: ModelJudge,
  ): AsyncGenerator<LabeledResult[]> {
    const toClass = createLabelMapper(definition);
    const toClassScores = classScores(definition);
    let after: { created_at: Date; id: number } | undefined;
    for (;;) {
      const page = await readLabeledResults(this.#database.kysely, definition.name, span, upTo, after, PAGE, {
        payloads: model !== undefined,
      });
      yield page.flatMap((row): LabeledResult[] => {
        const label = toClass(row.label);
        if (label === undefined) return [];
        const judge_scores = toClassScores(row.judge_scores);
        const result = { label, judge_scores, created_at: row.created_at };
        if (model === undefined) return [result];
        const said = toClassScores(
          model.join(row.judge_scores, model.heldOutScore(row.task_key, row.payload)),
        );
        return [{ ...result, panel_scores: said }];
      });
      const last = page.at(-1);
      if (last === undefined || page.length < PAGE) return;
      after = { created_at: last.created_at, id: last.id };
    }
  }
}

/** Every judge of the days; the feature model judges wherever others do. */
function judgesSeen(days: readonly DayEvidence[], model: ModelJudge | undefined): string[] {
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

function parsePanel(
  days: readonly DayEvidence[],
  judges: readonly string[],
  definition: AgentDefinition,
  now: Date,
): PanelModel {
  const { tasks, weights } = patternTasks(days, now);
  // A judge that has no label yet belongs to the panel too: it votes with the prior.
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
  // Without two classes there is nothing to decide between; the panel then knows no class.
  const table = panelTable(tasks, { classes });
  const rows = Array.from({ length: table.rows }, (_, row) => row);
  const patterns = countVotePatterns(table, rows, (row) => weights[row] ?? 0);
  return classes.length < 2
    ? { method: "majority", judges: table.judges, classes, labels: 0 }
    : fitChosenPanel(patterns);
}
