/** What the labels bought, and what the control share says about all traffic: documents and the sentence. */
import type { PredictionPoweredMean } from "../numerics/prediction-powered-mean.ts";
import type { ErrorsLeft, Settlement } from "./stopping-signals.ts";

/** How things stood at one time; what was not known then is null. */
export interface ProgressPoint {
  readonly measured_at: string;
  readonly labels: number;
  readonly bundle_id: string | null;
  /** Held-out accuracy of that bundle, with its 95 % interval. */
  readonly accuracy: number | null;
  readonly accuracy_interval: readonly [number, number] | null;
  /** Tasks of seven days without a label, and how many of their decisions are expected to be wrong (95 %). */
  readonly unlabeled: number | null;
  readonly expected_errors: number | null;
  readonly expected_errors_interval: readonly [number, number] | null;
}

export interface LearningProgress {
  readonly agent: string;
  /** The state of things now; its accuracy is the newest bundle's. */
  readonly now: ProgressPoint & { readonly control_labels: number };
  /** Oldest first: each bundle when it was trained, and each night. */
  readonly points: readonly ProgressPoint[];
  /** Whether the last bundles answer alike; null with fewer than two bundles or nothing to answer. */
  readonly settlement: Settlement | null;
  /** The sentence for people. */
  readonly summary: string;
}

/** A share of all evaluation results, by prediction-powered inference from the control share. */
export interface PopulationFigure extends Omit<PredictionPoweredMean, "mean"> {
  readonly estimate: number;
  /** What the labels say without any prediction. */
  readonly labels_only: { readonly estimate: number; readonly interval: readonly [number, number] };
}

export interface PopulationFigures {
  readonly agent: string;
  readonly from: string;
  readonly to: string;
  /** Of the intervals. */
  readonly level: number;
  /** Evaluation results of the span that had their chance to be drawn. */
  readonly population: number;
  readonly control: { readonly drawn: number; readonly labeled: number };
  /** Share whose true class is `positive`; null without a control label. */
  readonly positive: string | null;
  readonly positive_rate: PopulationFigure | null;
  /** Share whose decision is wrong: the agent's own, or the judges' likeliest class where it told none. */
  readonly decision_error: PopulationFigure | null;
}

/** One sentence: what was learned from how many labels, and what is left. */
export function describeProgress(
  now: ProgressPoint,
  points: readonly ProgressPoint[],
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
