import { describe, expect, it } from "vitest";
import { cholesky, logDeterminant, solveCholesky } from "./cholesky.ts";
import { fitConditionalLogit } from "./conditional-logit.ts";

const f = (...values: number[]) => Float64Array.from(values);

/**
 * /usr/bin/python3: Q of the docstring in numpy with its gradient and Hessian, minimised by
 * scipy.optimize.minimize(Q, m, jac=G, hess=H, method="trust-exact", options={"gtol": 1e-12});
 * evidence = -Q + .5*np.log(P).sum() - .5*np.linalg.slogdet(H)[1]   (scipy 1.10.1)
 */
const references = [
  {
    name: "two classes",
    input: {
      rows: 6,
      classes: 2,
      dimensions: 2,
      features: f(1.8, 0.4, 0.1, -1.9, -0.3, -0.4, -0.1, -0.6, 0, -0.5, -1.3, 0.9),
      counts: f(2, 2, 2, 3, 0, 1, 3, 2, 1, 0, 2, 1),
      priorMean: f(1, -1.1),
      priorPrecision: f(1.5, 0.7),
    },
    parameters: [0.3414401, -0.270329716],
    objective: 13.74564786,
    evidence: -15.498957398,
  },
  {
    name: "three classes",
    input: {
      rows: 5,
      classes: 3,
      dimensions: 3,
      features: f(
        ...[1.5, 0.2, -1, -0.7, 0.6, -0.2, -0.8, -0.2, 0.7, 2, -1.2, -0.6, -0.8, -2.4, -0.9],
        ...[-1, 1.1, -0.1, -1.6, 0.6, -0.4, -1.7, -0.6, -0.6, -0.9, 0, -2.2, -0.3, 1, 0.9],
      ),
      counts: f(3, 2, 2, 0, 0, 3, 1, 1, 1, 0, 0, 3, 1, 0, 0),
      priorMean: f(-0.4, -0.8, -0.6),
      priorPrecision: f(0.4, 1.6, 0.4),
    },
    parameters: [0.143135513, -0.559961673, -0.004553947],
    objective: 17.482675228,
    evidence: -21.160901193,
  },
];

describe("the conditional logit with a Gaussian prior", () => {
  it.each(references)("finds scipy's optimum and evidence: $name", ({ input, ...expected }) => {
    const fit = fitConditionalLogit(input);
    fit.parameters.forEach((value, index) => {
      expect(value).toBeCloseTo(expected.parameters[index]!, 8);
    });
    expect(fit.objective).toBeCloseTo(expected.objective, 8);
    expect(fit.evidence).toBeCloseTo(expected.evidence, 8);
  });

  it("stays at the prior without rows, with evidence 0", () => {
    const fit = fitConditionalLogit({
      rows: 0,
      classes: 2,
      dimensions: 2,
      features: f(),
      counts: f(),
      priorMean: f(3, -1),
      priorPrecision: f(2, 0.01),
    });
    expect([...fit.parameters]).toEqual([3, -1]);
    expect(fit.evidence).toBeCloseTo(0, 12);
  });

  it("ends at the optimum from a start far out, and on separable data with a weak prior", () => {
    const { input, parameters } = references[0]!;
    const far = fitConditionalLogit({ ...input, start: f(400, -900) });
    expect(far.parameters[0]).toBeCloseTo(parameters[0]!, 8);
    const separable = fitConditionalLogit({
      rows: 2,
      classes: 2,
      dimensions: 1,
      features: f(-1, 1),
      counts: f(1e4, 0, 0, 1e4),
      priorMean: f(0),
      priorPrecision: f(1e-8),
    });
    const slope = separable.parameters[0]!;
    // At the optimum 2e4 σ(-slope) = 1e-8 slope; the stop is on Q, which is flat here.
    expect(2e4 / (1 + Math.exp(slope)) / (1e-8 * slope)).toBeCloseTo(1, 1);
  });

  it("refuses features that are not finite", () => {
    expect(() =>
      fitConditionalLogit({ ...references[0]!.input, features: new Float64Array(12).fill(Number.NaN) }),
    ).toThrow(/finite/);
  });
});

describe("Cholesky", () => {
  it("solves and gives the determinant of a matrix with a known answer", () => {
    // A = [[4,2,2],[2,5,3],[2,3,6]], det 64; A·(1,-2,3) = (6, 1, 14).
    const lower = cholesky(f(4, 0, 0, 2, 5, 0, 2, 3, 6), 3)!;
    [...solveCholesky(lower, 3, f(6, 1, 14))].forEach((value, index) => {
      expect(value).toBeCloseTo([1, -2, 3][index]!, 12);
    });
    expect(logDeterminant(lower, 3)).toBeCloseTo(Math.log(64), 12);
  });
  it("says so where the matrix is not positive definite", () => {
    expect(cholesky(f(1, 0, 2, 1), 2)).toBeNull();
    expect(cholesky(f(Number.NaN), 1)).toBeNull();
  });
});
