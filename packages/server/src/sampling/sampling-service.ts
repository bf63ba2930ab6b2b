import type {
  AgentDefinition,
  CandidateDocument,
  QueryStrategy,
  ReviewQueueStats,
  SampleReport,
} from "@relearn/contract";
import { queryStrategies } from "@relearn/contract/values";
import { type Actor, type ActorReference, systemActor, toActor } from "../actor.ts";
import type { AgentService } from "../agents/agent-service.ts";
import type { AuditService } from "../audit/audit-service.ts";
import { type Clock, DAY_MS } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { freezeHighestId } from "../db/freeze-highest-id.ts";
import { RelearnError } from "../errors.ts";
import { createClassScoreMapper } from "../judges/class-scores.ts";
import { parseUtcDay, toUtcDay } from "../judges/day-evidence.ts";
import { byIdentity } from "../judges/judge-identity.ts";
import type { JudgeScores } from "../judges/judge-scores.ts";
import type { JudgeWeightService } from "../judges/judge-weight-service.ts";
import { listPatternExamples } from "../judges/judge-weight-store.ts";
import type { ModelJudge } from "../judges/model-judge.ts";
import { predictPanel } from "../judges/panel-model.ts";
import { newId } from "../new-id.ts";
import { type Random, seededRandom } from "../numerics/random.ts";
import { roundToPlaces } from "../numerics/round-to-places.ts";
import { explainChoice } from "../review/explain-choice.ts";
import { expireReviewItems, insertReviewItems } from "../review/review-store.ts";
import { createLabelMapper } from "../training/training-rows.ts";
import { startBoundedTop } from "./bounded-top.ts";
import { drawControlCount } from "./control-share.ts";
import {
  computeErrorProbability,
  computeReviewValue,
  defaultReviewCosts,
  reviewPriority,
} from "./query-strategy.ts";
import { byValue, type Ranked, rankPages, type ValuedPattern, valuePattern } from "./rank-results.ts";
import {
  type CandidateRow,
  countLabels,
  countResults,
  countUnlabeled,
  drawResultIds,
  findSamplerMark,
  insertControlShare,
  listWaitingControl,
  moveSamplerMark,
  type ResultSpan,
  readCandidates,
  readPatternPage,
  readUncertainPage,
} from "./sampling-store.ts";
import { isColdStart } from "./select-batch.ts";
import { specificationUncertainty } from "./specification-uncertainty.ts";
import { type Chosen, type Measured, spreadBatch } from "./spread-batch.ts";
import { computeTieHash } from "./tie-hash.ts";

export interface SamplingServiceParts {
  readonly database: Database;
  readonly audit: AuditService;
  readonly clock: Clock;
  readonly agents: AgentService;
  readonly judges: JudgeWeightService;
}

export interface SampleOptions {
  /** Maximum number of candidates, up to 1,000; 50 by default. */
  readonly topN?: number | undefined;
  /** `calibrated` by default. */
  readonly strategy?: QueryStrategy | undefined;
  /** Minimum uncertainty in the strategy's own measure; by default 0.5 for `specification`, else 0. */
  readonly minUncertainty?: number | undefined;
  /** True: return the candidates without changing the queue. */
  readonly dryRun?: boolean | undefined;
  readonly actor?: ActorReference | undefined;
}

/** The specification's window. */
const SAMPLE_DAYS = 7;
const DEFAULT_TOP = 50;
const MAX_TOP = 1000;
/** The specification's daily number, for each agent. */
const DAILY_TOP = 20;
const SPECIFICATION_MIN_UNCERTAINTY = 0.5;
const CONTROL_SHARE = 0.1;
/** Candidates per wanted item (`select-batch.ts`). */
const POOL_FACTOR = 10;
/** Uniformly drawn results that features are standardised by: the error of a mean is 3 % of a standard deviation. */
const SCALE_SAMPLE = 1000;
/** Items expire after two sampling windows, so that a week without reviews does not empty the queue. */
const ITEM_DAYS = 14;
const PAGE_SIZE = 500;
/**
 * Payloads that the feature model scores in one run: a second of processor time on PGlite, 50 µs each, of which the
 * model takes one (`npm run bench -- million-results`). The judges' votes narrow the search first; beyond the limit the
 * best of the scored results are used.
 */
const MAX_RESULTS_SCORED = 20_000;

/**
 * Selects the tasks that are most worth a review and adds them to the review queue. The caller checks the rights.
 *
 * It never reads all results. The database indexes each day's results by the specification's bound and by vote
 * pattern, which determines the panel's probabilities. Results are read in these orders, best pattern first, until no
 * later result can be selected.
 */
export class SamplingService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #clock: Clock;
  readonly #agents: AgentService;
  readonly #judges: JudgeWeightService;

  constructor(parts: SamplingServiceParts) {
    this.#database = parts.database;
    this.#audit = parts.audit;
    this.#clock = parts.clock;
    this.#agents = parts.agents;
    this.#judges = parts.judges;
  }

  /**
   * Returns the unlabeled tasks of the last seven days with the highest value of a review, best first, and adds them to
   * the queue. Another run on the same results returns the same tasks and queues none twice.
   */
  async sampleForReview(agent: string, options: SampleOptions = {}): Promise<readonly CandidateDocument[]> {
    return (await this.sample(agent, options)).candidates;
  }

  /** Like `sampleForReview`, and reports the changes to the queue. */
  async sample(agent: string, options: SampleOptions = {}): Promise<SampleReport> {
    const definition = await this.#agents.definition(agent);
    const { topN, strategy } = checkOptions(options);
    const now = this.#clock.now();
    const actor = options.actor === undefined ? systemActor("sampler") : toActor(options.actor);
    const expired = options.dryRun ? 0 : await this.#expire(agent, now, actor);
    const span: ResultSpan = {
      agent,
      since: new Date(now.getTime() - SAMPLE_DAYS * DAY_MS),
      now,
      through: await freezeHighestId(this.#database, "evaluation_results"),
    };
    const seed = computeTieHash(`${agent}:${toUtcDay(now)}`);
    const random = seededRandom(seed);
    const run: Run = { definition, span, strategy, topN, seed, random, actor, options };
    const selection =
      strategy === "specification" ? await this.#selectBySpecification(run) : await this.#selectByPanel(run);
    return this.#queue(run, selection, expired);
  }

  /** Expires items that were not answered in time; their tasks may be sampled again. */
  async #expire(agent: string, now: Date, actor: Actor): Promise<number> {
    const before = new Date(now.getTime() - ITEM_DAYS * DAY_MS);
    return this.#audit.change(actor, async (trx) => {
      const expired = await expireReviewItems(trx, agent, before, now);
      return {
        result: expired,
        record:
          expired === 0
            ? undefined
            : { kind: "review.expired", agent, object: agent, detail: { items: expired } },
      };
    });
  }

  /** Samples every agent: the specification's `daily_sample_review_queue`. */
  async dailySampleReviewQueue(
    options: Pick<SampleOptions, "strategy" | "actor"> & { readonly topNPerAgent?: number } = {},
  ): Promise<SampleReport[]> {
    const { topNPerAgent = DAILY_TOP, ...rest } = options;
    const reports: SampleReport[] = [];
    for (const { definition } of await this.#agents.list()) {
      reports.push(await this.sample(definition.name, { ...rest, topN: topNPerAgent }));
    }
    return reports;
  }

  /** Counts the unlabeled tasks of the last seven days, in total and by agent. */
  async getReviewQueueStats(): Promise<ReviewQueueStats> {
    const now = this.#clock.now();
    const since = new Date(now.getTime() - SAMPLE_DAYS * DAY_MS);
    const byAgent = await countUnlabeled(this.#database.kysely, since, now);
    const total = Object.values(byAgent).reduce((sum, count) => sum + count, 0);
    return { total_unlabeled: total, by_agent: byAgent };
  }

  /** Selects by the specification's uncertainty, in its order, without spread or control share. */
  async #selectBySpecification({ definition, span, topN, options }: Run): Promise<Selection> {
    const minUncertainty = options.minUncertainty ?? SPECIFICATION_MIN_UNCERTAINTY;
    const weights = await this.#judges.getWeights(definition.name);
    const measure = (scores: JudgeScores) => specificationUncertainty(byIdentity(scores), weights);
    const top = startBoundedTop<Ranked>(topN, byValue);
    for (const day of listDays(span)) {
      await rankPages(
        top,
        (after) => readUncertainPage(this.#database.kysely, span, day, after, PAGE_SIZE),
        (result) => measure(result.judge_scores).uncertainty,
        minUncertainty,
      );
    }
    const rows = await this.#rows(span, top.ranked());
    const items = rows.map((row): Chosen => {
      const { uncertainty, method } = measure(row.judge_scores);
      return { row, uncertainty, method, reviewValue: null, twins: [] };
    });
    return { items, control: [], coldStart: false, draw: undefined };
  }

  /** Selects by the panel's probabilities: a batch without twins, with a control share. */
  async #selectByPanel(run: Run): Promise<Selection> {
    const { definition, span, strategy, topN, seed, random, options } = run;
    const toClassScores = createClassScoreMapper(definition);
    const toScores = (scores: JudgeScores) => byIdentity(toClassScores(scores));
    const patterns = await this.#patterns(span);
    const model = await this.#judges.storedModel(definition.name);
    const panel = await this.#judges.decisionPanel(
      definition,
      patterns.map((pattern) => ({ judge_scores: toScores(pattern.judge_scores) })),
    );
    const costs = definition.costs ?? defaultReviewCosts;
    const predictProbabilities = (scores: JudgeScores) =>
      Object.values(predictPanel(panel, toScores(scores)));
    const measureUncertainty = getUncertaintyMeasure(strategy);
    const coldStart = strategy !== "random" && isColdStart(await this.#labelsByClass(definition));
    const computeValue = (probabilities: readonly number[], task_key: string): number =>
      reviewPriority(strategy, { task_key, probabilities, uncertainty: 0 }, { costs });
    const withModel = (rows: readonly CandidateRow[]): CandidateRow[] =>
      rows.map((row) =>
        model === undefined
          ? row
          : { ...row, judge_scores: model.join(row.judge_scores, model.score(row.payload)) },
      );

    const sample = withModel(await this.#sample(run, Math.max(SCALE_SAMPLE, POOL_FACTOR * topN)));
    const measure = (row: CandidateRow): Measured => {
      const probabilities = predictProbabilities(row.judge_scores);
      return {
        row,
        task_key: row.task_key,
        value: strategy === "random" ? 1 : computeValue(probabilities, row.task_key),
        uncertainty: roundToPlaces(measureUncertainty(probabilities), 3),
        method: coldStart ? "cold_start" : strategy === "specification" ? "calibrated" : strategy,
        reviewValue: computeReviewValue(probabilities, costs),
        preferred: row.queued,
      };
    };
    const minUncertainty = options.minUncertainty ?? 0;
    const pool =
      coldStart || strategy === "random"
        ? sample.filter((row) => row.open)
        : withModel(
            await this.#rows(
              span,
              await this.#rankPatterns(
                run,
                patterns.map((pattern) =>
                  valuePattern(pattern, model, (scores) => {
                    const probabilities = predictProbabilities(scores);
                    const value = computeValue(probabilities, "");
                    const asked =
                      measureUncertainty(probabilities) >= minUncertainty &&
                      // A review without positive value is not requested.
                      (strategy !== "calibrated" || value > 0);
                    return asked ? value : Number.NaN;
                  }),
                ),
                model,
              ),
            ),
          );

    const control =
      strategy === "random"
        ? { ids: [], draw: undefined }
        : await this.#drawControl(span, topN, seed, random);
    const controlRows = withModel(
      await this.#rows(
        span,
        control.ids.map((id) => ({ id })),
        { all: true },
      ),
    );
    const openControl = controlRows.filter((row) => row.open).slice(0, topN);
    const controlKeys = new Set(openControl.map((row) => row.task_key));
    const wanted = topN - openControl.length;
    const candidates = pool
      .filter((row) => !controlKeys.has(row.task_key))
      .map(measure)
      .filter((one) => one.uncertainty >= minUncertainty);
    return {
      items:
        strategy === "random"
          ? candidates.slice(0, wanted).map((one) => ({ ...one, twins: [] }))
          : spreadBatch(definition, candidates, sample, { size: wanted, coldStart, random }),
      control: openControl.map((row) => ({ ...measure(row), twins: [] })),
      coldStart,
      draw: control.draw && {
        ...control.draw,
        rows: controlRows.filter((row) => control.draw?.ids.has(row.id)),
      },
    };
  }

  /** Returns one example of every vote pattern of each day. */
  async #patterns(span: ResultSpan) {
    const patterns: { day: string; vote_pattern: string; judge_scores: JudgeScores }[] = [];
    for (const day of listDays(span)) {
      for (const pattern of await listPatternExamples(this.#database.kysely, span.agent, day)) {
        patterns.push({ day, ...pattern });
      }
    }
    return patterns;
  }

  /**
   * Returns the pool: the results with the highest value, equals by the hash of their key. Patterns are read in the
   * order of their highest possible value, until no later result can be selected.
   */
  async #rankPatterns(
    { span, topN }: Run,
    patterns: readonly ValuedPattern[],
    model: ModelJudge | undefined,
  ): Promise<Ranked[]> {
    const top = startBoundedTop<Ranked>(POOL_FACTOR * topN, byValue);
    const worthwhile = patterns.filter(({ maxValue }) => !Number.isNaN(maxValue));
    let scored = 0;
    for (const pattern of [...worthwhile].sort((a, b) => b.maxValue - a.maxValue)) {
      const last = top.last();
      if (top.isFull() && last !== undefined && pattern.maxValue < last.value) break;
      await rankPages(
        top,
        async (after) => {
          const page = await readPatternPage(this.#database.kysely, span, pattern, after, PAGE_SIZE, {
            payloads: model !== undefined,
          });
          scored += page.results.length;
          return model !== undefined && scored >= MAX_RESULTS_SCORED ? { ...page, next: undefined } : page;
        },
        ({ payload }) => pattern.scoreVerdict(model?.score(payload).verdict ?? null),
        Number.NEGATIVE_INFINITY,
        pattern.maxValue,
      );
      if (model !== undefined && scored >= MAX_RESULTS_SCORED) break;
    }
    return top.ranked();
  }

  /** Returns uniformly drawn results in the order of the draw; draws from open results only if too few are open. */
  async #sample({ span, seed, strategy, topN }: Run, count: number): Promise<CandidateRow[]> {
    const executor = this.#database.kysely;
    const draw = async (openOnly: boolean) => {
      const ids = await drawResultIds(executor, span, { count, seed, openOnly });
      const rows = new Map((await readCandidates(executor, span.agent, ids)).map((row) => [row.id, row]));
      return ids.flatMap((id) => rows.get(id) ?? []);
    };
    const rows = await draw(false);
    const open = rows.filter((row) => row.open).length;
    return strategy === "random" && open < topN && rows.length === count ? draw(true) : rows;
  }

  /** Returns the waiting control results, and the ones drawn from the results since the last draw. */
  async #drawControl(span: ResultSpan, topN: number, seed: number, random: Random) {
    const executor = this.#database.kysely;
    const waiting = await listWaitingControl(executor, span);
    const { drawn, expected, wanted } = drawControlCount(
      topN * CONTROL_SHARE,
      waiting.length,
      random.uniform(),
    );
    const mark = await findSamplerMark(executor, span.agent);
    const fresh = expected > 0 ? await countResults(executor, span, mark ?? 0) : 0;
    if (fresh === 0) return { ids: waiting.slice(0, wanted), draw: undefined };
    const ids = await drawResultIds(executor, span, { count: drawn, seed, after: mark ?? 0 });
    return {
      ids: [...ids, ...waiting],
      draw: { ids: new Set(ids), mark, inclusionProbability: Math.min(1, expected / fresh) },
    };
  }

  async #labelsByClass(definition: AgentDefinition): Promise<Record<string, number>> {
    const toClass = createLabelMapper(definition);
    const counts: Record<string, number> = {};
    for (const [label, labels] of Object.entries(await countLabels(this.#database.kysely, definition.name))) {
      const name = toClass(label);
      if (name !== undefined) counts[name] = (counts[name] ?? 0) + labels;
    }
    return counts;
  }

  /** Returns the open rows (or all rows) of the ids, in their order. */
  async #rows(
    span: ResultSpan,
    ranked: readonly { readonly id: number }[],
    options: { readonly all?: boolean } = {},
  ): Promise<CandidateRow[]> {
    const rows = await readCandidates(
      this.#database.kysely,
      span.agent,
      ranked.map((one) => one.id),
    );
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ranked.flatMap(({ id }) => {
      const row = byId.get(id);
      return row !== undefined && (row.open || options.all) ? [row] : [];
    });
  }

  /** Stores the selection: items, control share, mark and audit event, in one transaction. */
  async #queue(
    { definition, span, strategy, random, actor, options }: Run,
    selection: Selection,
    expired: number,
  ): Promise<SampleReport> {
    const { items, control, coldStart, draw } = selection;
    const inclusion = (row: CandidateRow): number | null =>
      draw?.ids.has(row.id) ? draw.inclusionProbability : null;
    const chosen = [
      ...items.map((item) => ({ ...item, isControl: false, priority: computePriority(item, definition) })),
    ];
    const places = chosen.map((item) => item.priority);
    for (const item of control) {
      // A random priority of another item, so that control items are neither last nor recognisable.
      const priority = places.length === 0 ? 0.5 : places[random.below(places.length)]!;
      chosen.push({ ...item, isControl: true, priority });
    }
    const candidates = [...items, ...control].map((item, index): CandidateDocument => {
      const isControl = index >= items.length;
      return {
        task_key: item.row.task_key,
        agent: definition.name,
        uncertainty: item.uncertainty,
        method: item.method,
        judge_scores: item.row.judge_scores,
        payload: item.row.payload,
        created_at: item.row.created_at.toISOString(),
        result_id: item.row.result_id,
        value_of_review: item.reviewValue,
        is_control: isControl,
        inclusion_probability: isControl ? inclusion(item.row) : null,
        twins: item.twins,
        why: explainChoice({ method: item.method, uncertainty: item.uncertainty, is_control: isControl }),
        queued: item.row.queued,
      };
    });
    const report = { agent: definition.name, strategy, cold_start: coldStart, candidates };
    if (options.dryRun) return { ...report, queued: 0, expired: 0, dry_run: true };

    const now = span.now;
    const queued = await this.#audit.change(actor, async (trx) => {
      // The run that moves the mark keeps its draw; a concurrent run discards its own.
      const drew =
        draw !== undefined && (await moveSamplerMark(trx, definition.name, draw.mark, span.through, now));
      const batchId = newId("rb");
      const fresh = chosen.filter((item) => !item.row.queued && (!item.isControl || drew));
      const queued = await insertReviewItems(
        trx,
        definition.name,
        fresh.map((item) => ({
          task_key: item.row.task_key,
          result_id: item.row.result_id,
          payload: item.row.payload,
          judge_scores: item.row.judge_scores,
          uncertainty: item.uncertainty,
          method: item.method,
          priority: item.priority,
          value_of_review: item.reviewValue,
          is_control: item.isControl,
          inclusion_probability: item.isControl ? inclusion(item.row) : null,
          result_created_at: item.row.created_at,
        })),
        { batchId, reviewsNeeded: definition.reviews_per_item ?? 1, now },
      );
      if (drew) await insertControlShare(trx, definition.name, draw.rows, draw.inclusionProbability, now);
      const changed = queued > 0 || drew;
      return {
        result: queued,
        record: changed
          ? {
              kind: "review.sampled",
              agent: definition.name,
              object: batchId,
              detail: { strategy, queued, control: drew ? draw.rows.length : 0, cold_start: coldStart },
            }
          : undefined,
      };
    });
    return { ...report, queued, expired, dry_run: false };
  }
}

interface Run {
  readonly definition: AgentDefinition;
  readonly span: ResultSpan;
  readonly strategy: QueryStrategy;
  readonly topN: number;
  readonly seed: number;
  readonly random: Random;
  readonly actor: Actor;
  readonly options: SampleOptions;
}

interface Selection {
  readonly items: readonly Chosen[];
  readonly control: readonly Chosen[];
  readonly coldStart: boolean;
  /** The new draw of the control share, labeled results included; undefined if nothing was drawn. */
  readonly draw:
    | {
        readonly ids: ReadonlySet<number>;
        readonly rows: readonly CandidateRow[];
        readonly mark: number | undefined;
        readonly inclusionProbability: number;
      }
    | undefined;
}

/** Lists the UTC days of the span, newest first. */
function listDays(span: ResultSpan): string[] {
  const days: string[] = [];
  for (let at = parseUtcDay(toUtcDay(span.now)); at.getTime() + DAY_MS > span.since.getTime(); ) {
    days.push(toUtcDay(at));
    at = new Date(at.getTime() - DAY_MS);
  }
  return days;
}

/** Returns the strategy's uncertainty measure, 0-1; the default strategy's for `random`. */
function getUncertaintyMeasure(strategy: QueryStrategy): (probabilities: readonly number[]) => number {
  if (strategy !== "margin" && strategy !== "entropy") return computeErrorProbability;
  return (probabilities) => reviewPriority(strategy, { task_key: "", probabilities, uncertainty: 0 });
}

/** Computes the priority in the queue, 0-1, roughly comparable between strategies. */
function computePriority(item: Chosen, definition: AgentDefinition): number {
  if (item.method !== "calibrated" && item.method !== "cold_start") return item.uncertainty;
  // The maximum of P(error) is 1 - 1/K.
  const classes = Math.max(2, definition.classes?.length ?? 2);
  return item.uncertainty / (1 - 1 / classes);
}

function checkOptions(options: SampleOptions): { topN: number; strategy: QueryStrategy } {
  const { topN = DEFAULT_TOP, strategy = "calibrated", minUncertainty } = options;
  if (!Number.isInteger(topN) || topN < 1 || topN > MAX_TOP) {
    throw new RelearnError(
      "invalid_input",
      `topN is ${topN}; it must be a whole number from 1 to ${MAX_TOP}.`,
    );
  }
  if (!queryStrategies.includes(strategy)) {
    throw new RelearnError(
      "invalid_input",
      `There is no strategy "${String(strategy)}". The strategies are ${queryStrategies.join(", ")}.`,
    );
  }
  if (minUncertainty !== undefined && !(minUncertainty >= 0 && minUncertainty <= 1)) {
    throw new RelearnError(
      "invalid_input",
      `minUncertainty is ${minUncertainty}; it must be a number from 0 to 1.`,
    );
  }
  return { topN, strategy };
}
