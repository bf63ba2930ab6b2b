import type { BundleDocument, DecisionConfig } from "@relearn/client";
import type {
  Approval,
  ApprovalBacktest,
  BundleDiff,
  MoveResult,
  RolloutPlan,
  RolloutPolicy,
} from "@relearn/contract";
import type { ActorReference } from "../actor.ts";
import { diffBundles } from "../bundles/bundle-diff.ts";
import type { BundleService } from "../bundles/bundle-service.ts";
import type { Executor } from "../db/database.ts";
import { RelearnError } from "../errors.ts";
import type { CommandOptions, RolloutService } from "../rollouts/rollout-service.ts";
import { toApproval, withoutExamples } from "./approval.ts";

/** Says when a verdict on a rollout can be expected; `guard/plan-service.ts`. */
export type PlanMaker = (agent: string, policy: RolloutPolicy, attempt: number) => Promise<RolloutPlan>;

/** Decides last week's traffic again; `bundles/backtest-service.ts`. */
export type Backtester = (
  agent: string,
  before: DecisionConfig,
  after: DecisionConfig,
) => Promise<ApprovalBacktest>;

/** How the service finds the policy of an agent's next rollout. */
export type PolicySource = (agent: string) => Promise<RolloutPolicy>;

/** Requests to release a bundle, from the proposal to the start of its rollout. */
export class ApprovalService {
  readonly #bundles: BundleService;
  readonly #rollouts: RolloutService;
  readonly #findPolicy: PolicySource;
  readonly #plan: PlanMaker;
  readonly #backtest: Backtester;

  constructor(parts: {
    bundles: BundleService;
    rollouts: RolloutService;
    findPolicy: PolicySource;
    plan: PlanMaker;
    backtest: Backtester;
  }) {
    this.#bundles = parts.bundles;
    this.#rollouts = parts.rollouts;
    this.#findPolicy = parts.findPolicy;
    this.#plan = parts.plan;
    this.#backtest = parts.backtest;
  }

  /** Requests the release of a bundle and returns the id of the approval. */
  async propose(agent: string, bundleId: string, options: { proposer: ActorReference }): Promise<string> {
    const { bundle } = await this.#bundles.get(bundleId);
    if (bundle.agent !== agent) {
      throw new RelearnError("invalid_input", `${bundleId} is a bundle of ${bundle.agent}, not of ${agent}.`);
    }
    await this.#rollouts.requireProposable(bundleId);
    const policy = await this.#findPolicy(agent);
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
    const { bundle } = await this.#bundles.get(bundleId);
    const reading = await this.#reading(bundle, rollout.policy);
    await this.#rollouts.edit(rollout.rollout_id, { ...rest, ...reading, bundleId, actor: editor });
    return this.get(approvalId);
  }

  /** What an approver reads beside the bundle: what changes, until when, and what of last week. */
  async #reading(bundle: BundleDocument, policy: RolloutPolicy) {
    const { agent, bundle_id } = bundle;
    const base = (await this.#rollouts.release(agent)).active_bundle_id;
    const before = base === null || base === bundle_id ? null : (await this.#bundles.get(base)).bundle;
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
        return diffBundles(
          activeId === null ? null : (await this.#bundles.get(activeId, executor)).bundle,
          bundle,
        );
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
    return this.get(approvalId);
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
    return this.get(approvalId);
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

  async get(approvalId: string): Promise<Approval> {
    return toApproval(await this.#rollouts.getByApproval(approvalId));
  }

  /** Requests newest first, of one agent or all, of one status or all. */
  async list(
    filter: { agent?: string | undefined; status?: Approval["status"] | undefined },
    limit: number,
  ): Promise<Approval[]> {
    const states = filter.status === "pending" ? (["proposed"] as const) : undefined;
    const stored = await this.#rollouts.list({ agent: filter.agent, states }, limit);
    return stored
      .map((one) => withoutExamples(toApproval(one)))
      .filter((approval) => filter.status === undefined || approval.status === filter.status);
  }

  listPending(agent?: string): Promise<Approval[]> {
    return this.list({ agent, status: "pending" }, 1000);
  }
}
