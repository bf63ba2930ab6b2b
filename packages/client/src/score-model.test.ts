import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { CalibrationDocument, ModelDocument } from "./bundle-document.ts";
import { boundedLogit, sigmoid, softmaxInPlace } from "./link-functions.ts";
import {
  binary,
  binaryProbabilities,
  multinomial,
  multinomialLabels,
  multinomialProbabilities,
  rows,
  tree,
  treeLabels,
  treeProbabilities,
} from "./reference-models.fixture.ts";
import { logOddsAgainstRest, prepareModel, scoreModel } from "./score-model.ts";

describe("beside scikit-learn", () => {
  const models: readonly (readonly [string, ModelDocument, number[][], string[]])[] = [
    ["two classes", binary, binaryProbabilities, ["quarantine", "quarantine", "quarantine"]],
    ["three classes", multinomial, multinomialProbabilities, multinomialLabels],
    ["a tree", tree, treeProbabilities, treeLabels],
  ];
  test.each(models)("%s", (_, model, probabilities, labels) => {
    rows.forEach((row, at) => {
      const score = scoreModel(model, row);
      expect(score.label).toBe(labels[at]);
      score.probabilities.forEach((probability, k) => {
        expect(probability).toBeCloseTo(probabilities[at]![k]!, 12);
      });
    });
  });
});

describe("calibration", () => {
  const withPlatt = (model: ModelDocument, calibration: CalibrationDocument): ModelDocument => ({
    ...model,
    calibration,
  });

  test("two classes: sigmoid(slope * log-odds + intercept); the label stays the model's", () => {
    const { probabilities, uncalibrated, label } = scoreModel(
      withPlatt(binary, { slope: [0.5], intercept: [-1] }),
      rows[1]!,
    );
    const logOdds = Math.log(binaryProbabilities[1]![1]! / binaryProbabilities[1]![0]!);
    expect(probabilities[1]).toBeCloseTo(1 / (1 + Math.exp(1 - 0.5 * logOdds)), 12);
    expect(uncalibrated[1]).toBeCloseTo(binaryProbabilities[1]![1]!, 12);
    expect(label).toBe("quarantine");
  });

  test("more classes: a sigmoid each of the log-odds against the rest, divided by their sum", () => {
    const calibration = { slope: [0.8, 1.1, 0.9], intercept: [0.1, -0.2, 0.3] };
    const { probabilities, label } = scoreModel(withPlatt(multinomial, calibration), rows[0]!);
    const raw = multinomialProbabilities[0]!.map((p, k) =>
      sigmoid(calibration.slope[k]! * Math.log(p / (1 - p)) + calibration.intercept[k]!),
    );
    const sum = raw.reduce((a, b) => a + b, 0);
    raw.forEach((value, k) => {
      expect(probabilities[k]).toBeCloseTo(value / sum, 11);
    });
    expect(label).toBe("medium");
  });

  test("a pure leaf counts as a log-odds of 13.8, so that a calibration can move it", () => {
    const { probabilities } = scoreModel(
      withPlatt({ ...tree, classes: ["a", "b", "c"] }, { slope: [0.1, 0.1, 0.1], intercept: [0, 0, 0] }),
      rows[1]!,
    );
    const [low, , high] = [boundedLogit(0), 0, boundedLogit(1)].map((z) => sigmoid(0.1 * z));
    expect(high).toBeCloseTo(0.799, 3);
    expect(probabilities[2]).toBeCloseTo(high! / (high! + 2 * low!), 12);
  });

  test("all classes ruled out: equal shares, not NaN", () => {
    const none = { slope: [0, 0, 0], intercept: [-1e6, -1e6, -1e6] };
    expect([...scoreModel(withPlatt(multinomial, none), rows[0]!).probabilities]).toEqual([
      1 / 3,
      1 / 3,
      1 / 3,
    ]);
  });
});

describe("stable at the ends", () => {
  test("sigmoid", () => {
    expect(sigmoid(-1000)).toBe(0);
    expect(sigmoid(1000)).toBe(1);
    expect(sigmoid(0)).toBe(0.5);
    expect(sigmoid(Number.NEGATIVE_INFINITY)).toBe(0);
    // python3 -c "from scipy.special import expit; print(expit(-40))"
    expect(sigmoid(-40)).toBeCloseTo(4.248354255291589e-18, 30);
  });

  test("softmax and log-odds against the rest of huge scores", () => {
    const scores = Float64Array.of(1e4, 1e4 - 2, -1e4);
    const logits = new Float64Array(3);
    logOddsAgainstRest(scores, logits);
    expect(logits[0]).toBeCloseTo(2, 9);
    expect(logits[2]).toBeCloseTo(-2e4 - Math.log(1 + Math.exp(-2)), 6);
    softmaxInPlace(scores);
    expect(scores[0]).toBeCloseTo(sigmoid(2), 12);
    expect(scores[2]).toBe(0);
  });

  test("a row a million standard deviations out still has probabilities", () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1e9, max: 1e9, noNaN: true }), { minLength: 3, maxLength: 3 }),
        fc.constantFrom<ModelDocument>(binary, multinomial, tree),
        (row, model) => {
          const { probabilities, label } = scoreModel(model, Float64Array.from(row));
          expect(probabilities.every((p) => p >= 0 && p <= 1)).toBe(true);
          expect(probabilities.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
          expect(model.classes).toContain(label);
        },
      ),
    );
  });
});

test("a prepared model scores rows of a matrix and leaves the document behind", () => {
  const model = structuredClone(multinomial);
  const scorer = prepareModel(model);
  (model.coef as number[][])[0]![0] = 99;
  const matrix = Float64Array.from(rows.flatMap((row) => [...row]));
  const probabilities = new Float64Array(3);
  expect(rows.map((_, at) => multinomial.classes[scorer.scoreInto(matrix, probabilities, at * 3)])).toEqual(
    multinomialLabels,
  );
});
