import { describe, expect, it } from "vitest";
import { type CrowdAnswers, dawidSkene } from "./dawid-skene.ts";
import { seededRandom } from "./random.ts";

/**
 * Table 1 of Dawid and Skene, 1979: 45 patients, graded 1-4 by five anaesthetists, the first one three times
 * (digits 1-3), the others once.
 */
const patients = (
  "1111111 3334334 1122122 2223121 2223222 2223322 1222111 3333433 2222223 2322223 4444444 2223343 1111111 " +
  "2223212 1211111 1112111 1111111 1111111 2222221 2221322 2222222 2222221 2223222 2212222 1111111 1111111 " +
  "2322222 1111111 1111111 1121121 1111111 3333233 1111111 2222222 2223232 4334343 2212232 2323233 3333432 " +
  "1111111 1111111 1212111 2322222 1211111 2222222"
).split(" ");
const raters = [0, 0, 0, 1, 2, 3, 4];
const anaesthetists: CrowdAnswers = {
  items: 45,
  raters: 5,
  classes: 4,
  item: patients.flatMap((digits, patient) => [...digits].map(() => patient)),
  rater: patients.flatMap(() => raters),
  answer: patients.flatMap((digits) => [...digits].map((digit) => Number(digit) - 1)),
};

describe("Dawid and Skene's EM", () => {
  it("gives the paper's class frequencies and error rates", () => {
    const fit = dawidSkene(anaesthetists, { inverseTemperature: 1, smoothing: 0, tolerance: 1e-12 });
    expect(fit.converged).toBe(true);
    // Two places as in the paper's table 2 (and, to nine, an EM of the same equations in numpy).
    [0.399554753, 0.421983392, 0.111795189, 0.066666667].forEach((p, k) => {
      expect(fit.classProbabilities[k]).toBeCloseTo(p, 7);
    });
    const firstRater = [0.89, 0.11, 0, 0, 0.07, 0.88, 0.05, 0, 0, 0.34, 0.66, 0, 0, 0, 0.56, 0.44];
    firstRater.forEach((p, cell) => {
      expect(Math.abs(fit.confusion[cell]! - p)).toBeLessThan(0.005);
    });
  });

  it("tempered and smoothed, agrees with the same equations in numpy", () => {
    // E = (einsum("ij,ikl->kjl", T, C) + 1) normalised; log T = log p + einsum("ikl,kjl->ij", C, log E), in the
    // end with .7 * einsum(...)
    const fit = dawidSkene(anaesthetists, { inverseTemperature: 0.7, smoothing: 4, tolerance: 1e-12 });
    [0.416325017, 0.449596981, 0.111361644, 0.022716358].forEach((p, k) => {
      expect(fit.classProbabilities[k]).toBeCloseTo(p, 7);
    });
    [0.67495337, 0.3212577, 0.00063053, 0.0031584].forEach((p, k) => {
      expect(fit.itemProbabilities[2 * 4 + k]).toBeCloseTo(p, 7);
    });
  });

  it("finds the careless rater of a crowd, and beats the majority where one rater is worth more", () => {
    const random = seededRandom(5);
    const skills = [0.95, 0.6, 0.6, 0.6, 0.5];
    const truth: number[] = [];
    const answers = { item: [] as number[], rater: [] as number[], answer: [] as number[] };
    for (let item = 0; item < 500; item++) {
      truth.push(random.below(2));
      skills.forEach((skill, rater) => {
        answers.item.push(item);
        answers.rater.push(rater);
        answers.answer.push(random.uniform() < skill ? truth[item]! : 1 - truth[item]!);
      });
    }
    const fit = dawidSkene({ items: 500, raters: 5, classes: 2, ...answers });
    const accuracy = (said: (item: number) => number) =>
      truth.filter((label, item) => said(item) === label).length / 500;
    const crowd = accuracy((item) => (fit.itemProbabilities[item * 2 + 1]! > 0.5 ? 1 : 0));
    const majority = accuracy((item) => {
      const votes = answers.answer.slice(item * 5, item * 5 + 5).reduce((sum, vote) => sum + vote, 0);
      return votes > 2 ? 1 : 0;
    });
    expect(crowd).toBeGreaterThan(majority + 0.1);
    const diagonal = skills.map((_, rater) => fit.confusion[rater * 4]! + fit.confusion[rater * 4 + 3]!);
    expect(diagonal.indexOf(Math.max(...diagonal))).toBe(0);
    expect(diagonal.indexOf(Math.min(...diagonal))).toBe(4);
  });

  it("says nothing about an item without answers but the frequencies, and stands an empty crowd", () => {
    const fit = dawidSkene({ items: 3, raters: 1, classes: 2, item: [0, 1], rater: [0, 0], answer: [0, 0] });
    expect(fit.itemProbabilities[4]).toBeCloseTo(fit.classProbabilities[0]!, 6);
    const empty = dawidSkene({ items: 0, raters: 0, classes: 2, item: [], rater: [], answer: [] });
    expect([...empty.classProbabilities]).toEqual([0.5, 0.5]);
  });
});
