/** What the labels bought, and what the control share says about all traffic: documents and the sentence. */
import type { QueueStatisticsPoint } from "@relearn/contract";
import type { ErrorsLeft } from "./stopping-signals.ts";

/** One sentence: what was learned from how many labels, and what is left. */
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
      : `held-out accuracy ${percent(now.accuracy)}${
          first === undefined || first.bundle_id === now.bundle_id
            ? ""
            : ` (${percent(first.accuracy!)} with the first ${first.labels})`
        }`;
  const left =
    errors === null
      ? "how many wrong decisions are left is not known before the control share has labels"
      : `about ${whole(errors.expected)} (${whole(errors.interval[0])} to ${whole(errors.interval[1])}) of the ${whole(now.unlabeled ?? 0)} unlabeled decisions of the last 7 days are wrong`;
  return `${whole(now.labels)} labels: ${accuracy}; ${left}.`;
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
