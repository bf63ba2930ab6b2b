/**
 * Two signals that more labels have little value: the model's answers are stable, and few errors remain. They are
 * displayed; neither stops anything by itself.
 */
import type { Settlement } from "@relearn/contract";
import { betaQuantile } from "../numerics/beta-quantile.ts";
import { computeCohenKappa } from "../numerics/cohen-kappa.ts";

/** Bloodgood and Vijay-Shanker, "A method for stopping active learning based on stabilizing predictions", 2009. */
const SETTLED_KAPPA = 0.99;
const SETTLED_TIMES = 3;

/**
 * Computes the agreement between successive models on one fixed set of tasks. `predictions`: the answers of each
 * model to every task of the set, oldest model first. Models with identical answers agree even if kappa is undefined.
 */
export function computeSettlement(predictions: readonly (readonly string[])[]): Settlement {
  const kappas: number[] = [];
  for (let model = 1; model < predictions.length; model++) {
    const before = predictions[model - 1]!;
    const after = predictions[model]!;
    const same = before.every((answer, index) => answer === after[index]);
    kappas.push(same ? 1 : (computeCohenKappa(before, after) ?? 0));
  }
  let settledTimes = 0;
  while (settledTimes < kappas.length && kappas.at(-1 - settledTimes)! >= SETTLED_KAPPA) settledTimes += 1;
  return { kappas, settled_times: settledTimes, settled: settledTimes >= SETTLED_TIMES };
}

export interface ErrorsLeft {
  readonly expected: number;
  /** 95 % interval. */
  readonly interval: readonly [number, number];
  /** Number of control labels that the estimate is based on. */
  readonly control_labels: number;
}

/** A labeled task of the control share. */
export interface ControlOutcome {
  readonly wrong: boolean;
  /** Probability that the task was drawn. */
  readonly inclusion_probability: number;
}

/**
 * Estimates the wrong decisions among `unlabeled` tasks from the labels of the control share. Tasks selected by value
 * are harder than the rest and would bias the estimate. The error rate has Jeffreys' posterior
 * Beta(½ + wrong, ½ + right). Inclusion probabilities differ between draws, so a label has weight 1/probability, and
 * the labels count as Kish's effective number (Σw)²/Σw². Null without control labels.
 */
export function estimateErrorsLeft(control: readonly ControlOutcome[], unlabeled: number): ErrorsLeft | null {
  let weight = 0;
  let squaredWeight = 0;
  let wrongWeight = 0;
  for (const { wrong, inclusion_probability } of control) {
    const one = 1 / inclusion_probability;
    weight += one;
    squaredWeight += one * one;
    if (wrong) wrongWeight += one;
  }
  if (control.length === 0) return null;
  const effective = weight ** 2 / squaredWeight;
  const wrong = (effective * wrongWeight) / weight;
  const a = wrong + 0.5;
  const b = effective - wrong + 0.5;
  return {
    expected: (unlabeled * a) / (a + b),
    interval: [unlabeled * betaQuantile(0.025, a, b), unlabeled * betaQuantile(0.975, a, b)],
    control_labels: control.length,
  };
}
