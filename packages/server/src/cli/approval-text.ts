/** What an approver reads beside the diff: when a verdict can be expected, and what would have been different. */
import type { ApprovalBacktest, BacktestDecision, BacktestExample, RolloutPlan } from "@relearn/contract";
import { planSentence } from "../guard/planner.ts";
import { formatCount } from "../guard/verdict-words.ts";
import { formatTable } from "./output.ts";

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const CONTRIBUTIONS_SHOWN = 3;

/** One line, or none where no plan was made. */
export function formatPlan(plan: RolloutPlan | null): string[] {
  return plan === null ? [] : [planSentence(plan)];
}

/** The first line is the summary; the pairs of classes, who was right, and the examples follow. */
export function formatBacktest(backtest: ApprovalBacktest | null): string[] {
  if (backtest === null)
    return ["Nothing was active: there is nothing to compare last week's decisions with."];
  const { payloads, different, share, labeled_different: scored, by_class, examples } = backtest;
  if (payloads === 0) return ["No traffic was recorded in the last 7 days: nothing could be decided again."];
  const of = `${formatCount(payloads)} ${backtest.is_sample ? "newest " : ""}payloads of the last 7 days`;
  const lines = [`Decided differently: ${formatCount(different)} of the ${of} (${percent(share)}).`];
  if (different === 0) return lines;
  if (scored.payloads > 0) {
    lines.push(
      `Where labels say who was right: new ${scored.new_right}, old ${scored.old_right}, neither ${scored.neither_right} of ${scored.payloads}.`,
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
  if (examples.length > 0) lines.push("", "The most telling:", ...examples.flatMap(formatExample));
  return lines;
}

function formatExample(example: BacktestExample): string[] {
  const label = example.label === null ? "" : `; label ${example.label}: ${rightWords(example)}`;
  return [
    `${example.task_key}  ${example.at.slice(0, 16).replace("T", " ")} UTC${label}`,
    `  old ${formatDecision(example.old)}`,
    `  new ${formatDecision(example.new)}`,
  ];
}

function rightWords({ right }: BacktestExample): string {
  return right === "neither" ? "neither was right" : `the ${right} one was right`;
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
  const why = moved.length === 0 ? "" : `; for ${explanation.class}: ${moved.join(", ")}`;
  return `${label} ${percent(probability)}${why}`;
}
