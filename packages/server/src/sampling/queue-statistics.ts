/** Summary of queue statistics in one sentence. */
import type { QueueStatisticsPoint } from "@relearn/contract";
import type { ErrorsLeft } from "./stopping-signals.ts";

/** Summarises the number of labels, the held-out accuracy and the expected remaining errors in one sentence. */
export function describeQueueStatistics(
  now: QueueStatisticsPoint,
  points: readonly QueueStatisticsPoint[],
  errors: ErrorsLeft | null,
): string {
  const measured = points.filter((point) => point.accuracy !== null);
  const first = measured[0];
  const accuracy =
    now.accuracy === null
      ? "no bundle yet"
      : `held-out accuracy ${formatPercent(now.accuracy)}${
          first === undefined || first.bundle_id === now.bundle_id
            ? ""
            : ` (${formatPercent(first.accuracy!)} with the first ${first.labels})`
        }`;
  const left =
    errors === null
      ? "the number of wrong decisions is unknown until the control share has labels"
      : `about ${formatWhole(errors.expected)} (${formatWhole(errors.interval[0])} to ${formatWhole(errors.interval[1])}) of the ${formatWhole(now.unlabeled ?? 0)} unlabeled decisions of the last 7 days are wrong`;
  return `${formatWhole(now.labels)} labels: ${accuracy}; ${left}.`;
}

const formatPercent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const formatWhole = (value: number): string => Math.round(value).toLocaleString("en-US");
