import type { AgentDefinition } from "@relearn/contract";
import { expect, it } from "vitest";
import { agentFields, toDefinition } from "./agent-fields.ts";
import { definitionDiff } from "./definition-diff.ts";

const stored: AgentDefinition = {
  name: "inbox_triage",
  description: "Decides whether a mail is quarantined.",
  classes: ["safe", "quarantine"],
  positive: "quarantine",
  label_map: { Offer: "safe", "*": "quarantine" },
  features: [
    { name: "risk_score", path: "risk.score", kind: "number", default: 0, min: 0, max: 100 },
    { name: "has_spf_fail", path: "spf_fail", kind: "boolean", default: false },
    { name: "keywords", path: "keywords", kind: "length", default: 0 },
  ],
  thresholds: [
    { name: "risk_score_threshold", boundary_of: "risk_score", fallback: 50 },
    { name: "spf_weight", weight_of: ["has_spf_fail", "keywords"], fallback: 1 },
    { name: "least", constant: 10 },
  ],
  redact: ["sender.name"],
  costs: { error: 5, review: 1 },
  reviews_per_item: 2,
};

it("says of a stored definition what is stored, so that opening and saving it changes nothing", () => {
  const parsed = toDefinition(agentFields(stored));
  expect(parsed).toEqual({ definition: stored });
  expect("definition" in parsed && definitionDiff(stored, parsed.definition)).toEqual([]);
});

it("leaves out what is empty", () => {
  const least: AgentDefinition = {
    name: "mine",
    features: [{ name: "size", path: "size", kind: "number", default: 0 }],
  };
  expect(toDefinition(agentFields(least))).toEqual({ definition: least });
});

const fields = agentFields(stored);
it.each([
  ["name", { name: "Inbox Triage" }],
  ["classes", { classes: "safe" }],
  ["positive", { positive: "Quarantine" }],
  ["features.0.default", { features: [{ ...fields.features[0]!, default: "101" }] }],
  ["features.0.max", { features: [{ ...fields.features[0]!, max: "0" }] }],
  ["features.0.min", { features: [{ ...fields.features[1]!, min: "0" }] }],
  ["features.1.name", { features: [fields.features[0]!, fields.features[0]!] }],
  ["thresholds.0.of", { thresholds: [{ ...fields.thresholds[0]!, of: "riskscore" }] }],
  ["thresholds.0.value", { thresholds: [{ ...fields.thresholds[2]!, value: "" }] }],
  ["labelMap.0.to", { labelMap: [{ label: "Offer", to: "Safe" }] }],
  ["redact", { redact: "sender..name" }],
  ["reviewCost", { reviewCost: "" }],
  ["reviewsPerItem", { reviewsPerItem: "6" }],
])("finds the fault at %s", (id, changed) => {
  const parsed = toDefinition({ ...fields, ...changed });
  expect("faults" in parsed && parsed.faults.map((fault) => fault.id)).toContain(id);
});
