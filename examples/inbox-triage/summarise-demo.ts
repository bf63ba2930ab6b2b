/** Summarises the result of the demo, from the data of the installation. */
import type { Relearn } from "relearn";
import { AGENT } from "./demo-office.ts";

/** Summary for a terminal of 100 columns, and the next commands to try. */
export interface DemoSummary {
  readonly lines: readonly string[];
  /** Commands without `relearn` and without `--data`. */
  readonly next: readonly string[];
}

export async function summariseDemo(relearn: Relearn): Promise<DemoSummary> {
  const facts: [string, string][] = [];
  const stats = await relearn.examples.getStats();
  const sources = Object.entries(stats.by_source).map(([source, count]) => `${count} ${source}`);
  facts.push(["labels", `${stats.total} from people: ${sources.join(", ")}`]);

  const { weights } = await relearn.judges.getReport(AGENT);
  facts.push([
    "judges",
    `${Object.entries(weights)
      .map(([judge, weight]) => `${judge} ${weight}`)
      .join(", ")} (weights by agreement with people)`,
  ]);

  const rollouts = await relearn.rollouts.list({ agent: AGENT, limit: 100 });
  const { active_bundle_id } = await relearn.rollouts.getRelease(AGENT);
  for (const { rollout } of rollouts.reverse()) {
    const { bundle } = await relearn.bundles.get(rollout.bundle_id);
    const isHandMade = bundle.warnings.some((warning) => warning.code === "set_by_hand");
    const quality = isHandMade
      ? `harmful on purpose: risk_score_threshold set by hand to ${bundle.thresholds["risk_score_threshold"]}`
      : `${bundle.training_count} labels; accuracy ${percent(bundle.accuracy)} on held-out mail (baseline ${percent(bundle.evaluation.baseline_accuracy)})`;
    facts.push([rollout.bundle_id, quality]);
    facts.push(["", describeOutcome(rollout) + (rollout.bundle_id === active_bundle_id ? " Active." : "")]);
  }

  const [queue] = (await relearn.review.listQueues()).filter((one) => one.agent === AGENT);
  const waiting = queue === undefined ? 0 : queue.waiting + queue.disputed;
  facts.push(["review", waiting === 0 ? "no items waiting" : `${waiting} mails waiting for a label`]);
  const audit = await relearn.audit.verify();
  facts.push([
    "audit",
    audit.intact ? `${audit.events} events, chain intact` : "the chain is broken: relearn audit verify",
  ]);

  const waitingApproval = rollouts.find(({ rollout }) => rollout.state === "proposed");
  return {
    lines: facts.map(([name, text]) => `  ${name.padEnd(16)}${text}`),
    next: [
      "status",
      waitingApproval === undefined ? "approvals list" : `approvals show ${waitingApproval.approval_id}`,
      waiting > 0 ? `review ${AGENT}` : `canary status ${AGENT}`,
    ],
  };
}

type Rollout = Awaited<ReturnType<Relearn["rollouts"]["list"]>>[number]["rollout"];

/** Describes the outcome of a rollout in one or two sentences. */
function describeOutcome(rollout: Rollout): string {
  const approver = rollout.approvals.at(-1)?.by;
  switch (rollout.state) {
    case "proposed":
      return `Proposed by ${rollout.proposed_by}; waits for approval by another person.`;
    case "completed":
      return rollout.result === "unguarded"
        ? `Approved by ${approver}, deployed at once, because there was no bundle to compare it with.`
        : `Approved by ${approver}; canary over ${stages(rollout)} % in ${hours(rollout)} h: ${rollout.result === "better" ? "proven better" : "proven not worse"}.`;
    case "rolled_back":
      return `Approved by ${approver}; canary at ${stages(rollout)} % for ${hours(rollout)} h. ${rollout.reason?.text ?? ""}`;
    default:
      return `${rollout.state} at ${rollout.percent} %. ${rollout.reason?.text ?? ""}`;
  }
}

function stages(rollout: Rollout): string {
  return rollout.policy.stages.slice(0, (rollout.stage ?? 0) + 1).join(", ");
}

function hours(rollout: Rollout): number {
  const [from, to] = [rollout.started_at, rollout.ended_at].map((time) => Date.parse(time ?? ""));
  return Math.round(((to ?? 0) - (from ?? 0)) / 3_600_000);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
