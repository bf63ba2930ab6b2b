import type { PanelTable } from "./panel-table.ts";
import { type JudgeWeights, sumSpecificationWeights } from "./specification-weights.ts";

/**
 * Computes the specification's weights from the labeled ones of `rows`, without decay.
 *
 * @example
 * const judge_scores = { ann: { verdict: "spam", confidence: 90 }, bob: { verdict: "ham", confidence: 60 } };
 * const labels = ["spam", "spam", "spam", "spam", "ham"];
 * const table = panelTable(labels.map((label) => ({ judge_scores, label })));
 * computeTableWeights(table, [0, 1, 2, 3, 4]) // { ann: 0.67, bob: 0.1 }
 */
export function computeTableWeights(table: PanelTable, rows: Iterable<number>): JudgeWeights {
  const { judges, classes, verdicts, confidences, labels } = table;
  const sum = sumSpecificationWeights({ asOf: new Date(0), defaults: {} });
  for (const row of rows) {
    const label = labels[row]!;
    if (label < 0) continue;
    const scores = judges.map((judge, column) => {
      const cell = row * judges.length + column;
      const verdict = verdicts[cell]! < 0 ? null : classes[verdicts[cell]!]!;
      return [judge, { verdict, confidence: 100 * confidences[cell]! }] as const;
    });
    sum.add({ label: classes[label]!, judge_scores: Object.fromEntries(scores) });
  }
  return sum.weights();
}
