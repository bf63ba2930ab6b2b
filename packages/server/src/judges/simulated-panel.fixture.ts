/**
 * Simulated panels of judges with known weaknesses, to test the methods on data that they were not tuned to.
 *
 * Each judge sees the item's truth as ±skill, adds its bias and a noise of which a part is shared by all, and
 * returns the sign: a probit with a common factor. More classes: a judge that errs names another class at random, or,
 * if errors are shared, the same wrong class as the other judges.
 */
import type { Random } from "../numerics/random.ts";
import type { PanelTask } from "./panel-table.ts";

export const panelKinds = ["independent", "correlated", "one_good", "adversarial", "lenient"] as const;
export type PanelKind = (typeof panelKinds)[number];

export interface SimulatedPanelOptions {
  readonly kind: PanelKind;
  readonly judges: number;
  readonly rows: number;
  /** Share of the positive class; with more classes the share of the last, the rest split evenly. */
  readonly balance: number;
  /** Two by default. */
  readonly classes?: number;
  readonly random: Random;
}

interface SimulatedJudge {
  /** Distance of the truth from zero, in units of the noise: P(right) = Φ(skill) without bias. */
  readonly skill: number;
  readonly bias: number;
}

export function simulatePanel(options: SimulatedPanelOptions): PanelTask[] {
  const { kind, random, classes = 2 } = options;
  const judges = Array.from({ length: options.judges }, (_, index) => drawJudge(kind, index, random));
  // Share of the noise's variance that all judges have in common.
  const shared = kind === "correlated" ? 0.7 : kind === "independent" ? 0 : 0.3;
  return Array.from({ length: options.rows }, (_, row) => {
    const isLast = random.uniform() < options.balance;
    const truth = isLast ? classes - 1 : random.below(classes - 1);
    const common = random.normal();
    const tempting = random.below(classes - 1);
    const scores = judges.map((judge, index) => {
      const noise = Math.sqrt(shared) * common + Math.sqrt(1 - shared) * random.normal();
      let verdict: number;
      if (classes === 2) {
        verdict = (truth === 1 ? judge.skill : -judge.skill) + judge.bias + noise > 0 ? 1 : 0;
      } else {
        // Here noise acts against the truth and bias favours the last class.
        const right = judge.skill + (isLast ? judge.bias : -judge.bias) + noise > 0;
        const other = random.uniform() < shared ? tempting : random.below(classes - 1);
        verdict = right ? truth : other < truth ? other : other + 1;
      }
      return [`judge-${index}`, { verdict: `class-${verdict}`, confidence: 100 }] as const;
    });
    return { label: `class-${truth}`, group: `item-${row}`, judge_scores: Object.fromEntries(scores) };
  });
}

function drawJudge(kind: PanelKind, index: number, random: Random): SimulatedJudge {
  const between = (low: number, high: number): number => low + (high - low) * random.uniform();
  switch (kind) {
    case "independent":
    case "correlated":
      // Right 60 to 90 % of the time.
      return { skill: between(0.25, 1.28), bias: 0 };
    case "one_good":
      return index === 0 ? { skill: between(1.3, 1.7), bias: 0 } : { skill: between(0, 0.25), bias: 0 };
    case "adversarial":
      // Every third judge is wrong more often than right.
      return index % 3 === 2
        ? { skill: -between(0.25, 1), bias: 0 }
        : { skill: between(0.25, 1.28), bias: 0 };
    case "lenient":
      // Gives the positive class about twice too often, some judges more than others.
      return { skill: between(0.5, 1.3), bias: between(0.3, 1.3) };
  }
}
