import type { FeatureDeclaration } from "@relearn/client";
import type { AgentDefinition } from "@relearn/contract";

const number = (
  name: string,
  bounds: { min?: number; max?: number } = {},
  fallback = 0,
): FeatureDeclaration => ({
  name,
  path: name,
  kind: "number",
  default: fallback,
  ...bounds,
});

const qualityClasses = ["low_quality", "medium_quality", "high_quality"] as const;

/** The three agents of the specification, with its features, defaults and thresholds. */
export const builtInAgents: readonly AgentDefinition[] = [
  {
    name: "inbox_triage",
    description: "Decides whether a mail is quarantined.",
    classes: ["safe", "quarantine"],
    positive: "quarantine",
    label_map: {
      quarantine_approved: "quarantine",
      quarantine_rejected: "safe",
      "High-Risk": "quarantine",
      Offer: "safe",
      Safe: "safe",
    },
    features: [
      number("risk_score", { min: 0, max: 100 }),
      { name: "has_spf_fail", path: "spf_fail", kind: "boolean", default: false },
      { name: "has_dkim_fail", path: "dkim_fail", kind: "boolean", default: false },
      { name: "suspicious_keywords_count", path: "suspicious_keywords", kind: "length", default: 0, min: 0 },
      { name: "attachment_count", path: "attachments", kind: "length", default: 0, min: 0 },
      number("sender_domain_age_days", { min: 0 }),
      number("recipient_count", { min: 0 }, 1),
    ],
    thresholds: [
      { name: "risk_score_threshold", boundary_of: "risk_score", fallback: 50 },
      { name: "spf_dkim_weight", weight_of: ["has_spf_fail", "has_dkim_fail"], fallback: 1 },
    ],
  },
  {
    name: "insights_writer",
    description: "Decides whether an insight is worth writing.",
    classes: qualityClasses,
    positive: "high_quality",
    features: [
      number("pattern_strength", { min: 0, max: 100 }),
      number("data_points_count", { min: 0 }),
      number("confidence_score", { min: 0, max: 100 }),
      number("statistical_significance", { min: 0, max: 1 }),
      number("novelty_score", { min: 0, max: 100 }),
    ],
    thresholds: [
      { name: "pattern_strength_threshold", boundary_of: "pattern_strength", fallback: 70 },
      { name: "min_data_points", constant: 10 },
    ],
  },
  {
    name: "knowledge_update",
    description: "Decides whether a fact is merged into the knowledge base.",
    classes: qualityClasses,
    positive: "high_quality",
    features: [
      number("similarity_score", { min: 0, max: 100 }),
      number("frequency_delta"),
      number("co_occurrence_count", { min: 0 }),
      number("context_overlap_ratio", { min: 0, max: 1 }),
    ],
    thresholds: [
      { name: "similarity_threshold", boundary_of: "similarity_score", fallback: 80 },
      { name: "min_co_occurrence", constant: 3 },
    ],
  },
];
