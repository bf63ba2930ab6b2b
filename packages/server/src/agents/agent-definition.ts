import type { FeatureDeclaration, ThresholdDeclaration } from "@relearn/client";

/**
 * A named agent under improvement: what its model reads, what it answers, and what comes out as config.
 * A document, as stored and sent; `parseAgentDefinition` makes one from outside input.
 */
export interface AgentDefinition {
  readonly name: string;
  readonly description?: string;
  /** The answers in order; left out: the labels found in training, sorted. */
  readonly classes?: readonly string[];
  /** The class that thresholds and probabilities are about; left out: the last class. */
  readonly positive?: string;
  /** Raw label to class; `*` stands for every label not named. A class maps to itself. */
  readonly label_map?: Readonly<Record<string, string>>;
  readonly features: readonly FeatureDeclaration[];
  readonly thresholds?: readonly ThresholdDeclaration[];
  /** Payload paths that are never stored. */
  readonly redact?: readonly string[];
  /** Cost of a wrong decision and of one review, in the same unit; for the order of the review queue. */
  readonly costs?: { readonly error: number; readonly review: number };
  /** How many people label one item before it counts. */
  readonly reviews_per_item?: number;
}
