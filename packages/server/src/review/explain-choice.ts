export interface ReviewChoice {
  readonly method: string;
  /** In the method's own measure, 0-1. */
  readonly uncertainty: number;
  readonly is_control: boolean;
}

/** The line "why am I seeing this". Says how sure the judges were, never what they said. */
export function explainChoice(choice: ReviewChoice): string {
  const u = choice.uncertainty;
  if (choice.is_control) return "Picked at random, to keep the figures honest.";
  switch (choice.method) {
    case "no_judges":
      return "No judge has looked at this.";
    case "no_verdicts":
      return "Judges looked at this and none gave a verdict.";
    case "disagreement":
      return `Judges disagree (entropy ${u.toFixed(2)}).`;
    case "low_confidence":
      return `Judges agree and are unsure (confidence ${percent(1 - u)}).`;
    case "weighted_variance":
      return `Judges agree with very different confidence (scaled variance ${u.toFixed(2)}).`;
    case "calibrated":
      return `The judges together are wrong here with a chance of ${percent(u)}.`;
    case "margin":
      return `Two answers are almost equally likely (margin ${(1 - u).toFixed(2)}).`;
    case "entropy":
      return `The judges together cannot tell (entropy ${u.toFixed(2)}).`;
    case "cold_start":
      return "Typical of its kind: there are too few labels yet to rank by.";
    case "requested":
      return "Somebody asked for a review of this.";
    default:
      return "Picked at random.";
  }
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
