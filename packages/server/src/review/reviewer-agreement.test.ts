import { describe, expect, it } from "vitest";
import { seededRandom } from "../numerics/random.ts";
import { type ReviewAnswer, reviewerAgreement } from "./reviewer-agreement.ts";

const answersOf = (byReviewer: Record<string, string>): ReviewAnswer[] =>
  Object.entries(byReviewer).flatMap(([reviewer, labels]) =>
    [...labels].flatMap((label, item) => (label === "." ? [] : [{ item: `i${item}`, reviewer, label }])),
  );

describe("agreement among reviewers", () => {
  const answers = answersOf({ ana: "0011222011", ben: "0111202012", eva: "0.........", ida: "..........0" });
  const settled = new Map([..."0011222012"].map((label, item) => [`i${item}`, label]));
  const agreement = reviewerAgreement(answers, settled);

  it("gives pairs, alpha and what each reviewer makes of the settled labels", () => {
    expect([agreement.items, agreement.shared_items]).toEqual([11, 10]);
    const anaAndBen = agreement.pairs.find((pair) => pair.first === "ana" && pair.second === "ben")!;
    expect(anaAndBen.items).toBe(10);
    expect(anaAndBen.agreement).toBeCloseTo(0.7, 12);
    // sklearn.metrics.cohen_kappa_score([0,0,1,1,2,2,2,0,1,1], [0,1,1,1,2,0,2,0,1,2])
    expect(anaAndBen.cohen_kappa).toBeCloseTo(0.5454545454545454, 12);
    const ana = agreement.reviewers.find((figures) => figures.reviewer === "ana")!;
    expect([ana.labels, ana.shared_labels, ana.agreement]).toEqual([10, 10, 0.9]);
    expect(agreement.krippendorff_alpha).toBeGreaterThan(0.5);
  });

  it("says nothing about a reviewer who shares no item, or no settled one", () => {
    const ida = agreement.reviewers.find((figures) => figures.reviewer === "ida")!;
    expect(ida).toEqual({
      reviewer: "ida",
      labels: 1,
      shared_labels: 0,
      agreement: null,
      cohen_kappa: null,
      estimated_accuracy: null,
    });
    expect(reviewerAgreement([])).toEqual({
      items: 0,
      shared_items: 0,
      krippendorff_alpha: null,
      reviewers: [],
      pairs: [],
    });
  });

  it("counts a person's last label of an item", () => {
    const twice = [...answersOf({ ana: "0", ben: "1" }), { item: "i0", reviewer: "ana", label: "1" }];
    expect(reviewerAgreement(twice).pairs[0]!.agreement).toBe(1);
  });

  it("tells careful reviewers from careless ones without any settled label", () => {
    const random = seededRandom(6);
    const skills = { ana: 0.95, ben: 0.9, cem: 0.85, dora: 0.55 };
    const crowd: ReviewAnswer[] = [];
    for (let item = 0; item < 300; item++) {
      const truth = random.below(2);
      for (const [reviewer, skill] of Object.entries(skills)) {
        const label = String(random.uniform() < skill ? truth : 1 - truth);
        crowd.push({ item: `i${item}`, reviewer, label });
      }
    }
    for (const { reviewer, estimated_accuracy } of reviewerAgreement(crowd).reviewers) {
      expect(Math.abs(estimated_accuracy! - skills[reviewer as keyof typeof skills])).toBeLessThan(0.06);
    }
  });
});
