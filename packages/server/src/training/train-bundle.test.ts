import { checkDecisionConfig, extractFeatures, prepareModel, scoreModel } from "@relearn/client";
import type { AgentDefinition } from "@relearn/contract";
import { describe, expect, it } from "vitest";
import { builtInAgents } from "../agents/built-in-agents.ts";
import { documentDigest } from "../digest.ts";
import { RelearnError } from "../errors.ts";
import { seededRandom, shuffled } from "../numerics/random.ts";
import { inboxExamples } from "./inbox-examples.fixture.ts";
import { trainBundle } from "./train-bundle.ts";
import type { TrainingExample } from "./training-example.ts";

const inbox = builtInAgents.find((agent) => agent.name === "inbox_triage")!;
const bundleClass = (example: TrainingExample): string | undefined => inbox.label_map?.[example.label];
const options = { relearnVersion: "0.0.0-test" };

describe("a bundle", () => {
  const examples = inboxExamples(300);

  it("is the same, bit for bit, whatever the order of the examples", () => {
    for (const modelType of ["logistic", "tree", "auto"] as const) {
      const first = trainBundle(inbox, examples, { ...options, modelType });
      for (const seed of [1, 2, 3]) {
        const mixed = shuffled(examples, seededRandom(seed));
        const again = trainBundle(inbox, mixed, { ...options, modelType });
        expect(documentDigest(again)).toBe(documentDigest(first));
      }
    }
  });

  it("changes its training digest with any label, value or weight", () => {
    const digest = (changed: TrainingExample): string =>
      trainBundle(inbox, [changed, ...examples.slice(1)], options).training_digest;
    const first = examples[0]!;
    const digests = [
      digest(first),
      digest({ ...first, label: bundleClass(first) === "safe" ? "High-Risk" : "Offer" }),
      digest({ ...first, confidence: 99 }),
      digest({ ...first, payload: { ...(first.payload as object), recipient_count: 77 } }),
      digest({ ...first, key: "mail-0" }),
    ];
    expect(new Set(digests).size).toBe(5);
  });

  it("has every field that a decision and an approval need, and passes the client's check", () => {
    const bundle = trainBundle(inbox, examples, options);
    expect(() => checkDecisionConfig(JSON.parse(JSON.stringify(bundle)))).not.toThrow();
    expect(bundle).toMatchObject({
      agent: "inbox_triage",
      version: "v1",
      training_count: 300,
      model_type: "LogisticRegression",
      sources_used: ["approvals"],
      positive: "quarantine",
      classes: ["safe", "quarantine"],
      left_out: {},
      relearn_version: "0.0.0-test",
    });
    expect(bundle.accuracy).toBe(bundle.evaluation.accuracy);
    expect(bundle.accuracy).toBeGreaterThan(bundle.evaluation.baseline_accuracy);
    expect(bundle.feature_importances.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 12);
    expect(bundle.model.calibration).not.toBeNull();
    const matrix = bundle.evaluation.confusion_matrix.flat();
    expect(matrix.reduce((sum, count) => sum + count, 0)).toBe(300);
    expect(bundle.warnings.map((warning) => warning.code)).toEqual(["constant_feature"]);
  });

  it("decides as the client's scorer does: its training accuracy is what the client gets", () => {
    for (const modelType of ["logistic", "tree"] as const) {
      const bundle = trainBundle(inbox, examples, { ...options, modelType });
      const scorer = prepareModel(bundle.model);
      const probabilities = new Float64Array(2);
      let right = 0;
      for (const example of examples) {
        const { values } = extractFeatures(example.payload, bundle.features);
        const label = scorer.classes[scorer.scoreInto(values, probabilities)];
        if (label === bundle.label_map[example.label]) right++;
      }
      expect(bundle.training_accuracy).toBe(right / examples.length);
    }
  });
});

describe("thresholds", () => {
  it("are where the decision turns, for each feature, with the others at their mean", () => {
    const definition: AgentDefinition = {
      ...inbox,
      features: inbox.features.map(({ min: _min, max: _max, ...feature }) => feature),
      thresholds: inbox.features.map((feature) => ({
        name: `${feature.name}_at`,
        boundary_of: feature.name,
        fallback: -1,
      })),
    };
    const bundle = trainBundle(definition, inboxExamples(300), options);
    if (bundle.model.model_type !== "LogisticRegression") throw new Error("expected a logistic model");
    const { mean, scale } = bundle.model.scaler;
    let turned = 0;
    for (const [index, feature] of bundle.features.entries()) {
      const name = `${feature.name}_at`;
      const side = bundle.threshold_sides[name]!;
      if (side === "none") continue;
      const at = (distance: number): string => {
        const values = Float64Array.from(mean);
        values[index] = bundle.thresholds[name]! + distance * scale[index]!;
        return scoreModel(bundle.model, values).label;
      };
      expect([at(-1e-6), at(1e-6)]).toEqual(
        side === "at_or_above" ? ["safe", "quarantine"] : ["quarantine", "safe"],
      );
      turned++;
    }
    // attachment_count is constant in these mails.
    expect(turned).toBe(6);
    expect(bundle.thresholds["attachment_count_at"]).toBe(-1);
  });

  it("of more than two classes are where P(positive) is one half", () => {
    const writer = builtInAgents.find((agent) => agent.name === "insights_writer")!;
    const random = seededRandom(5);
    const examples = Array.from({ length: 400 }, (_, index): TrainingExample => {
      const pattern = 100 * random.uniform();
      const noisy = pattern + 12 * random.normal();
      return {
        key: `rule-${index}`,
        payload: { pattern_strength: pattern, data_points_count: random.below(50) },
        label: noisy > 66 ? "high_quality" : noisy > 33 ? "medium_quality" : "low_quality",
        source: "feedback",
        source_id: String(index),
        confidence: 80,
        created_at: new Date(0),
      };
    });
    const bundle = trainBundle(writer, examples, options);
    if (bundle.model.model_type !== "LogisticRegression") throw new Error("expected a logistic model");
    const values = Float64Array.from(bundle.model.scaler.mean);
    values[0] = bundle.thresholds["pattern_strength_threshold"]!;
    expect(scoreModel(bundle.model, values).uncalibrated[2]).toBeCloseTo(0.5, 9);
    expect(values[0]).toBeGreaterThan(55);
    expect(values[0]).toBeLessThan(80);
    expect(bundle.threshold_sides["pattern_strength_threshold"]).toBe("at_or_above");
    expect(bundle.thresholds["min_data_points"]).toBe(10);
  });

  it("of a tree are its first split on the feature, and the fallback where it has none", () => {
    const bundle = trainBundle(inbox, inboxExamples(300), { ...options, modelType: "tree" });
    if (bundle.model.model_type !== "DecisionTree") throw new Error("expected a tree");
    const first = bundle.model.tree.nodes.find((node) => node.feature === 0)!;
    expect(bundle.thresholds["risk_score_threshold"]).toBe(first.threshold);
    expect(bundle.threshold_sides["risk_score_threshold"]).toBe("above");
    expect(bundle.thresholds["spf_dkim_weight"]).toBe(1);
    expect(bundle.warnings.map((warning) => warning.code)).toContain("threshold_fallback");
  });
});

describe("training is refused", () => {
  const catchCode = (run: () => unknown): [string, string] => {
    try {
      run();
    } catch (error) {
      if (error instanceof RelearnError) return [error.code, error.message];
      throw error;
    }
    throw new Error("nothing was thrown");
  };

  it("with fewer rows than asked for, giving the counts", () => {
    const examples = [...inboxExamples(49), { ...inboxExamples(60)[55]!, label: "unheard-of" }];
    const [code, message] = catchCode(() => trainBundle(inbox, examples, options));
    expect(code).toBe("insufficient_data");
    expect(message).toContain("49 training rows out of 50");
    expect(message).toContain("1 unmapped_label");
    expect(trainBundle(inbox, examples, { ...options, minExamples: 49 }).training_count).toBe(49);
  });

  it("with one class, with none, and without the positive class", () => {
    const one = inboxExamples(60).map((example) => ({ ...example, label: "Safe" }));
    expect(catchCode(() => trainBundle(inbox, one, options))[0]).toBe("insufficient_data");
    expect(catchCode(() => trainBundle(inbox, [], options))[0]).toBe("insufficient_data");
    const writer = builtInAgents.find((agent) => agent.name === "insights_writer")!;
    const low = inboxExamples(60).map((example, index) => ({
      ...example,
      payload: { pattern_strength: index },
      label: index % 2 === 0 ? "low_quality" : "medium_quality",
    }));
    expect(catchCode(() => trainBundle(writer, low, options))[1]).toContain("high_quality");
  });
});

describe("warnings", () => {
  const codes = (examples: TrainingExample[], modelType: "logistic" | "tree" = "logistic"): string[] =>
    trainBundle(inbox, examples, { ...options, modelType }).warnings.map((warning) => warning.code);

  it("say that labels are noise, unbalanced or rare", () => {
    const random = seededRandom(8);
    const noise = inboxExamples(200).map((example) => ({
      ...example,
      label: random.uniform() < 0.15 ? "Safe" : "High-Risk",
    }));
    expect(codes(noise)).toContain("below_baseline");
    const rare = inboxExamples(200).map((example, index) => ({
      ...example,
      label: index < 4 ? "High-Risk" : "Safe",
    }));
    expect(codes(rare)).toEqual(expect.arrayContaining(["unbalanced", "rare_class"]));
  });

  it("say that the data are separable, with the penalty in the way or not", () => {
    const clear = inboxExamples(200).map((example) => ({
      ...example,
      label: (example.payload as { risk_score: number }).risk_score > 50 ? "High-Risk" : "Safe",
    }));
    expect(codes(clear)).toContain("separable");
    expect(codes(clear, "tree")).toContain("separable");
    expect(codes(inboxExamples(200))).not.toContain("separable");
  });
});
