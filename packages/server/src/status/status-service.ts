import type { AgentStatus, LoopStatus } from "@relearn/contract";
import type { AccessService } from "../access/access-service.ts";
import type { ApprovalService } from "../approvals/approval-service.ts";
import type { BundleService } from "../bundles/bundle-service.ts";
import type { DoctorService } from "../doctor/doctor-service.ts";
import type { AgentFacts } from "../doctor/installation-facts.ts";
import type { GuardService } from "../guard/guard-service.ts";
import { DEFAULT_MIN_EXAMPLES } from "../training/train-bundle.ts";
import { nextStep, statusWarnings } from "./loop-status.ts";

export interface StatusServiceParts {
  readonly access: AccessService;
  readonly doctor: DoctorService;
  readonly bundles: BundleService;
  readonly approvals: ApprovalService;
  readonly guard: GuardService;
}

/** Summarizes agents, jobs and warnings. Reads only. */
export class StatusService {
  readonly #parts: StatusServiceParts;

  constructor(parts: StatusServiceParts) {
    this.#parts = parts;
  }

  /** Returns the status. `isOpen`: the service requires no API key. */
  async status(options: { isOpen: boolean }): Promise<LoopStatus> {
    const facts = await this.#parts.doctor.facts();
    const agents: AgentStatus[] = [];
    for (const agent of facts.agents) agents.push(await this.#agentStatus(agent));
    const { jobs, four_eyes: fourEyes } = facts;
    return {
      at: facts.now.toISOString(),
      agents,
      jobs,
      least_labels: DEFAULT_MIN_EXAMPLES,
      warnings: statusWarnings({
        fourEyes,
        jobs,
        agents,
        endingKeys: await this.#parts.access.keysEndingSoon(),
        isOpen: options.isOpen,
      }),
    };
  }

  async #agentStatus(facts: AgentFacts): Promise<AgentStatus> {
    const { agent } = facts;
    const { bundles, approvals, guard } = this.#parts;
    const [newest] = await bundles.list({ agent }, 1);
    const canary = await guard.status(agent);
    const verdict = canary.newest_analysis?.verdict;
    const ids = async (status: "pending" | "approved") =>
      (await approvals.list({ agent, status }, 100)).map((approval) => approval.id);
    const status: Omit<AgentStatus, "next"> = {
      agent,
      labels: {
        trainable: Object.values(facts.trainable).reduce((total, count) => total + count, 0),
        last_7_days: facts.labels_last_7_days,
      },
      newest_bundle:
        newest === undefined
          ? null
          : {
              bundle_id: newest.bundle.bundle_id,
              status: newest.status,
              created_at: newest.bundle.created_at,
              accuracy: newest.bundle.evaluation.accuracy,
              baseline_accuracy: newest.bundle.evaluation.baseline_accuracy,
              training_count: newest.bundle.training_count,
            },
      active_bundle_id: facts.active_bundle_id,
      pending_approvals: await ids("pending"),
      // No other bundle can be applied while a rollout runs.
      approved: canary.rollout === null ? await ids("approved") : [],
      rollout:
        canary.rollout === null
          ? null
          : {
              rollout_id: canary.rollout.rollout_id,
              state: canary.rollout.state,
              percent: canary.rollout.percent,
              recommendation: verdict?.recommendation ?? null,
              reason: verdict?.reason ?? canary.rollout.reason?.text ?? null,
            },
      review_queue: { open: facts.open_review_items },
      judges: {
        // The default weights are based on no predictions.
        weighed: facts.judges.filter((judge) => judge.predictions > 0).length,
        updated_at: facts.weights_updated_at?.toISOString() ?? null,
      },
      kill_switch: canary.release.kill_switch
        ? { by: canary.release.kill_switch_by, reason: canary.release.kill_switch_reason }
        : null,
    };
    return { ...status, next: nextStep(status, facts.signals) };
  }
}
