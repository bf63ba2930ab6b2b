/**
 * Checks for the four troubleshooting entries of the specification and its best practices.
 *
 * Each check is a pure function of the facts. Its finding is a sentence with the numbers, and it names the
 * command to run next. `problem`: something does not work. `warn`: it works, against best practice.
 */
import type { CheckName, CheckResult } from "@relearn/contract";
import { DAY_MS } from "../clock.ts";
import type { AgentFacts, InstallationFacts } from "./installation-facts.ts";

/** Minimum number of examples that training requires. */
const MIN_EXAMPLES = 50;
const MAX_CLASS_SHARE = 0.9;
const MIN_LABELS_PER_WEEK = 10;
const MIN_PREDICTIONS = 5;
const CANARY_STUCK_DAYS = 7;
const CANARY_START_PERCENT = 10;
/** The weights are updated every night; two missed nights are tolerated. */
const WEIGHTS_STALE_DAYS = 2;
const KEPT_BACKUPS = 3;

type Finding = Omit<CheckResult, "check" | "agent">;
type AgentCheck = (agent: AgentFacts, now: Date) => Finding;

/** Runs every check on every agent. An agent without data gets a single result. */
export function checkInstallation(facts: InstallationFacts): CheckResult[] {
  const results: CheckResult[] = [
    { check: "database", agent: null, ...checkDatabase(facts) },
    { check: "jobs", agent: null, ...checkJobs(facts) },
    { check: "four_eyes", agent: null, ...checkFourEyes(facts) },
  ];
  for (const agent of facts.agents) {
    if (!isInUse(agent)) {
      results.push({
        check: "in_use",
        agent: agent.agent,
        ...ok("No data has been received for this agent yet."),
      });
      continue;
    }
    for (const [check, run] of agentChecks) {
      results.push({ check, agent: agent.agent, ...run(agent, facts.now) });
    }
  }
  if (!facts.agents.some(isInUse)) {
    const finding = "No agent has labels or evaluation results yet.";
    results.push({ check: "in_use", agent: null, ...warn(finding, "relearn import gold FILE") });
  }
  return results;
}

const agentChecks: readonly (readonly [CheckName, AgentCheck])[] = [
  ["training_data", checkTrainingData],
  ["label_balance", checkBalance],
  ["labels_per_week", checkLabelsPerWeek],
  ["judge_weights", checkJudgeWeights],
  ["judge_predictions", checkJudgePredictions],
  ["review_queue", checkReviewQueue],
  ["canary_progress", checkCanaryProgress],
  ["canary_start", checkCanaryStart],
  ["backups", checkBackups],
];

function checkDatabase({ database, schema }: InstallationFacts): Finding {
  const engine = database === "embedded" ? "The embedded database" : "The PostgreSQL server";
  return ok(`${engine} responds; its schema version is ${schema}.`);
}

function checkJobs({ jobs }: InstallationFacts): Finding {
  const overdue = jobs.filter((job) => job.overdue_since !== null);
  if (overdue.length > 0) {
    const [first] = overdue;
    return problem(
      `Overdue jobs: ${joinNames(overdue.map((job) => job.job))}; ${first?.job} since ${first?.overdue_since}. No service has been running.`,
      "relearn serve",
    );
  }
  const failed = jobs.find((job) => job.last_run?.state === "failed");
  if (failed !== undefined) {
    return problem(
      `${failed.job} failed at ${failed.last_run?.finished_at}: ${failed.last_run?.error}`,
      `relearn jobs run ${failed.job}`,
    );
  }
  const paused = jobs.find((job) => job.paused !== null);
  if (paused !== undefined) {
    return warn(
      `${paused.job} is paused by ${paused.paused?.paused_by}: ${paused.paused?.reason}`,
      `relearn jobs resume ${paused.job} --reason TEXT`,
    );
  }
  return ok(`All ${jobs.length} jobs run on schedule; no last run failed.`);
}

function checkFourEyes({ four_eyes }: InstallationFacts): Finding {
  return four_eyes
    ? ok("The proposer of a bundle may not approve it.")
    : warn(
        "Four-eyes approval is off: one person can propose and approve a bundle.",
        "relearn settings set four_eyes on",
      );
}

/** Checks for "Bundle training fails with Insufficient data". */
function checkTrainingData(agent: AgentFacts): Finding {
  const count = sum(agent.trainable);
  const unusable = agent.unusable === 0 ? "" : `; ${agent.unusable} more have no class or no feature`;
  if (count >= MIN_EXAMPLES) return ok(`${count} trainable examples${unusable}.`);
  return problem(
    `${count} of the ${MIN_EXAMPLES} trainable examples that training requires${unusable}; ${agent.signals} approvals, feedback events and golden tasks were received.`,
    agent.signals > count ? "relearn feeds load" : "relearn import gold FILE",
  );
}

function checkBalance(agent: AgentFacts): Finding {
  const count = sum(agent.trainable);
  const [largest, maxCount = 0] = Object.entries(agent.trainable).sort(([, a], [, b]) => b - a)[0] ?? [];
  if (count === 0 || largest === undefined) return ok("There are no labels yet.");
  const share = `${formatPercent(maxCount / count)} of ${count} labels are ${largest}`;
  if (maxCount / count <= MAX_CLASS_SHARE) return ok(`${share}.`);
  return warn(
    `${share}, more than ${formatPercent(MAX_CLASS_SHARE)}: a model can reach a high accuracy by predicting only this class.`,
    `relearn sample ${agent.agent}`,
  );
}

function checkLabelsPerWeek(agent: AgentFacts): Finding {
  const finding = `${agent.labels_last_7_days} labels in the last 7 days`;
  return agent.labels_last_7_days >= MIN_LABELS_PER_WEEK
    ? ok(`${finding}.`)
    : warn(`${finding}; 10 to 20 a week are recommended.`, `relearn review list ${agent.agent}`);
}

/** Checks for "Judge weights not updating". */
function checkJudgeWeights(agent: AgentFacts, now: Date): Finding {
  if (agent.judged === 0) return ok("No evaluation result has judge scores, so there are no judge weights.");
  if (agent.judged_last_30_days === 0) {
    return problem(
      `None of the ${agent.judged} evaluation results with judge scores is from the last 30 days, on which the weights are based.`,
      "relearn import evaluations FILE",
    );
  }
  if (agent.judged_and_labeled === 0) {
    return problem(
      `None of the tasks of the ${agent.judged_last_30_days} evaluation results of the last 30 days has a label, so the weights cannot be updated.`,
      `relearn sample ${agent.agent}`,
    );
  }
  const evidence = `${agent.judged_and_labeled} of ${agent.judged_last_30_days} evaluation results of the last 30 days have a label`;
  const { weights_updated_at: updated } = agent;
  if (updated === null || now.getTime() - updated.getTime() > WEIGHTS_STALE_DAYS * DAY_MS) {
    const when = updated === null ? "never" : `last at ${updated.toISOString()}`;
    return problem(`${evidence}; the weights were updated ${when}.`, "relearn jobs run update_judge_weights");
  }
  return ok(`${evidence}; the weights were updated at ${updated.toISOString()}.`);
}

function checkJudgePredictions(agent: AgentFacts): Finding {
  const few = agent.judges.filter(({ predictions }) => predictions < MIN_PREDICTIONS);
  if (agent.judges.length === 0) return ok("There are no judge weights yet.");
  if (few.length === 0) {
    return ok(`Each of ${agent.judges.length} judges has at least ${MIN_PREDICTIONS} labeled predictions.`);
  }
  const counts = few.map(({ judge, predictions }) => `${judge} (${predictions})`);
  return warn(
    `${few.length} of ${agent.judges.length} judges have fewer than ${MIN_PREDICTIONS} labeled predictions, so their weights are unreliable: ${joinNames(counts)}.`,
    `relearn sample ${agent.agent}`,
  );
}

/** Checks for "Review queue empty". */
function checkReviewQueue(agent: AgentFacts): Finding {
  if (agent.open_review_items > 0) return ok(`${agent.open_review_items} items are waiting for a reviewer.`);
  if (agent.judged === 0) return ok("No evaluation results have been received yet.");
  if (agent.unlabeled_last_7_days > 0) {
    return problem(
      `The queue is empty, although ${agent.unlabeled_last_7_days} evaluation results of the last 7 days have no label: none was uncertain enough, or sampling did not run.`,
      `relearn sample ${agent.agent} --min-uncertainty 0.3`,
    );
  }
  return warn(
    `The queue is empty: every evaluation result of the last 7 days has a label (${agent.judged} results in total).`,
    "relearn import evaluations FILE",
  );
}

/** Checks for "Canary stuck in monitoring". */
function checkCanaryProgress(agent: AgentFacts, now: Date): Finding {
  const { rollout } = agent;
  if (rollout === null) return ok("No canary is running.");
  const position = `The canary is at ${rollout.percent} % (${rollout.state}${rollout.reason === null ? "" : `: ${rollout.reason}`})`;
  const entered = rollout.stage_entered_at;
  const days = entered === null ? 0 : (now.getTime() - entered.getTime()) / DAY_MS;
  if (days > CANARY_STUCK_DAYS) {
    return problem(
      `${position}, for ${Math.floor(days)} days. After ${CANARY_STUCK_DAYS} days, decide with canary promote or canary rollback.`,
      `relearn canary check ${agent.agent}`,
    );
  }
  return ok(`${position}, for ${days.toFixed(1)} days.`);
}

function checkCanaryStart(agent: AgentFacts): Finding {
  const first = agent.rollout?.first_stage;
  if (first === undefined) return ok("No canary is running.");
  return first <= CANARY_START_PERCENT
    ? ok(`The canary started at ${first} %.`)
    : warn(
        `The canary started at ${first} %; it is recommended to start at ${CANARY_START_PERCENT} % and observe it for 24 hours.`,
        `relearn canary check ${agent.agent}`,
      );
}

function checkBackups(agent: AgentFacts): Finding {
  if (agent.active_bundle_id === null) return ok("No bundle is active yet.");
  return ok(
    agent.backups === 0
      ? "The active bundle is the first, so there is no bundle to roll back to."
      : `${agent.backups} of at most ${KEPT_BACKUPS} previous bundles are available for a rollback.`,
  );
}

function isInUse(agent: AgentFacts): boolean {
  return (
    sum(agent.trainable) + agent.unusable + agent.signals + agent.judged > 0 ||
    agent.active_bundle_id !== null ||
    agent.rollout !== null
  );
}

const ok = (finding: string): Finding => ({ result: "ok", finding, next: null });
const warn = (finding: string, next: string): Finding => ({ result: "warn", finding, next });
const problem = (finding: string, next: string): Finding => ({ result: "problem", finding, next });
const sum = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((total, count) => total + count, 0);
const formatPercent = (share: number): string => `${Math.round(share * 100)} %`;
const joinNames = (list: readonly string[]): string => list.join(", ");
