import { describe, expect, it } from "vitest";
import { seededRandom } from "../numerics/random.ts";
import { type CrowdLabel, estimateAccuracies } from "./crowd-accuracy.ts";

/** Random labels: each reviewer is right with the probability of their skill, independently of the others. */
function crowd(skills: Readonly<Record<string, number>>, items: number): CrowdLabel[] {
  const random = seededRandom(6);
  const labels: CrowdLabel[] = [];
  for (let item_id = 0; item_id < items; item_id++) {
    const truth = random.below(2);
    for (const [reviewer, skill] of Object.entries(skills)) {
      labels.push({ item_id, reviewer, label: String(random.uniform() < skill ? truth : 1 - truth) });
    }
  }
  return labels;
}

describe("the estimated accuracy of reviewers", () => {
  it("distinguishes careful from careless reviewers without a final label", () => {
    const skills = { ana: 0.95, ben: 0.9, cem: 0.85, dora: 0.55 };
    const accuracies = estimateAccuracies(crowd(skills, 300));
    expect([...accuracies.keys()]).toEqual(Object.keys(skills));
    for (const [reviewer, skill] of Object.entries(skills)) {
      expect(Math.abs(accuracies.get(reviewer)! - skill), reviewer).toBeLessThan(0.06);
    }
  });

  it("does not depend on the order of the labels", () => {
    const labels = crowd({ ana: 0.9, ben: 0.8, cem: 0.7 }, 40);
    const reversed = estimateAccuracies([...labels].reverse());
    for (const [reviewer, accuracy] of estimateAccuracies(labels)) {
      expect(reversed.get(reviewer)).toBeCloseTo(accuracy, 9);
    }
  });

  it("estimates nothing for two reviewers, few items or none", () => {
    expect(estimateAccuracies(crowd({ ana: 0.9, ben: 0.8 }, 300)).size).toBe(0);
    expect(estimateAccuracies(crowd({ ana: 0.9, ben: 0.8, cem: 0.7 }, 19)).size).toBe(0);
    expect(estimateAccuracies([]).size).toBe(0);
    const late = crowd({ ana: 0.9, ben: 0.8, cem: 0.7, dora: 0.9 }, 40);
    const seldom = late.filter((label) => label.reviewer !== "dora" || label.item_id < 19);
    expect([...estimateAccuracies(seldom).keys()]).toEqual(["ana", "ben", "cem"]);
  });

  it("is 1 for all if every label is the same", () => {
    const labels = crowd({ ana: 1, ben: 1, cem: 1 }, 30).map((label) => ({ ...label, label: "safe" }));
    for (const accuracy of estimateAccuracies(labels).values()) expect(accuracy).toBeCloseTo(1, 9);
  });
});
