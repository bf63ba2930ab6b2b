import type { AgentStatus, LoopStatus } from "@relearn/contract";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { printJson, printText } from "./output.ts";

export const define: DefineCommand = (command) => {
  addConnectionOptions(command).action(async (options: ConnectionOptions) => {
    const status = await withApi(options, (api) => api.get<LoopStatus>("/v1/status"));
    if (options.json) return printJson(status);
    for (const agent of status.agents) {
      printText(agent.agent);
      for (const [name, text] of describeAgent(agent)) printText(`  ${name.padEnd(10)}${text}`);
      printText(`  ${"next".padEnd(10)}${agent.next}\n`);
    }
    printText("jobs");
    for (const { job, next_run_at, last_run, running } of status.jobs) {
      const last =
        running !== null
          ? "running"
          : last_run === null
            ? "not run yet"
            : `${last_run.state} ${minutes(last_run.finished_at)}`;
      printText(
        `  ${job.padEnd(22)}${last}; ${next_run_at === null ? "paused" : `next ${minutes(next_run_at)}`}`,
      );
    }
    for (const warning of status.warnings) printText(`! ${warning}`);
  });
};

function describeAgent(agent: AgentStatus): [string, string][] {
  const { labels, newest_bundle: bundle, rollout, judges, kill_switch } = agent;
  const lines: [string, string][] = [
    ["labels", `${labels.trainable} to train on, ${labels.last_7_days} in the last 7 days`],
    [
      "bundle",
      bundle === null
        ? "none trained yet"
        : `${bundle.bundle_id} (${bundle.status}): accuracy ${percent(bundle.accuracy)} on held-out examples, baseline ${percent(bundle.baseline_accuracy)}`,
    ],
    ["active", agent.active_bundle_id ?? "none: the agent uses its defaults"],
  ];
  if (agent.pending_approvals.length > 0)
    lines.push(["approval", `pending: ${agent.pending_approvals.join(", ")}`]);
  if (agent.approved.length > 0) lines.push(["approved", `not applied yet: ${agent.approved.join(", ")}`]);
  lines.push(
    [
      "rollout",
      rollout === null
        ? "none"
        : `${rollout.percent} % (${rollout.state}), ${rollout.recommendation ?? "not analyzed yet"}${rollout.reason === null ? "" : `: ${rollout.reason}`}`,
    ],
    [
      "review",
      agent.review_queue.open === 0 ? "no items waiting" : `${agent.review_queue.open} items waiting`,
    ],
    [
      "judges",
      judges.weighed === 0
        ? "no weights yet"
        : `${judges.weighed} with weights, updated ${minutes(judges.updated_at)}`,
    ],
  );
  if (kill_switch !== null) lines.push(["stopped", `the kill switch is on: ${kill_switch.reason ?? ""}`]);
  return lines;
}

function percent(share: number): string {
  return `${(share * 100).toFixed(1)} %`;
}

function minutes(time: string | null): string {
  return time === null ? "never" : `${time.slice(0, 16).replace("T", " ")} UTC`;
}
