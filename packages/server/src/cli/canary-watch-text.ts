/** Formats the evidence of a running rollout: as a page for a terminal, as a line for other outputs. */
import type { CanaryStatus, Gate, Rollout, Verdict } from "@relearn/contract";
import { formatCount, formatEValue, formatRelative, formatTime } from "../guard/verdict-words.ts";
import { formatBar } from "./output.ts";

/** Content of one refresh. */
export interface WatchedCanary {
  readonly status: CanaryStatus;
  /** Verdict that the guard would give now; null if no rollout is running. */
  readonly verdict: Verdict | null;
}

const BAR_WIDTH = 24;
const names: Readonly<Record<string, string>> = {
  harm: "harm",
  split: "split mismatch",
  missing: "outcomes missing",
  "gain.quality": "better",
};

/** Returns the lines of the page, each at most `columns` long. */
export function watchPage({ status, verdict }: WatchedCanary, now: Date, columns = 80): string[] {
  const { agent, rollout, release } = status;
  const lines: string[] = [];
  if (rollout === null || verdict === null) {
    lines.push(
      `${agent}: no rollout is running. Every unit gets ${release.active_bundle_id ?? "the definition's defaults"}.`,
    );
  } else {
    lines.push(
      `${agent}  ${rollout.bundle_id}  ${stageWords(rollout, now)}  ${now.toISOString().slice(11, 19)} UTC`,
      `${verdict.recommendation}: ${verdict.reason}`,
      ...(rollout.reason === null ? [] : [`${rollout.state}: ${rollout.reason.text}`]),
      "",
      ...measures(verdict),
      unitsWords(verdict),
      "",
      ...eValues(verdict),
      "",
      ...verdict.gates.map((gate) => `${gate.status.padEnd(8)} ${gate.text}`),
      "",
      expectedWords(verdict.gates),
    );
  }
  return lines.map((line) => (line.length > columns ? `${line.slice(0, Math.max(1, columns - 1))}…` : line));
}

/** Returns one line with the numbers, for logs and pipes. */
export function watchLine({ status, verdict }: WatchedCanary, now: Date): string {
  const { rollout } = status;
  const time = `${now.toISOString().slice(0, 19)}Z`;
  if (rollout === null || verdict === null) return `${time} ${status.agent} no rollout is running`;
  const values = Object.entries(verdict.thresholds).map(
    ([name, threshold]) => `${name} ${eText(verdict.e_values[name] ?? 0)}/${eText(threshold)}`,
  );
  const met = verdict.gates.filter((gate) => gate.status === "met").length;
  return [
    time,
    status.agent,
    `${rollout.state} ${rollout.percent} %`,
    verdict.recommendation,
    `units ${verdict.units.stage_canary}+${verdict.units.stage_active}`,
    ...values,
    `gates ${met}/${verdict.gates.length}`,
    verdict.reason,
  ].join("  ");
}

function stageWords(rollout: Rollout, now: Date): string {
  const { stages } = rollout.policy;
  const hours = (now.getTime() - Date.parse(rollout.stage_entered_at ?? now.toISOString())) / 3_600_000;
  const place = rollout.stage === null ? "" : `, stage ${rollout.stage + 1} of ${stages.length}`;
  return `${rollout.state} ${rollout.percent} %${place}, for ${hours.toFixed(1)} h`;
}

function measures(verdict: Verdict): string[] {
  const watched = Object.keys(verdict.deltas) as (keyof Verdict["deltas"])[];
  if (watched.length === 0 && verdict.quality_delta !== null) {
    return [
      `quality  ${formatRelative(verdict.quality_delta)}`,
      `latency  ${formatRelative(verdict.latency_delta)}`,
    ];
  }
  return watched.map((name) => {
    const interval = verdict.intervals[name];
    const bounds =
      interval == null
        ? ""
        : `  (95 % at every analysis: ${interval.lower === null ? "below" : formatRelative(interval.lower)} to ${interval.upper === null ? "above" : formatRelative(interval.upper)})`;
    return `${name.padEnd(8)} ${formatRelative(verdict.deltas[name]?.rollout ?? null).padStart(8)}${bounds}`;
  });
}

function unitsWords({ units }: Verdict): string {
  return `units    ${formatCount(units.canary)} canary, ${formatCount(units.active)} active; in this stage ${formatCount(units.stage_canary)} and ${formatCount(units.stage_active)}`;
}

/** Formats each e-value with its threshold, on a logarithmic scale; a full bar means proven. */
function eValues(verdict: Verdict): string[] {
  return Object.entries(verdict.thresholds).map(([name, threshold]) => {
    const value = verdict.e_values[name] ?? 0;
    const share = value > 1 ? Math.log(value) / Math.log(threshold) : 0;
    const title = names[name] ?? name.replace("not_worse.", "not worse: ");
    return `${title.padEnd(19)} ${formatBar(share, BAR_WIDTH).padEnd(BAR_WIDTH)} ${eText(value)} of ${eText(threshold)}`;
  });
}

function expectedWords(gates: readonly Gate[]): string {
  const waiting = gates.filter((gate) => gate.status === "waiting");
  if (gates.some((gate) => gate.status === "failed"))
    return "A gate has failed: the guard does not promote automatically.";
  if (waiting.length === 0) return gates.length === 0 ? "" : "Every gate is met: the next analysis promotes.";
  const dates = waiting.map((gate) => gate.expected_at);
  if (dates.some((date) => date === null)) return "Expected: not known yet.";
  const last = dates.reduce<string>((latest, date) => (date !== null && date > latest ? date : latest), "");
  return `Expected: the next stage about ${formatTime(new Date(last))}, at the current traffic.`;
}

function eText(value: number): string {
  return formatEValue(Math.log(value));
}
