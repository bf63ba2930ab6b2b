import { type BundleContent, type BundleDocument, prepareDecider } from "@relearn/client";
import type {
  BundleDiff,
  BundleStatus,
  BundleVerification,
  CreatedBundle,
  ExplainedDecision,
  TrainingSnapshot,
} from "@relearn/contract";
import { type ActorReference, toActor } from "../actor.ts";
import type { AgentService } from "../agents/agent-service.ts";
import type { AuditService } from "../audit/audit-service.ts";
import type { Clock } from "../clock.ts";
import type { Database, Executor } from "../db/database.ts";
import { RelearnError } from "../errors.ts";
import { type BundleBackup, findRelease, listBackups } from "../releases/release-store.ts";
import type { TrainingRequest, TrainingWatch } from "../training/training-snapshot.ts";
import { nameBundle } from "./bundle.ts";
import { diffBundles } from "./bundle-diff.ts";
import { insertBundle, listBundles, requireBundle, type StoredBundle } from "./bundle-store.ts";

/** Trains on an agent's labeled examples; `training/training-service.ts`. */
export interface Trainer {
  train(
    agent: string,
    request: TrainingRequest,
    watch?: TrainingWatch,
  ): Promise<{ content: BundleContent; snapshot: TrainingSnapshot }>;
  /** Trains on exactly what a bundle was trained on, as far as it is still there. */
  retrain(agent: string, snapshot: TrainingSnapshot, watch?: TrainingWatch): Promise<BundleContent>;
}

/** Creates, adjusts, compares, explains and verifies bundles. Their release is requested in `approvals/`. */
export class BundleService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #clock: Clock;
  readonly #agents: AgentService;
  readonly #trainer: Trainer;

  constructor(parts: {
    database: Database;
    audit: AuditService;
    clock: Clock;
    agents: AgentService;
    trainer: Trainer;
  }) {
    this.#database = parts.database;
    this.#audit = parts.audit;
    this.#clock = parts.clock;
    this.#agents = parts.agents;
    this.#trainer = parts.trainer;
  }

  /** Trains the agent's model and stores it as a pending bundle. Throws `insufficient_data` with the counts. */
  async create(
    agent: string,
    options: TrainingRequest & TrainingWatch & { actor?: ActorReference } = {},
  ): Promise<CreatedBundle> {
    await this.#agents.get(agent);
    const { content, snapshot } = await this.#trainer.train(agent, options, options);
    return this.#store(content, snapshot, options.actor);
  }

  /**
   * Makes a bundle out of another one with thresholds set by a person, in raw units. Its model decides by
   * them, its evaluation is measured anew, and a warning says what was set by hand.
   */
  async adjust(
    bundleId: string,
    options: { thresholds: Readonly<Record<string, number>>; actor?: ActorReference },
  ): Promise<CreatedBundle> {
    const { bundle, training } = await this.get(bundleId);
    const snapshot = { ...training, thresholds: { ...training.thresholds, ...options.thresholds } };
    const content = await this.#trainer.retrain(bundle.agent, snapshot);
    return this.#store(content, snapshot, options.actor);
  }

  /** The bundle; throws `unknown_bundle`. */
  async get(bundleId: string, executor: Executor = this.#database.kysely): Promise<StoredBundle> {
    return requireBundle(executor, bundleId);
  }

  list(
    filter: { agent?: string | undefined; status?: BundleStatus | undefined },
    limit: number,
  ): Promise<StoredBundle[]> {
    return listBundles(this.#database.kysely, filter, limit);
  }

  /**
   * What the agent decides on a payload, and why: by the bundle named, else by the active one, else by the
   * newest. Nothing is stored. Throws `unknown_bundle`, where there is none yet too.
   */
  async explain(
    agent: string,
    payload: unknown,
    options: { bundleId?: string } = {},
  ): Promise<ExplainedDecision> {
    await this.#agents.get(agent);
    const { bundle, status } = await this.#deciding(agent, options.bundleId);
    return { agent, bundle_id: bundle.bundle_id, status, ...prepareDecider(bundle).explain(payload) };
  }

  async #deciding(agent: string, bundleId: string | undefined): Promise<StoredBundle> {
    const active = bundleId ?? (await this.#findActive(agent));
    if (active !== null) {
      const stored = await this.get(active);
      if (stored.bundle.agent === agent) return stored;
      throw new RelearnError(
        "invalid_input",
        `${active} is a bundle of ${stored.bundle.agent}, not of ${agent}.`,
      );
    }
    const [newest] = await this.list({ agent }, 1);
    if (newest !== undefined) return newest;
    throw new RelearnError("unknown_bundle", `${agent} has no bundle yet. Train one: relearn train ${agent}`);
  }

  async #findActive(agent: string): Promise<string | null> {
    return (await findRelease(this.#database.kysely, agent)).active_bundle_id;
  }

  /** From one bundle to another; left out: from what is active now. */
  async diff(toId: string, fromId?: string): Promise<BundleDiff> {
    const { bundle } = await this.get(toId);
    const baseId = fromId ?? (await this.#findActive(bundle.agent));
    return diffBundles(baseId === null ? null : (await this.get(baseId)).bundle, bundle);
  }

  backups(agent: string): Promise<BundleBackup[]> {
    return listBackups(this.#database.kysely, agent);
  }

  /** Trains again on the same data and compares the digests. */
  async verify(bundleId: string, watch: TrainingWatch = {}): Promise<BundleVerification> {
    const { bundle, training } = await this.get(bundleId);
    const again = nameBundle(
      await this.#trainer.retrain(bundle.agent, training, watch),
      new Date(bundle.created_at),
    );
    const reproduced = again.digest === bundle.digest;
    return {
      bundle_id: bundleId,
      reproduced,
      expected_digest: bundle.digest,
      found_digest: again.digest,
      message: reproduced
        ? "Trained again on the same examples: the same bundle, bit for bit."
        : describeDifference(bundle, again),
    };
  }

  async #store(
    content: BundleContent,
    snapshot: TrainingSnapshot,
    by: ActorReference | undefined,
  ): Promise<CreatedBundle> {
    const actor = toActor(by ?? "unknown");
    return this.#audit.change<CreatedBundle>(actor, async (trx) => {
      const now = this.#clock.now();
      const bundle = nameBundle(content, now);
      if (await insertBundle(trx, bundle, snapshot, actor.name, now)) {
        return {
          result: { ...bundle, status: "pending", created: true },
          record: {
            kind: "bundle.created",
            agent: bundle.agent,
            object: bundle.bundle_id,
            detail: {
              digest: bundle.digest,
              training_digest: bundle.training_digest,
              training_count: bundle.training_count,
            },
          },
        };
      }
      const stored = await this.get(bundle.bundle_id, trx);
      return { result: { ...stored.bundle, status: stored.status, created: false }, record: undefined };
    });
  }
}

function describeDifference(expected: BundleDocument, found: BundleDocument): string {
  if (expected.relearn_version !== found.relearn_version) {
    return `The bundle was made by Relearn ${expected.relearn_version}; this is ${found.relearn_version}.`;
  }
  if (expected.definition_digest !== found.definition_digest) return "The agent's definition changed since.";
  if (expected.training_digest !== found.training_digest) {
    return `The examples are no longer the same: ${expected.training_count} then, ${found.training_count} now; some were erased, superseded or added late.`;
  }
  return "The same examples and definition gave another model: this is a defect of Relearn, or the stored bundle was altered.";
}
