import fc from "fast-check";
import { expect, test } from "vitest";
import type { LogisticModelDocument, ModelDocument } from "./bundle-document.ts";
import { explainDecision } from "./explain-decision.ts";
import { binary, multinomial, rows, tree } from "./reference-models.fixture.ts";
import { scoreModel } from "./score-model.ts";

const finite = (limit: number) => fc.double({ min: -limit, max: limit, noNaN: true });
const vector = (length: number, limit: number) =>
  fc.array(finite(limit), { minLength: length, maxLength: length });

const anyLogistic: fc.Arbitrary<LogisticModelDocument> = fc
  .record({ classCount: fc.integer({ min: 2, max: 5 }), width: fc.integer({ min: 1, max: 8 }) })
  .chain(({ classCount, width }) =>
    fc.record({
      model_type: fc.constant("LogisticRegression" as const),
      classes: fc.constant(["a", "b", "c", "d", "e"].slice(0, classCount)),
      feature_names: fc.constant(Array.from({ length: width }, (_, j) => `f${j}`)),
      scaler: fc.record({
        mean: vector(width, 100),
        scale: fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), {
          minLength: width,
          maxLength: width,
        }),
      }),
      coef: fc.array(vector(width, 3), {
        minLength: classCount === 2 ? 1 : classCount,
        maxLength: classCount === 2 ? 1 : classCount,
      }),
      intercept: vector(classCount === 2 ? 1 : classCount, 3),
      calibration: fc.constant(null),
    }),
  );

test("logistic: intercept and contributions sum to the log-odds of the two classes named", () => {
  fc.assert(
    fc.property(
      anyLogistic.chain((model) =>
        fc.record({ model: fc.constant(model), row: vector(model.feature_names.length, 100) }),
      ),
      fc.nat(4),
      ({ model, row }, which) => {
        const values = Float64Array.from(row);
        const about = model.classes[which % model.classes.length]!;
        const explanation = explainDecision(model, values, about);
        if (explanation.model_type !== "LogisticRegression") throw new Error("a logistic model");
        const sum = explanation.contributions.reduce((s, c) => s + c.contribution, explanation.intercept);
        const scale = explanation.contributions.reduce((s, c) => s + Math.abs(c.contribution), 1);
        expect(Math.abs(sum - explanation.log_odds)).toBeLessThanOrEqual(1e-12 * scale);
        const shares = scoreModel(model, values).uncalibrated;
        const [one, other] = [about, explanation.against].map((name) => shares[model.classes.indexOf(name)]!);
        expect(explanation.class).toBe(about);
        expect(explanation.against).not.toBe(about);
        // Shares that rounded to 0 or 1 have lost their odds; the sum has not.
        if (Math.min(one!, other!) > 1e-12) {
          const odds = Math.log(one! / other!);
          expect(Math.abs(odds - explanation.log_odds)).toBeLessThanOrEqual(1e-3 + 1e-9 * scale);
        }
      },
    ),
  );
});

test("a binary explanation in numbers", () => {
  const explanation = explainDecision(binary, rows[1]!, "quarantine");
  if (explanation.model_type !== "LogisticRegression") throw new Error("a logistic model");
  expect(explanation).toMatchObject({ label: "quarantine", class: "quarantine", against: "safe" });
  expect(explanation.contributions[0]).toMatchObject({ feature: "x0", value: 71.5 });
  expect(explanation.contributions[0]!.contribution).toBeCloseTo(
    (1.654254153167297 * (71.5 - 49.5545)) / 9.832260239470203,
    9,
  );
  expect(explanation.log_odds).toBeCloseTo(Math.log(0.8142061658175669 / 0.18579383418243312), 10);
  const turned = explainDecision(binary, rows[1]!, "safe");
  expect(turned.model_type === "LogisticRegression" && turned.log_odds).toBeCloseTo(
    -explanation.log_odds,
    12,
  );
});

test("a class that the model does not have: the label is explained, against its nearest rival", () => {
  const explanation = explainDecision(multinomial, rows[0]!, "unheard of");
  expect(explanation).toMatchObject({ label: "medium", class: "medium", against: "high" });
});

test("tree: base share and contributions sum to the leaf's share; the path leads there", () => {
  fc.assert(
    fc.property(vector(3, 100), fc.constantFrom("low", "medium", "high"), (row, about) => {
      const values = Float64Array.from(row);
      const explanation = explainDecision(tree as ModelDocument, values, about);
      if (explanation.model_type !== "DecisionTree") throw new Error("a tree");
      const sum = explanation.contributions.reduce((s, c) => s + c.contribution, explanation.base_share);
      expect(sum).toBeCloseTo(explanation.uncalibrated_probability, 12);
      expect(explanation.path.at(-1)!.share_after).toBe(explanation.uncalibrated_probability);
      for (const step of explanation.path) {
        expect(step.value <= step.threshold).toBe(step.side === "at_or_below");
      }
      const asked = new Set(explanation.path.map((step) => step.feature));
      for (const { feature, contribution } of explanation.contributions) {
        if (!asked.has(feature)) expect(contribution).toBe(0);
      }
    }),
  );
});
