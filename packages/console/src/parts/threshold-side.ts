import type { BundleDocument } from "@relearn/client";

/** Describes the side of a threshold on which the decision is the positive class; empty if it has no sides. */
export function sideText(bundle: BundleDocument, threshold: string): string {
  switch (bundle.threshold_sides[threshold]) {
    case "at_or_above":
      return `at or above: ${bundle.positive}`;
    case "at_or_below":
      return `at or below: ${bundle.positive}`;
    case "above":
      return `above: ${bundle.positive}`;
    default:
      return "";
  }
}
