import type { BundleContent, BundleDocument, ModelDocument } from "@relearn/client";
import type { AgentDefinition, LearningCurve, TrainingSnapshot } from "@relearn/contract";
import type { AgentService } from "../agents/agent-service.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { CROSS_FOLDS, crossFold } from "./cross-fit.ts";
import { setThreshold } from "./set-threshold.ts";
import { DEFAULT_MIN_EXAMPLES } from "./train-bundle.ts";
import { computeLearningCurveOffThread, crossFitOffThread, trainOffThread } from "./train-off-thread.ts";
import { type SelectedRows, TrainingRows } from "./training-rows.ts";
import type { TrainingRequest, TrainingWatch } from "./training-snapshot.ts";
import {
  countTrainingExamples,
  type ExamplePosition,
  freezeHighestExampleId,
  readTrainingPage,
  type TrainingPage,
} from "./training-store.ts";

/** Examples per page: enough that round trips do not dominate, few enough that other queries can use the connection in between. */
const PAGE = 2000;
/** Maximum of examples in a learning curve, which takes dozens of fits. */
const MAX_CURVE_EXAMPLES = 4000;
/** Maximum of rows that memory is reserved for in advance; beyond it the columns grow. */
const MAX_EXPECTED_EXAMPLES = 10_000_000;

/** Reads an agent's labeled examples page by page, without a long transaction, and trains on them. */
export class TrainingService {
  readonly #database: Database;
  readonly #agents: AgentService;
  readonly #clock: Clock;
  readonly #version: string;
  readonly #curves = new Map<string, { readonly inputs: string; readonly curve: Promise<LearningCurve> }>();

  constructor(database: Database, agents: AgentService, clock: Clock, version: string) {
    this.#database = database;
    this.#agents = agents;
    this.#clock = clock;
    this.#version = version;
  }

  /** Trains on the current examples. Throws `insufficient_data` with the counts. */
  async train(
    agent: string,
    request: TrainingRequest,
    watch: TrainingWatch = {},
  ): Promise<{ content: BundleContent; snapshot: TrainingSnapshot }> {
    const snapshot: TrainingSnapshot = {
      through_id: await freezeHighestExampleId(this.#database),
      at: this.#clock.now().toISOString(),
      min_examples: request.minExamples ?? DEFAULT_MIN_EXAMPLES,
      model_type: request.modelType ?? "logistic",
    };
    return { content: await this.retrain(agent, snapshot, watch), snapshot };
  }

  /** Trains on the examples of a snapshot. */
  async retrain(
    agent: string,
    snapshot: TrainingSnapshot,
    { onProgress, signal }: TrainingWatch = {},
  ): Promise<BundleContent> {
    const definition = await this.#agents.definition(agent);
    const rows = await this.#rows(definition, snapshot, { onProgress, signal });
    const trained = await trainOffThread(definition, rows, {
      minExamples: snapshot.min_examples,
      modelType: snapshot.model_type,
      relearnVersion: this.#version,
      signal,
      ...(onProgress === undefined ? {} : { onProgress }),
    });
    return Object.entries(snapshot.thresholds ?? {}).reduce(
      (content, [name, value]) => setThreshold(content, definition, rows, name, value),
      trained,
    );
  }

  /** Cross-fits a bundle's model (`crossFit`) on the examples that trained it, as far as they still exist. */
  async crossFit(bundle: BundleDocument, snapshot: TrainingSnapshot): Promise<(ModelDocument | null)[]> {
    const { agent, features, classes, label_map } = bundle;
    const definition = { ...(await this.#agents.definition(agent)), features, classes, label_map };
    const rows = await this.#rows(definition, snapshot, {}, crossFold);
    if (rows.table.rows === 0) return new Array<null>(CROSS_FOLDS).fill(null);
    return crossFitOffThread(rows, bundle.model);
  }

  /**
   * Computes the agent's learning curve from at most `MAX_CURVE_EXAMPLES` examples, the first ones by key, which sample all
   * times. Cached until a label arrives or the definition changes.
   */
  async learningCurve(agent: string): Promise<LearningCurve> {
    const definition = await this.#agents.definition(agent);
    const snapshot: TrainingSnapshot = {
      through_id: await freezeHighestExampleId(this.#database),
      at: this.#clock.now().toISOString(),
      min_examples: DEFAULT_MIN_EXAMPLES,
      model_type: "logistic",
    };
    const inputs = JSON.stringify([snapshot.through_id, definition]);
    const cached = this.#curves.get(agent);
    if (cached?.inputs === inputs) return cached.curve;
    const measure = async (): Promise<LearningCurve> => {
      const rows = new TrainingRows(definition, MAX_CURVE_EXAMPLES, undefined, true);
      let read = 0;
      for await (const page of this.#pages(agent, snapshot)) {
        rows.add(page);
        read += page.length;
        if (read >= MAX_CURVE_EXAMPLES) break;
      }
      return computeLearningCurveOffThread(rows.finish());
    };
    const curve = measure();
    this.#curves.set(agent, { inputs, curve });
    // A failed result is not cached.
    curve.catch(() => this.#curves.delete(agent));
    return curve;
  }

  async #rows(
    definition: AgentDefinition,
    snapshot: TrainingSnapshot,
    { onProgress, signal }: TrainingWatch,
    getFold?: (key: string) => number,
  ): Promise<SelectedRows> {
    const agent = definition.name;
    const total = await countTrainingExamples(this.#database.kysely, agent, snapshot);
    const rows = new TrainingRows(definition, Math.min(total, MAX_EXPECTED_EXAMPLES), getFold);
    let read = 0;
    for await (const page of this.#pages(agent, snapshot)) {
      signal?.throwIfAborted();
      rows.add(page);
      read += page.length;
      onProgress?.({ phase: "read", examples: read, of: total });
    }
    return rows.finish();
  }

  /** Yields the pages of the snapshot; the next one is read while the current one is processed. */
  async *#pages(agent: string, snapshot: TrainingSnapshot): AsyncGenerator<TrainingPage> {
    const read = (after?: ExamplePosition): Promise<TrainingPage> => {
      const page = readTrainingPage(this.#database.kysely, agent, snapshot, after, PAGE);
      // If the caller stops early, no one awaits this promise.
      page.catch(() => {});
      return page;
    };
    let next: Promise<TrainingPage> | undefined = read();
    while (next !== undefined) {
      const page: TrainingPage = await next;
      const last = page.at(-1);
      next = last === undefined || page.length < PAGE ? undefined : read({ key: last.key, id: last.id });
      yield page;
    }
  }
}
