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

/** Trains on an agent's labeled examples; implemented in `training/training-service.ts`. */
export interface Trainer {
  train(
    agent: string,
    request: TrainingRequest,
    watch?: TrainingWatch,
  ): Promise<{ content: BundleContent; snapshot: TrainingSnapshot }>;
  /** Trains on the examples that a bundle was trained on, if they still exist. */
  retrain(agent: string, snapshot: TrainingSnapshot, watch?: TrainingWatch): Promise<BundleContent>;
}

/** Creates, adjusts, compares, explains and verifies bundles. `approvals/` handles their release. */
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
   * Creates a bundle from another one with thresholds set by a person, in raw units. The bundle is evaluated
   * again with them, and a warning lists the thresholds that were set.
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

  /** Returns a bundle; throws `unknown_bundle`. */
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
   * Explains the decision on a payload: by the given bundle, else by the active one, else by the newest. Stores
   * nothing. Throws `unknown_bundle`, also if the agent has no bundle.
   */
  async explain(
    agent: string,
    payload: unknown,
    options: { bundleId?: string } = {},
  ): Promise<ExplainedDecision> {
    await this.#agents.get(agent);
    const { bundle, status } = await this.#findDecidingBundle(agent, options.bundleId);
    return { agent, bundle_id: bundle.bundle_id, status, ...prepareDecider(bundle).explain(payload) };
  }

  async #findDecidingBundle(agent: string, bundleId: string | undefined): Promise<StoredBundle> {
    const active = bundleId ?? (await this.#findActive(agent));
    if (active !== null) {
      const stored = await this.get(active);
      if (stored.bundle.agent === agent) return stored;
      throw new RelearnError(
        "invalid_input",
        `${active} belongs to ${stored.bundle.agent}, not to ${agent}.`,
      );
    }
    const [newest] = await this.list({ agent }, 1);
    if (newest !== undefined) return newest;
    throw new RelearnError("unknown_bundle", `${agent} has no bundle yet. Train one: relearn train ${agent}`);
  }

  async #findActive(agent: string): Promise<string | null> {
    return (await findRelease(this.#database.kysely, agent)).active_bundle_id;
  }

  /** Compares a bundle with `fromId`, by default with the active bundle. */
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
    const retrained = nameBundle(
      await this.#trainer.retrain(bundle.agent, training, watch),
      new Date(bundle.created_at),
    );
    const reproduced = retrained.digest === bundle.digest;
    return {
      bundle_id: bundleId,
      reproduced,
      expected_digest: bundle.digest,
      found_digest: retrained.digest,
      message: reproduced
        ? "Training on the same examples gave an identical bundle."
        : describeDifference(bundle, retrained),
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
    return `The bundle was created by Relearn ${expected.relearn_version}; this is version ${found.relearn_version}.`;
  }
  if (expected.definition_digest !== found.definition_digest) return "The agent's definition has changed.";
  if (expected.training_digest !== found.training_digest) {
    return `The training examples have changed: ${expected.training_count} then, ${found.training_count} now; some were erased, superseded or added late.`;
  }
  return "The same examples and definition gave a different model: the stored bundle was altered, or training is not reproducible. Please report it.";
}
