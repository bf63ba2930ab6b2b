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

/** Examples a page: large enough that the round trip is not the cost, small enough to leave the one connection to others in between. */
const PAGE = 2000;
/** A curve is dozens of fits: more examples than this would change what nobody can see in it. */
const CURVE_EXAMPLES = 4000;
/** Room is made for so many rows at once; for more the columns grow. */
const MAX_EXPECTED_EXAMPLES = 10_000_000;

/** Reads an agent's labeled examples page by page and trains on them. No transaction is held meanwhile. */
export class TrainingService {
  readonly #database: Database;
  readonly #agents: AgentService;
  readonly #clock: Clock;
  readonly #version: string;
  readonly #curves = new Map<string, { readonly of: string; readonly curve: Promise<LearningCurve> }>();

  constructor(database: Database, agents: AgentService, clock: Clock, version: string) {
    this.#database = database;
    this.#agents = agents;
    this.#clock = clock;
    this.#version = version;
  }

  /** Throws `insufficient_data` with the counts. */
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

  /** Trains on what the snapshot names. */
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

  /** `crossFit` of a bundle's model on the examples that trained it, as far as they are still there. */
  async crossFit(bundle: BundleDocument, snapshot: TrainingSnapshot): Promise<(ModelDocument | null)[]> {
    const { agent, features, classes, label_map } = bundle;
    const definition = { ...(await this.#agents.definition(agent)), features, classes, label_map };
    const rows = await this.#rows(definition, snapshot, {}, crossFold);
    if (rows.table.rows === 0) return new Array<null>(CROSS_FOLDS).fill(null);
    return crossFitOffThread(rows, bundle.model);
  }

  /**
   * What the agent's labels bought, of `CURVE_EXAMPLES` examples at most, the first by key, which is to say a
   * sample of any time. Kept until a label comes in or the definition changes.
   */
  async learningCurve(agent: string): Promise<LearningCurve> {
    const definition = await this.#agents.definition(agent);
    const snapshot: TrainingSnapshot = {
      through_id: await freezeHighestExampleId(this.#database),
      at: this.#clock.now().toISOString(),
      min_examples: DEFAULT_MIN_EXAMPLES,
      model_type: "logistic",
    };
    const of = JSON.stringify([snapshot.through_id, definition]);
    const kept = this.#curves.get(agent);
    if (kept?.of === of) return kept.curve;
    const measure = async (): Promise<LearningCurve> => {
      const rows = new TrainingRows(definition, CURVE_EXAMPLES, undefined, true);
      let read = 0;
      for await (const page of this.#pages(agent, snapshot)) {
        rows.add(page);
        read += page.length;
        if (read >= CURVE_EXAMPLES) break;
      }
      return computeLearningCurveOffThread(rows.finish());
    };
    const curve = measure();
    this.#curves.set(agent, { of, curve });
    // What failed is not kept.
    curve.catch(() => this.#curves.delete(agent));
    return curve;
  }

  async #rows(
    definition: AgentDefinition,
    snapshot: TrainingSnapshot,
    { onProgress, signal }: TrainingWatch,
    foldByRow?: (key: string) => number,
  ): Promise<SelectedRows> {
    const agent = definition.name;
    const total = await countTrainingExamples(this.#database.kysely, agent, snapshot);
    const rows = new TrainingRows(definition, Math.min(total, MAX_EXPECTED_EXAMPLES), foldByRow);
    let read = 0;
    for await (const page of this.#pages(agent, snapshot)) {
      signal?.throwIfAborted();
      rows.add(page);
      read += page.length;
      onProgress?.({ phase: "read", examples: read, of: total });
    }
    return rows.finish();
  }

  /** Pages of the snapshot; the database makes the next one while the present one is worked on. */
  async *#pages(agent: string, snapshot: TrainingSnapshot): AsyncGenerator<TrainingPage> {
    const read = (after?: ExamplePosition): Promise<TrainingPage> => {
      const page = readTrainingPage(this.#database.kysely, agent, snapshot, after, PAGE);
      // Where the caller ends early nobody waits for it.
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
