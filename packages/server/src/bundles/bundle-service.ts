import {
  type BundleContent,
  type BundleDocument,
  type DecisionConfig,
  prepareDecider,
} from "@relearn/client";
import type {
  Approval,
  ApprovalBacktest,
  BundleDiff,
  BundleStatus,
  BundleVerification,
  CreatedBundle,
  ExplainedDecision,
  MoveResult,
  Release,
  RestoredBundle,
  RolloutPlan,
  RolloutPolicy,
  TrainingSnapshot,
} from "@relearn/contract";
import { type ActorReference, toActor } from "../actor.ts";
import type { AgentService } from "../agents/agent-service.ts";
import { approvalOf, withoutExamples } from "../approvals/approval.ts";
import type { AuditService } from "../audit/audit-service.ts";
import type { Clock } from "../clock.ts";
import type { Database, Executor } from "../db/database.ts";
import { RelearnError } from "../errors.ts";
import { withActive } from "../releases/release.ts";
import {
  type BundleBackup,
  listBackups,
  lockRelease,
  takeBackup,
  updateRelease,
} from "../releases/release-store.ts";
import type { CommandOptions, RolloutService } from "../rollouts/rollout-service.ts";
import type { TrainingRequest, TrainingWatch } from "../training/training-snapshot.ts";
import { nameBundle } from "./bundle.ts";
import { diffBundles } from "./bundle-diff.ts";
import {
  findNewestKnownGood,
  insertBundle,
  listBundles,
  requireBundle,
  requireIntactBundle,
  type StoredBundle,
  setBundleStatus,
} from "./bundle-store.ts";

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

/** Says when a verdict on a rollout can be expected; `guard/plan-service.ts`. */
export type PlanMaker = (agent: string, policy: RolloutPolicy, attempt: number) => Promise<RolloutPlan>;

/** Decides last week's traffic again; `backtest-service.ts`. */
export type Backtester = (
  agent: string,
  before: DecisionConfig,
  after: DecisionConfig,
) => Promise<ApprovalBacktest>;

/** How the service finds the policy of an agent's next rollout. */
export type PolicySource = (agent: string) => Promise<RolloutPolicy>;

/** Bundles from training to release, with the calls of the specification's bundle manager. */
export class BundleService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #clock: Clock;
  readonly #agents: AgentService;
  readonly #trainer: Trainer;
  readonly #rollouts: RolloutService;
  readonly #policyOf: PolicySource;
  readonly #plan: PlanMaker;
  readonly #backtest: Backtester;

  constructor(parts: {
    database: Database;
    audit: AuditService;
    clock: Clock;
    agents: AgentService;
    trainer: Trainer;
    rollouts: RolloutService;
    policyOf: PolicySource;
    plan: PlanMaker;
    backtest: Backtester;
  }) {
    this.#database = parts.database;
    this.#audit = parts.audit;
    this.#clock = parts.clock;
    this.#agents = parts.agents;
    this.#trainer = parts.trainer;
    this.#rollouts = parts.rollouts;
    this.#policyOf = parts.policyOf;
    this.#plan = parts.plan;
    this.#backtest = parts.backtest;
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

  /** Asks for the release of a bundle; returns the approval's id. */
  async propose(agent: string, bundleId: string, options: { proposer: ActorReference }): Promise<string> {
    const { bundle } = await this.get(bundleId);
    if (bundle.agent !== agent) {
      throw new RelearnError("invalid_input", `${bundleId} is a bundle of ${bundle.agent}, not of ${agent}.`);
    }
    await this.#rollouts.requireProposable(bundleId);
    const policy = await this.#policyOf(agent);
    const reading = await this.#reading(bundle, policy);
    const stored = await this.#rollouts.propose(bundleId, { proposer: options.proposer, policy, ...reading });
    return stored.approval_id;
  }

  /**
   * Puts another bundle of the same agent into an open request. Approvals given before count no more, the
   * time to approve begins anew, and who edited may not approve.
   */
  async edit(
    approvalId: string,
    options: { bundleId: string; editor: ActorReference } & Omit<CommandOptions, "actor">,
  ): Promise<Approval> {
    const { bundleId, editor, ...rest } = options;
    const { rollout } = await this.#rollouts.getByApproval(approvalId);
    await this.#rollouts.requireEditable(rollout.rollout_id, bundleId, { ...rest, actor: editor });
    const { bundle } = await this.get(bundleId);
    const reading = await this.#reading(bundle, rollout.policy);
    await this.#rollouts.edit(rollout.rollout_id, { ...rest, ...reading, bundleId, actor: editor });
    return this.approval(approvalId);
  }

  /** What an approver reads beside the bundle: what changes, until when, and what of last week. */
  async #reading(bundle: BundleDocument, policy: RolloutPolicy) {
    const { agent, bundle_id } = bundle;
    const base = (await this.#rollouts.release(agent)).active_bundle_id;
    const before = base === null || base === bundle_id ? null : (await this.get(base)).bundle;
    return {
      plan: await this.#plan(agent, policy, await this.#rollouts.nextAttempt(bundle_id)),
      backtest: before === null ? null : await this.#backtest(agent, before, bundle),
      diff: async (activeId: string | null, executor: Executor): Promise<BundleDiff> => {
        if (activeId !== base) {
          throw new RelearnError(
            "stale_generation",
            `The active bundle of ${agent} changed in the same moment. Propose again.`,
          );
        }
        return diffBundles(activeId === null ? null : (await this.get(activeId, executor)).bundle, bundle);
      },
    };
  }

  /** Approves a request; it is not applied by that. Throws `digest_changed` where something else was read. */
  async approve(
    approvalId: string,
    options: {
      approver: ActorReference;
      rationale: string;
      breakGlass?: boolean;
      /** Of the bundle that was read, or its first 12 digits or more; needed where the request was edited. */
      bundleDigest?: string;
    } & Omit<CommandOptions, "actor">,
  ): Promise<Approval> {
    const { approver, rationale, breakGlass, bundleDigest, ...rest } = options;
    const { rollout } = await this.#rollouts.getByApproval(approvalId);
    await this.#rollouts.command(
      rollout.rollout_id,
      {
        kind: "approve",
        rationale,
        ...(breakGlass === undefined ? {} : { break_glass: breakGlass }),
        ...(bundleDigest === undefined ? {} : { bundle_digest: bundleDigest }),
      },
      { ...rest, actor: approver },
    );
    return this.approval(approvalId);
  }

  async reject(
    approvalId: string,
    options: { approver: ActorReference; rationale: string } & Omit<CommandOptions, "actor">,
  ): Promise<Approval> {
    const { approver, rationale, ...rest } = options;
    const { rollout } = await this.#rollouts.getByApproval(approvalId);
    await this.#rollouts.command(
      rollout.rollout_id,
      { kind: "reject", rationale },
      { ...rest, actor: approver },
    );
    return this.approval(approvalId);
  }

  /**
   * Starts the release of an approved bundle: as canary at the policy's first stage or at `canaryPercent`, or
   * with `full` at once and unguarded, which needs the right to override.
   */
  async apply(
    approvalId: string,
    options: { canaryPercent?: number; full?: boolean } & CommandOptions,
  ): Promise<MoveResult> {
    const { canaryPercent, full, ...rest } = options;
    if (full && canaryPercent !== undefined) {
      throw new RelearnError("invalid_input", "Give a canary percentage or full, not both.");
    }
    if (
      canaryPercent !== undefined &&
      !(Number.isInteger(canaryPercent) && canaryPercent >= 1 && canaryPercent <= 99)
    ) {
      throw new RelearnError(
        "invalid_input",
        `The canary percentage is ${canaryPercent}; it must be a whole number from 1 to 99. To give the bundle all traffic without a canary, say so with full.`,
      );
    }
    if (full && rest.rights !== undefined && !rest.rights.includes("override")) {
      throw new RelearnError(
        "lacks_right",
        "Deploying in full without a canary needs the right to override.",
      );
    }
    const { rollout } = await this.#rollouts.getByApproval(approvalId);
    const percent = full ? 100 : canaryPercent;
    return this.#rollouts.command(
      rollout.rollout_id,
      { kind: "start", ...(percent === undefined ? {} : { percent }) },
      rest,
    );
  }

  /**
   * Takes the active bundle back: a running rollout is rolled back; without one the newest backup becomes
   * active. Needs no approval. Throws `nothing_to_roll_back` where there is neither.
   */
  async rollback(agent: string, options: CommandOptions & { reason?: string }): Promise<RestoredBundle> {
    const { reason = "", ...rest } = options;
    await this.#agents.get(agent);
    const running = await this.#rollouts.running(agent);
    if (running !== undefined) {
      await this.#rollouts.command(running.rollout.rollout_id, { kind: "roll_back", reason }, rest);
      const { active_bundle_id } = await this.#rollouts.release(agent);
      return { agent, active_bundle_id, replaced_bundle_id: running.rollout.bundle_id };
    }
    return this.#audit.change(toActor(options.actor), async (trx) => {
      const now = this.#clock.now();
      const release = await lockRelease(trx, agent, now);
      const restored = await takeBackup(trx, agent, release.active_bundle_id);
      if (restored === undefined) {
        throw new RelearnError(
          "nothing_to_roll_back",
          `${agent} has no rollout that runs and no backup: nothing was replaced yet.`,
        );
      }
      await requireIntactBundle(trx, restored);
      const replaced = release.active_bundle_id;
      if (replaced !== null) await setBundleStatus(trx, replaced, "rolled_back", now);
      await setBundleStatus(trx, restored, "active", now);
      const lastKnownGood = (await findNewestKnownGood(trx, agent)) ?? null;
      const next: Release = { ...withActive(release, restored), last_known_good_bundle_id: lastKnownGood };
      if (!(await updateRelease(trx, next, now))) {
        throw new RelearnError(
          "stale_generation",
          `The release of ${agent} changed in the same moment. Look again.`,
        );
      }
      await this.#rollouts.supersede(trx, agent, next, now);
      return {
        result: { agent, active_bundle_id: restored, replaced_bundle_id: replaced },
        record: {
          kind: "bundle.rolled_back",
          agent,
          object: restored,
          detail: { restored, replaced, reason },
        },
      };
    });
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
    const active = bundleId ?? (await this.#rollouts.release(agent)).active_bundle_id;
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

  /** From one bundle to another; left out: from what is active now. */
  async diff(toId: string, fromId?: string): Promise<BundleDiff> {
    const { bundle } = await this.get(toId);
    const baseId = fromId ?? (await this.#rollouts.release(bundle.agent)).active_bundle_id;
    return diffBundles(baseId === null ? null : (await this.get(baseId)).bundle, bundle);
  }

  backups(agent: string): Promise<BundleBackup[]> {
    return listBackups(this.#database.kysely, agent);
  }

  async approval(approvalId: string): Promise<Approval> {
    return approvalOf(await this.#rollouts.getByApproval(approvalId));
  }

  /** Requests newest first, of one agent or all, of one status or all. */
  async approvals(
    filter: { agent?: string | undefined; status?: Approval["status"] | undefined },
    limit: number,
  ): Promise<Approval[]> {
    const states = filter.status === "pending" ? (["proposed"] as const) : undefined;
    const stored = await this.#rollouts.list({ agent: filter.agent, states }, limit);
    return stored
      .map((one) => withoutExamples(approvalOf(one)))
      .filter((approval) => filter.status === undefined || approval.status === filter.status);
  }

  listPendingApprovals(agent?: string): Promise<Approval[]> {
    return this.approvals({ agent, status: "pending" }, 1000);
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
        : differenceOf(bundle, again),
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

function differenceOf(expected: BundleDocument, found: BundleDocument): string {
  if (expected.relearn_version !== found.relearn_version) {
    return `The bundle was made by Relearn ${expected.relearn_version}; this is ${found.relearn_version}.`;
  }
  if (expected.definition_digest !== found.definition_digest) return "The agent's definition changed since.";
  if (expected.training_digest !== found.training_digest) {
    return `The examples are no longer the same: ${expected.training_count} then, ${found.training_count} now; some were erased, superseded or added late.`;
  }
  return "The same examples and definition gave another model: this is a defect of Relearn, or the stored bundle was altered.";
}
