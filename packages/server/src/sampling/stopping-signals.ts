/**
 * When more labels stop paying: the model's answers have settled, and what is left to find is small.
 * Two signals, shown side by side; neither stops anything by itself.
 */
import type { Settlement } from "@relearn/contract";
import { betaQuantile } from "../numerics/beta-quantile.ts";
import { computeCohenKappa } from "../numerics/cohen-kappa.ts";

/** Bloodgood and Vijay-Shanker, "A method for stopping active learning based on stabilizing predictions", 2009. */
const SETTLED_KAPPA = 0.99;
const SETTLED_TIMES = 3;

/**
 * Agreement between successive models on one fixed set of tasks. `predictions`: for each model, oldest first,
 * its answer to every task of the set. Two models that both give one and the same answer throughout agree.
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
  /** 95 %. */
  readonly interval: readonly [number, number];
  /** Control items that the figure rests on. */
  readonly control_labels: number;
}

/** A labeled task of the control share. */
export interface ControlOutcome {
  readonly wrong: boolean;
  /** The chance that it had to be drawn. */
  readonly inclusion_probability: number;
}

/**
 * Wrong decisions among `unlabeled` tasks, from the labels of the control share alone: the chosen ones are
 * harder than the rest and would say too many. Jeffreys' posterior Beta(½ + wrong, ½ + right) of the error
 * rate, times the tasks. Draws differ in the chance that each task had, so a label weighs 1/chance, and the
 * weighted share of wrong ones counts as Kish's effective number of labels (Σw)²/Σw². Null without control
 * labels: nothing is known then.
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
