/** Formats the plan and the backtest of a request, which an approver reads with the diff. */
import type { ApprovalBacktest, BacktestDecision, BacktestExample, RolloutPlan } from "@relearn/contract";
import { planSentence } from "../guard/planner.ts";
import { formatCount } from "../guard/verdict-words.ts";
import { formatTable } from "./output.ts";

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const CONTRIBUTIONS_SHOWN = 3;

/** Returns one line, or none if there is no plan. */
export function formatPlan(plan: RolloutPlan | null): string[] {
  return plan === null ? [] : [planSentence(plan)];
}

/** Returns the summary as the first line, then the pairs of classes, who was right, and the examples. */
export function formatBacktest(backtest: ApprovalBacktest | null): string[] {
  if (backtest === null) return ["No bundle was active, so there is no backtest of the last 7 days."];
  const { payloads, different, share, labeled_different: scored, by_class, examples } = backtest;
  if (payloads === 0) return ["No traffic was recorded in the last 7 days, so there is no backtest."];
  const payloadCount = `${formatCount(payloads)} ${backtest.is_sample ? "newest " : ""}payloads of the last 7 days`;
  const lines = [
    `Different decisions: ${formatCount(different)} of the ${payloadCount} (${percent(share)}).`,
  ];
  if (different === 0) return lines;
  if (scored.payloads > 0) {
    lines.push(
      `Right by the labels: new ${scored.new_right}, old ${scored.old_right}, neither ${scored.neither_right} of ${scored.payloads}.`,
    );
  }
  lines.push(
    "",
    formatTable(
      ["old", "new", "count"],
      by_class.map((pair) => [pair.old, pair.new, formatCount(pair.count)]),
      ["left", "left", "right"],
    ),
  );
  if (examples.length > 0) lines.push("", "Most telling examples:", ...examples.flatMap(formatExample));
  return lines;
}

function formatExample(example: BacktestExample): string[] {
  const label = example.label === null ? "" : `; label ${example.label}: ${describeRight(example)}`;
  return [
    `${example.task_key}  ${example.at.slice(0, 16).replace("T", " ")} UTC${label}`,
    `  old ${formatDecision(example.old)}`,
    `  new ${formatDecision(example.new)}`,
  ];
}

function describeRight({ right }: BacktestExample): string {
  return right === "neither" ? "neither is right" : `the ${right} bundle is right`;
}

function formatDecision({ label, probability, explanation }: BacktestDecision): string {
  const moved = [...explanation.contributions]
    .filter((one) => one.contribution !== 0)
    .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution))
    .slice(0, CONTRIBUTIONS_SHOWN)
    .map(
      (one) =>
        `${one.feature} ${Number(one.value.toPrecision(4))} (${one.contribution > 0 ? "+" : ""}${one.contribution.toFixed(2)})`,
    );
  const reason = moved.length === 0 ? "" : `; for ${explanation.class}: ${moved.join(", ")}`;
  return `${label} ${percent(probability)}${reason}`;
}
