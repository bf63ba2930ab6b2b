import { prepareFeatures, prepareModel } from "@relearn/client";
import type {
  AgentDefinition,
  PopulationFigure,
  PopulationFigures,
  QueueStatistics,
  QueueStatisticsPoint,
  Settlement,
} from "@relearn/contract";
import type { AgentService } from "../agents/agent-service.ts";
import { type Clock, DAY_MS } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { createClassScoreMapper } from "../judges/class-scores.ts";
import { byIdentity } from "../judges/judge-identity.ts";
import type { JudgeScores } from "../judges/judge-scores.ts";
import type { JudgeWeightService } from "../judges/judge-weight-service.ts";
import { predictPanel } from "../judges/panel-model.ts";
import { predictionPoweredMean } from "../numerics/prediction-powered-mean.ts";
import { createLabelMapper } from "../training/training-rows.ts";
import { describeQueueStatistics } from "./queue-statistics.ts";
import {
  type ControlResult,
  countPopulation,
  insertQueueStatistics,
  listControlResults,
  listQueueStatistics,
  listTrainedBundles,
  readPayloads,
  type StoredQueueStatistics,
} from "./queue-statistics-store.ts";
import { countLabels, countUnlabeled, drawResultIds, findSamplerMark } from "./sampling-store.ts";
import { computeSettlement, type ErrorsLeft, estimateErrorsLeft } from "./stopping-signals.ts";

/** The sampler's window. */
const OPEN_DAYS = 7;
/** A few control labels arrive per day; a month of them gives a useful interval. */
const CONTROL_DAYS = 30;
const MAX_POINTS = 200;
/** Successive bundles that are compared; the model is settled after three pairs that agree. */
const COMPARED_BUNDLES = 6;
const COMPARED_TASKS = 500;
const Z_90 = 1.6448536269514722;

/** Queue statistics of an agent. Read-only except for `record`, which stores them. */
export class QueueStatisticsService {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #agents: AgentService;
  readonly #judges: JudgeWeightService;

  constructor(database: Database, clock: Clock, agents: AgentService, judges: JudgeWeightService) {
    this.#database = database;
    this.#clock = clock;
    this.#agents = agents;
    this.#judges = judges;
  }

  /** Returns held-out accuracy and expected remaining errors, now and over time. */
  async progress(agent: string): Promise<QueueStatistics> {
    const definition = await this.#agents.definition(agent);
    const executor = this.#database.kysely;
    const { point: now, errors } = await this.#measure(definition);
    const bundles = await listTrainedBundles(executor, agent, MAX_POINTS);
    const points = [
      ...bundles.map(
        ({ document, created_at }): QueueStatisticsPoint => ({
          measured_at: created_at.toISOString(),
          labels: document.training_count,
          bundle_id: document.bundle_id,
          accuracy: document.accuracy,
          accuracy_interval: document.evaluation.accuracy_interval,
          unlabeled: null,
          expected_errors: null,
          expected_errors_interval: null,
        }),
      ),
      ...(await listQueueStatistics(executor, agent, MAX_POINTS)).toReversed().map(toPoint),
    ].sort((a, b) => (a.measured_at < b.measured_at ? -1 : a.measured_at > b.measured_at ? 1 : 0));
    return {
      agent,
      now: { ...now, control_labels: errors?.control_labels ?? 0 },
      points,
      settlement: await this.#measureSettlement(definition),
      summary: describeQueueStatistics(now, points, errors),
    };
  }

  /** Stores the statistics of every agent with labels, unless they are unchanged. Returns how many; for the nightly job. */
  async record(): Promise<number> {
    let written = 0;
    for (const { definition } of await this.#agents.list()) {
      const { point } = await this.#measure(definition);
      if (point.labels === 0) continue;
      const row = toRow(point);
      const [last] = await listQueueStatistics(this.#database.kysely, definition.name, 1);
      if (last !== undefined && hasSameFigures(last, row)) continue;
      await insertQueueStatistics(this.#database.kysely, definition.name, row);
      written += 1;
    }
    return written;
  }

  /**
   * Estimates figures of all evaluation results of the last days by prediction-powered inference from the control
   * share. The predictions are those of a panel that was not fitted on the control share's labels.
   */
  async population(
    agent: string,
    options: { readonly days?: number | undefined } = {},
  ): Promise<PopulationFigures> {
    const definition = await this.#agents.definition(agent);
    const to = this.#clock.now();
    const from = new Date(to.getTime() - (options.days ?? CONTROL_DAYS) * DAY_MS);
    const executor = this.#database.kysely;
    const through = await findSamplerMark(executor, agent);
    const groups = through === undefined ? [] : await countPopulation(executor, agent, from, to, through);
    const drawn = await listControlResults(executor, agent, from, to);
    const labeled = this.#selectLabeled(definition, drawn);
    const positive = definition.positive ?? definition.classes?.at(-1) ?? null;
    const decide = await this.#createDecider(definition, groups, labeled);
    const predicted = groups.map((group) => ({ ...decide(group), results: group.results }));
    const figure = (
      outcome: (result: LabeledControl, decision: Decision) => number,
      prediction: (decision: Decision) => number,
    ): PopulationFigure | null =>
      computeFigure(
        labeled.map((result) => {
          const decision = decide(result);
          return {
            outcome: outcome(result, decision),
            prediction: prediction(decision),
            weight: 1 / result.inclusion_probability,
          };
        }),
        predicted.map((decision) => ({ prediction: prediction(decision), results: decision.results })),
      );
    return {
      agent,
      from: from.toISOString(),
      to: to.toISOString(),
      level: 0.9,
      population: groups.reduce((sum, group) => sum + group.results, 0),
      control: { drawn: drawn.length, labeled: labeled.length },
      positive,
      positive_rate:
        positive === null
          ? null
          : figure(
              (result) => (result.label === positive ? 1 : 0),
              ({ probabilities }) => probabilities[positive] ?? 0,
            ),
      decision_error: figure(
        (result, { decision }) => (result.label === decision ? 0 : 1),
        ({ probabilities, decision }) => 1 - (decision === null ? 0 : (probabilities[decision] ?? 0)),
      ),
    };
  }

  async #measure(
    definition: AgentDefinition,
  ): Promise<{ point: QueueStatisticsPoint; errors: ErrorsLeft | null }> {
    const executor = this.#database.kysely;
    const agent = definition.name;
    const now = this.#clock.now();
    const labels = Object.values(await countLabels(executor, agent)).reduce((sum, count) => sum + count, 0);
    const open = await countUnlabeled(executor, new Date(now.getTime() - OPEN_DAYS * DAY_MS), now, agent);
    const unlabeled = open[agent] ?? 0;
    const control = this.#selectLabeled(
      definition,
      await listControlResults(executor, agent, new Date(now.getTime() - CONTROL_DAYS * DAY_MS), now),
    );
    const decide = await this.#createDecider(definition, control, control);
    const errors = estimateErrorsLeft(
      control.map((result) => ({ ...result, wrong: decide(result).decision !== result.label })),
      unlabeled,
    );
    const [bundle] = await listTrainedBundles(executor, agent, 1);
    return {
      errors,
      point: {
        measured_at: now.toISOString(),
        labels,
        bundle_id: bundle?.document.bundle_id ?? null,
        accuracy: bundle?.document.accuracy ?? null,
        accuracy_interval: bundle?.document.evaluation.accuracy_interval ?? null,
        unlabeled,
        expected_errors: errors?.expected ?? null,
        expected_errors_interval: errors?.interval ?? null,
      },
    };
  }

  /** Returns the control results whose label is one of the agent's classes. */
  #selectLabeled(definition: AgentDefinition, drawn: readonly ControlResult[]): LabeledControl[] {
    const toClass = createLabelMapper(definition);
    return drawn.flatMap((result) => {
      const label = result.label === null ? undefined : toClass(result.label);
      return label === undefined ? [] : [{ ...result, label }];
    });
  }

  /** Creates a function that returns a result's decision and the probabilities of a panel without the `held` labels. */
  async #createDecider(
    definition: AgentDefinition,
    results: readonly { readonly judge_scores: JudgeScores }[],
    held: readonly LabeledControl[],
  ): Promise<(result: { readonly judge_scores: JudgeScores; readonly decision: string | null }) => Decision> {
    const toClass = createLabelMapper(definition);
    const toClassScores = createClassScoreMapper(definition);
    const toScores = (scores: JudgeScores) => byIdentity(toClassScores(scores));
    const panel = await this.#judges.panelWithout(
      definition,
      held.map(({ judge_scores, label, created_at }) => ({
        judge_scores: toClassScores(judge_scores),
        label,
        created_at,
      })),
      results.map((result) => ({ judge_scores: toScores(result.judge_scores) })),
    );
    return ({ judge_scores, decision }) => {
      const probabilities = predictPanel(panel, toScores(judge_scores));
      const likeliest = Object.entries(probabilities).sort(([, a], [, b]) => b - a)[0]?.[0] ?? null;
      return { probabilities, decision: decision === null ? likeliest : (toClass(decision) ?? decision) };
    };
  }

  /** Compares the answers of the newest bundles on one uniformly drawn set of tasks. */
  async #measureSettlement(definition: AgentDefinition): Promise<Settlement | null> {
    const executor = this.#database.kysely;
    const bundles = (await listTrainedBundles(executor, definition.name, COMPARED_BUNDLES)).reverse();
    if (bundles.length < 2) return null;
    const now = this.#clock.now();
    const ids = await drawResultIds(
      executor,
      {
        agent: definition.name,
        since: new Date(now.getTime() - CONTROL_DAYS * DAY_MS),
        now,
        through: Number.MAX_SAFE_INTEGER,
      },
      { count: COMPARED_TASKS, seed: 0 },
    );
    const payloads = await readPayloads(executor, ids);
    if (payloads.length === 0) return null;
    return computeSettlement(
      bundles.map(({ document }) => {
        const model = prepareModel(document.model);
        const extractor = prepareFeatures(document.features);
        const values = new Float64Array(document.features.length);
        const probabilities = new Float64Array(model.classes.length);
        return payloads.map((payload) => {
          extractor.extractInto(payload, values);
          return model.classes[model.scoreInto(values, probabilities)]!;
        });
      }),
    );
  }
}

type LabeledControl = ControlResult & { readonly label: string };

interface Decision {
  readonly probabilities: Readonly<Record<string, number>>;
  readonly decision: string | null;
}

function computeFigure(
  control: readonly { readonly outcome: number; readonly prediction: number; readonly weight: number }[],
  population: readonly { readonly prediction: number; readonly results: number }[],
): PopulationFigure | null {
  const labels = control.map((one) => one.outcome);
  const weights = control.map((one) => one.weight);
  const powered = predictionPoweredMean(
    labels,
    control.map((one) => one.prediction),
    population.map((group) => group.prediction),
    Z_90,
    { labelWeights: weights, otherCounts: population.map((group) => group.results) },
  );
  const alone = predictionPoweredMean(labels, labels, [], Z_90, { labelWeights: weights });
  if (powered === null || alone === null) return null;
  const { mean, interval, ...rest } = powered;
  return {
    estimate: clampShare(mean),
    interval: [clampShare(interval[0]), clampShare(interval[1])],
    ...rest,
    labels_only: {
      estimate: alone.mean,
      interval: [clampShare(alone.interval[0]), clampShare(alone.interval[1])],
    },
  };
}

const clampShare = (value: number): number => Math.min(1, Math.max(0, value));

function toPoint(row: StoredQueueStatistics): QueueStatisticsPoint {
  const interval = (low: number | null, high: number | null): readonly [number, number] | null =>
    low === null || high === null ? null : [low, high];
  return {
    measured_at: row.measured_at.toISOString(),
    labels: row.labels,
    bundle_id: row.bundle_id,
    accuracy: row.accuracy,
    accuracy_interval: interval(row.accuracy_low, row.accuracy_high),
    unlabeled: row.unlabeled,
    expected_errors: row.expected_errors,
    expected_errors_interval: interval(row.expected_errors_low, row.expected_errors_high),
  };
}

function toRow(point: QueueStatisticsPoint): StoredQueueStatistics {
  return {
    labels: point.labels,
    unlabeled: point.unlabeled ?? 0,
    bundle_id: point.bundle_id,
    accuracy: point.accuracy,
    accuracy_low: point.accuracy_interval?.[0] ?? null,
    accuracy_high: point.accuracy_interval?.[1] ?? null,
    expected_errors: point.expected_errors,
    expected_errors_low: point.expected_errors_interval?.[0] ?? null,
    expected_errors_high: point.expected_errors_interval?.[1] ?? null,
    measured_at: new Date(point.measured_at),
  };
}

function hasSameFigures(a: StoredQueueStatistics, b: StoredQueueStatistics): boolean {
  return (
    a.labels === b.labels &&
    a.unlabeled === b.unlabeled &&
    a.bundle_id === b.bundle_id &&
    a.expected_errors === b.expected_errors
  );
}
