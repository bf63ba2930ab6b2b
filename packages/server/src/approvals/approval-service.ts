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

/** Predicts when a verdict on a rollout can be expected; implemented in `guard/plan-service.ts`. */
export type PlanMaker = (agent: string, policy: RolloutPolicy, attempt: number) => Promise<RolloutPlan>;

/** Compares two configs on last week's traffic; implemented in `bundles/backtest-service.ts`. */
export type Backtester = (
  agent: string,
  before: DecisionConfig,
  after: DecisionConfig,
) => Promise<ApprovalBacktest>;

/** Returns the policy of an agent's next rollout. */
export type PolicySource = (agent: string) => Promise<RolloutPolicy>;

/** Manages the approval of a bundle's release, from the proposal to the start of its rollout. */
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

  /** Proposes the release of a bundle and returns the id of the approval. */
  async propose(agent: string, bundleId: string, options: { proposer: ActorReference }): Promise<string> {
    const { bundle } = await this.#bundles.get(bundleId);
    if (bundle.agent !== agent) {
      throw new RelearnError("invalid_input", `${bundleId} belongs to ${bundle.agent}, not to ${agent}.`);
    }
    await this.#rollouts.requireProposable(bundleId);
    const policy = await this.#findPolicy(agent);
    const preview = await this.#preview(bundle, policy);
    const stored = await this.#rollouts.propose(bundleId, { proposer: options.proposer, policy, ...preview });
    return stored.approval_id;
  }

  /**
   * Replaces the bundle of a pending approval by another bundle of the agent. Earlier approvals no longer count,
   * the time to approve restarts, and the editor may not approve.
   */
  async edit(
    approvalId: string,
    options: { bundleId: string; editor: ActorReference } & Omit<CommandOptions, "actor">,
  ): Promise<Approval> {
    const { bundleId, editor, ...rest } = options;
    const { rollout } = await this.#rollouts.getByApproval(approvalId);
    await this.#rollouts.requireEditable(rollout.rollout_id, bundleId, { ...rest, actor: editor });
    const { bundle } = await this.#bundles.get(bundleId);
    const preview = await this.#preview(bundle, rollout.policy);
    await this.#rollouts.edit(rollout.rollout_id, { ...rest, ...preview, bundleId, actor: editor });
    return this.get(approvalId);
  }

  /** Creates what an approver sees with the bundle: the diff, the plan and the backtest. */
  async #preview(bundle: BundleDocument, policy: RolloutPolicy) {
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
            `The active bundle of ${agent} changed at the same time. Propose the bundle again.`,
          );
        }
        return diffBundles(
          activeId === null ? null : (await this.#bundles.get(activeId, executor)).bundle,
          bundle,
        );
      },
    };
  }

  /** Approves a request without applying it. Throws `digest_changed` if the bundle is not the one that was reviewed. */
  async approve(
    approvalId: string,
    options: {
      approver: ActorReference;
      rationale: string;
      breakGlass?: boolean;
      /** Digest of the reviewed bundle, or at least its first 12 digits; required if the request was edited. */
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
   * Starts the rollout of an approved bundle: as a canary at the policy's first stage or at `canaryPercent`, or
   * with `full` to all traffic without the guard, which requires the right to override.
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
        `The canary percentage is ${canaryPercent}; it must be a whole number from 1 to 99. To give the bundle all traffic without a canary, use full.`,
      );
    }
    if (full && rest.rights !== undefined && !rest.rights.includes("override")) {
      throw new RelearnError(
        "lacks_right",
        "Deploying in full without a canary requires the right to override.",
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

  /** Returns approvals, newest first, of one agent or all, with one status or any. */
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
