import type { PanelTable } from "./panel-table.ts";
import { type JudgeWeights, sumSpecificationWeights } from "./specification-weights.ts";

/** The specification's weights from the labeled ones of `rows`, all of them counted as of now (no decay). */
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
