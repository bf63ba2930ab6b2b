import type { BatchReason } from "./select-batch.ts";
import type { UncertaintyMethod } from "./specification-uncertainty.ts";

export interface ReviewReason {
  readonly reason: BatchReason;
  /** Of the specification's measure, where that chose the task. */
  readonly method?: UncertaintyMethod;
  /** P(the panel's decision is wrong), 0-1, where the panel chose it. */
  readonly error_probability?: number;
  readonly inclusion_probability?: number | null;
}

const methodTexts: Record<UncertaintyMethod, string> = {
  no_judges: "no judge has looked at it",
  no_verdicts: "the judges gave no verdict",
  disagreement: "the judges disagree",
  low_confidence: "the judges agree, with little confidence",
  weighted_variance: "the judges agree, some much surer than others",
};

/** The answer to a reviewer's "why am I seeing this", in one sentence that shows no verdict. */
export function describeReviewReason(item: ReviewReason): string {
  switch (item.reason) {
    case "control":
      return item.inclusion_probability == null
        ? "Drawn at random for the control share, which tells how everything else fares."
        : `Drawn at random for the control share (every open task had a chance of ${percent(item.inclusion_probability)}), which tells how everything else fares.`;
    case "cold_start":
      return "Typical of a kind of task: there are too few labels yet to know what is worth asking.";
    case "value":
      if (item.method !== undefined) return `Uncertain: ${methodTexts[item.method]}.`;
      return item.error_probability === undefined
        ? "A label is worth most here."
        : `A label is worth most here: the decision is wrong with a probability of ${percent(item.error_probability)}.`;
  }
}

function percent(share: number): string {
  const value = 100 * share;
  return `${value >= 10 ? value.toFixed(0) : value >= 0.1 ? value.toFixed(1) : value.toPrecision(1)} %`;
}
