/** Texts about a rollout and its newest analysis. */
import type { Analysis, DeltaInterval, Rollout, Verdict } from "@relearn/contract";
import { formatAmount, formatCount, formatRelative } from "../format/numbers.ts";
import { formatTime } from "../format/times.ts";

export type MeasureName = "quality" | "latency" | "cost" | "success";
export const measureNames: readonly MeasureName[] = ["quality", "latency", "cost", "success"];

/** "-6.1 % (-9.0 to -3.5)"; a side that the grid does not reach is open. */
export function deltaText(
  delta: number | null | undefined,
  interval: DeltaInterval | null | undefined,
): string {
  if (delta === null || delta === undefined) return "nothing to compare";
  return interval === null || interval === undefined
    ? formatRelative(delta)
    : `${formatRelative(delta)} ${intervalText(interval)}`;
}

export function intervalText({ lower, upper }: DeltaInterval): string {
  const side = (value: number | null, open: string) =>
    value === null ? open : formatRelative(value).replace(" %", "").replace("+", "");
  return `(${side(lower, "open")} to ${side(upper, "open")})`;
}

/** Reason for the rollout's state, in one sentence with the numbers. */
export function describeReason(rollout: Rollout, analysis: Analysis | null): string {
  if (rollout.reason !== null) return rollout.reason.text;
  if (analysis !== null) return analysis.verdict.reason;
  switch (rollout.state) {
    case "proposed":
      return `${rollout.proposed_by} proposes to release ${rollout.bundle_id}.`;
    case "approved":
      return `Approved by ${rollout.approvals.map((one) => one.by).join(", ")}; not started.`;
    case "canary":
    case "full":
      return "No analysis yet: no unit has an outcome.";
    default:
      return `${rollout.bundle_id} for ${rollout.agent}.`;
  }
}

/** Next step, as far as the gates tell; undefined if there is none. */
export function describeNextStep(rollout: Rollout, verdict: Verdict | undefined): string | undefined {
  if (rollout.state === "canary" || rollout.state === "full") {
    const waiting = verdict?.gates.filter((gate) => gate.status === "waiting") ?? [];
    if (waiting.length === 0) return "the guard analyzes it every hour.";
    const last = waiting
      .map((gate) => gate.expected_at)
      .filter((at) => at !== null)
      .sort()
      .at(-1);
    const when =
      last === undefined || waiting.some((gate) => gate.expected_at === null)
        ? ""
        : `, about ${formatTime(last)}`;
    return `${formatAmount(waiting.length, "gate")} waiting${when}; the guard analyzes it every hour.`;
  }
  if (rollout.state === "hold" || rollout.state === "ask") {
    return "a person resumes it or rolls it back.";
  }
  return undefined;
}

export function unitsText(verdict: Pick<Verdict, "units"> | undefined): string {
  if (verdict === undefined) return "0 canary, 0 active";
  return `${formatCount(verdict.units.canary)} canary, ${formatCount(verdict.units.active)} active`;
}

/** Bundle that gets all traffic if the rollout is rolled back. */
export function describeFallback(rollout: Rollout, lastKnownGood: string | null): string {
  return lastKnownGood ?? rollout.active_bundle_id ?? "the agent's defaults";
}

export function isRunning(rollout: Rollout): boolean {
  return ["canary", "full", "hold", "ask", "rolling_back"].includes(rollout.state);
}
