import type { AgentStatus, ApiKey, JobDocument } from "@relearn/contract";
import { DEFAULT_MIN_EXAMPLES } from "../training/train-bundle.ts";

/**
 * Returns the command of the next step: first what waits for a person, then what is missing. `signals` is the
 * number of approvals, feedback events and golden tasks received, loaded or not.
 */
export function nextStep(agent: Omit<AgentStatus, "next">, signals: number): string {
  if (agent.kill_switch !== null) return `relearn canary kill-switch ${agent.agent} off --reason TEXT`;
  if (agent.rollout !== null) return `relearn canary check ${agent.agent}`;
  const [approved] = agent.approved;
  if (approved !== undefined) return `relearn bundles apply ${approved}`;
  const [pending] = agent.pending_approvals;
  if (pending !== undefined) return `relearn approvals show ${pending}`;
  const newest = agent.newest_bundle;
  if (newest?.status === "pending") return `relearn bundles propose ${newest.bundle_id}`;
  if (agent.labels.trainable < DEFAULT_MIN_EXAMPLES) {
    return signals > agent.labels.trainable
      ? "relearn feeds load"
      : `relearn import gold FILE --agent ${agent.agent}`;
  }
  if (newest === null || agent.labels.trainable > newest.training_count)
    return `relearn train ${agent.agent}`;
  if (agent.review_queue.open > 0) return `relearn review list ${agent.agent}`;
  return `relearn sample ${agent.agent}`;
}

/** Returns the warnings of the current state, as sentences. */
export function statusWarnings(state: {
  readonly fourEyes: boolean;
  readonly jobs: readonly JobDocument[];
  readonly agents: readonly AgentStatus[];
  /** Keys in use that expire within 14 days. */
  readonly endingKeys: readonly Pick<ApiKey, "key_id" | "person" | "role" | "expires_at">[];
  /** The service requires no API key. */
  readonly isOpen: boolean;
}): string[] {
  const warnings: string[] = [];
  for (const { agent, kill_switch } of state.agents) {
    if (kill_switch === null) continue;
    warnings.push(
      `The kill switch of ${agent} was turned on by ${kill_switch.by ?? "an unknown actor"}: ${kill_switch.reason ?? "no reason given"}`,
    );
  }
  for (const { job, paused, overdue_since, last_run } of state.jobs) {
    if (paused !== null) warnings.push(`${job} is paused by ${paused.paused_by}: ${paused.reason}`);
    if (overdue_since !== null) {
      warnings.push(
        `${job} is overdue since ${overdue_since}. Jobs run only while the service runs: relearn serve.`,
      );
    }
    if (last_run?.state === "failed") warnings.push(`The last run of ${job} failed: ${last_run.error}`);
  }
  if (!state.fourEyes)
    warnings.push("Four-eyes approval is off: one person can propose and approve a bundle.");
  for (const { key_id, person, role, expires_at } of state.endingKeys) {
    warnings.push(
      `The key ${key_id} of ${person} (${role}) expires at ${expires_at}; create a new one: relearn keys create.`,
    );
  }
  if (state.isOpen)
    warnings.push(
      "There are no API keys: anyone with access to this machine has every right. Create one: relearn keys create --role admin.",
    );
  return warnings;
}
