export interface ReviewChoice {
  readonly method: string;
  /** Uncertainty in the method's own measure, 0-1. */
  readonly uncertainty: number;
  readonly is_control: boolean;
}

/** Explains to a reviewer why an item was chosen. States how certain the judges are, never their verdicts. */
export function explainChoice(choice: ReviewChoice): string {
  const u = choice.uncertainty;
  if (choice.is_control) return "Drawn at random as part of the control share.";
  switch (choice.method) {
    case "no_judges":
      return "No judge has evaluated this.";
    case "no_verdicts":
      return "Judges evaluated this and none gave a verdict.";
    case "disagreement":
      return `Judges disagree (entropy ${u.toFixed(2)}).`;
    case "low_confidence":
      return `Judges agree with low confidence (${percent(1 - u)}).`;
    case "weighted_variance":
      return `Judges agree, but their confidence differs (scaled variance ${u.toFixed(2)}).`;
    case "calibrated":
      return `The estimated probability that the judges' combined answer is wrong is ${percent(u)}.`;
    case "margin":
      return `The two likeliest answers are close (margin ${(1 - u).toFixed(2)}).`;
    case "entropy":
      return `The judges' combined answer is uncertain (entropy ${u.toFixed(2)}).`;
    case "cold_start":
      return "Typical of a group of similar tasks. There are too few labels yet to rank by.";
    case "requested":
      return "A person requested this review.";
    default:
      return "Drawn at random.";
  }
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
