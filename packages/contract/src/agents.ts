import { z } from "zod";
import type { Document } from "./document.ts";
import { time } from "./fields.ts";

/** Names are used in keys, URLs and file names, so only plain characters are allowed. */
const name = z
  .string()
  .regex(
    /^[a-z][a-z0-9_]{0,62}$/,
    "must be lower-case letters, digits and _, beginning with a letter, at most 63",
  );
const label = z.string().min(1, "must not be empty").max(200, "must have at most 200 characters");
const path = z
  .string()
  .regex(/^[^.\s][^.]*(\.[^.]+)*$/, "must be names joined by dots, e.g. sender.domain_age_days")
  .max(200);
const finite = z.number("must be a number");

const feature = z
  .strictObject({
    name,
    path,
    kind: z
      .enum(["number", "boolean", "length"])
      .describe(
        "`number`: a finite number or a numeric string; `boolean`: 0 or 1; `length`: the length of a list",
      ),
    default: z
      .union([finite, z.boolean()], "must be a number, or true or false")
      .describe("Used if the payload has no usable value at the path"),
    min: finite.optional().describe("Bounds in the feature's own unit; values beyond are clamped"),
    max: finite.optional(),
  })
  .superRefine((value, context) => {
    if ((value.kind === "boolean") !== (typeof value.default === "boolean")) {
      context.addIssue({
        code: "custom",
        path: ["default"],
        message:
          value.kind === "boolean"
            ? "must be true or false for a boolean"
            : `must be a number for a ${value.kind}`,
      });
    }
    if (value.kind === "boolean" && (value.min !== undefined || value.max !== undefined)) {
      context.addIssue({ code: "custom", path: ["min"], message: "a boolean has no bounds" });
    }
    if (value.min !== undefined && value.max !== undefined && value.min >= value.max) {
      context.addIssue({ code: "custom", path: ["max"], message: `must be greater than min (${value.min})` });
    }
    if (
      typeof value.default === "number" &&
      ((value.min !== undefined && value.default < value.min) ||
        (value.max !== undefined && value.default > value.max))
    ) {
      context.addIssue({
        code: "custom",
        path: ["default"],
        message: `must lie within the bounds ${value.min ?? "-∞"} to ${value.max ?? "∞"}`,
      });
    }
  });

const threshold = z.union([
  z.strictObject({ name, boundary_of: name, fallback: finite }),
  z.strictObject({ name, weight_of: z.array(name).min(1, "must name a feature"), fallback: finite }),
  z.strictObject({ name, constant: finite }),
]);

/** An agent definition as users write it. Unknown fields are rejected, so that a misspelt one is noticed. */
export const agentDefinitionSchema = z
  .strictObject({
    name,
    description: z.string().max(1000).optional(),
    classes: z
      .array(label)
      .min(2, "needs two classes or more")
      .max(100)
      .optional()
      .describe("Classes in order; default: the labels found in training, sorted"),
    positive: label
      .optional()
      .describe("Class that thresholds and probabilities refer to; default: the last class"),
    label_map: z
      .record(label, label)
      .optional()
      .describe("Raw label to class; `*` matches every other label. A class maps to itself"),
    features: z.array(feature).min(1, "needs at least one feature").max(1000),
    thresholds: z.array(threshold).max(100).optional(),
    redact: z.array(path).max(100).optional().describe("Payload paths that are never stored"),
    costs: z
      .strictObject({
        error: finite.positive("must be above 0"),
        review: finite.nonnegative("must be 0 or more"),
      })
      .optional()
      .describe(
        "Cost of a wrong decision and of one review, in the same unit; determines the order of the review queue",
      ),
    reviews_per_item: z
      .int("must be a whole number, 1 to 5")
      .min(1, "must be a whole number, 1 to 5")
      .max(5, "must be a whole number, 1 to 5")
      .optional()
      .describe("Number of people who must label an item before the label counts"),
  })
  .superRefine((definition, context) => {
    const issue = (at: (string | number)[], message: string): void =>
      context.addIssue({ code: "custom", path: at, message });
    repeated(
      definition.features.map((one) => one.name),
      (index, value) => issue(["features", index, "name"], `repeats "${value}"`),
    );
    repeated(
      (definition.thresholds ?? []).map((one) => one.name),
      (index, value) => issue(["thresholds", index, "name"], `repeats "${value}"`),
    );
    repeated(definition.classes ?? [], (index, value) => issue(["classes", index], `repeats "${value}"`));
    const featureNames = new Set(definition.features.map((one) => one.name));
    definition.thresholds?.forEach((one, index) => {
      const named = "boundary_of" in one ? [one.boundary_of] : "weight_of" in one ? one.weight_of : [];
      for (const wanted of named) {
        if (!featureNames.has(wanted))
          issue(
            ["thresholds", index],
            `names the feature "${wanted}"; the features are ${[...featureNames].join(", ")}`,
          );
      }
    });
    if (definition.classes !== undefined) {
      const classes = new Set(definition.classes);
      if (definition.positive !== undefined && !classes.has(definition.positive)) {
        issue(["positive"], `"${definition.positive}" is none of the classes ${[...classes].join(", ")}`);
      }
      for (const [raw, target] of Object.entries(definition.label_map ?? {})) {
        if (!classes.has(target))
          issue(
            ["label_map", raw],
            `maps to "${target}", which is none of the classes ${[...classes].join(", ")}`,
          );
      }
    }
  })
  .meta({
    id: "AgentDefinition",
    examples: [
      {
        name: "inbox_triage",
        classes: ["safe", "quarantine"],
        positive: "quarantine",
        features: [{ name: "risk_score", path: "risk_score", kind: "number", default: 0, min: 0, max: 100 }],
        thresholds: [{ name: "risk_score_threshold", boundary_of: "risk_score", fallback: 70 }],
      },
    ],
  });

function repeated(values: readonly string[], report: (index: number, value: string) => void): void {
  const seen = new Set<string>();
  values.forEach((value, index) => {
    if (seen.has(value)) report(index, value);
    seen.add(value);
  });
}
/**
 * Definition of an agent: features that its model reads, classes that it decides between, and thresholds of its config.
 */
export type AgentDefinition = Document<typeof agentDefinitionSchema>;

export const agentSchema = z
  .strictObject({
    definition: agentDefinitionSchema,
    definition_digest: z.string(),
    built_in: z.boolean(),
    updated_at: time,
  })
  .meta({ id: "Agent" });
export type StoredAgent = Document<typeof agentSchema>;

export const appliedAgentSchema = z
  .strictObject({
    name: z.string(),
    definition_digest: z.string(),
    changed: z.boolean().describe("False if the stored definition was already the same"),
  })
  .meta({ id: "AppliedAgent" });
export type AppliedAgent = Document<typeof appliedAgentSchema>;

export const agentListSchema = z.object({ agents: z.array(agentSchema) });
