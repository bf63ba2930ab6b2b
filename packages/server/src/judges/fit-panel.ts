/** Fits a panel of any method on labeled tasks. */
import type { PanelMethod, PanelModel } from "@relearn/contract";
import { fitChosenPanel } from "./chosen-panel.ts";
import { fitBestJudge, fitTwoCoinPanel } from "./confusion-panel.ts";
import type { PanelTable } from "./panel-table.ts";
import { fitStackingPanel } from "./stacking-panel.ts";
import { computeTableWeights } from "./table-weights.ts";
import { countVotePatterns } from "./vote-patterns.ts";

/**
 * The panel of `method` after the labels of `rows` (rows without a label teach nothing). Works from no label
 * on. Deterministic, and for every method but `stacking`, whose folds follow it, independent of the order of
 * `rows`. Cost: `chosen` five Newton fits of judges + 2 parameters on the distinct vote patterns; `stacking`
 * 36 fits; the others one pass.
 */
export function fitPanel(method: PanelMethod, table: PanelTable, rows: readonly number[]): PanelModel {
  const { judges, classes } = table;
  // With one class there is nothing to decide between, and no odds: every method is certain of it.
  if (classes.length < 2) return { method: "majority", judges, classes, labels: labelCount(table, rows) };
  switch (method) {
    case "majority":
      return { method, judges, classes, labels: labelCount(table, rows) };
    case "specification": {
      const weights = computeTableWeights(table, rows);
      return { method, judges, classes, labels: labelCount(table, rows), weights };
    }
    case "best_judge":
      return fitBestJudge(countVotePatterns(table, rows));
    case "two_coin":
      return fitTwoCoinPanel(countVotePatterns(table, rows));
    case "stacking":
      return fitStackingPanel(table, rows);
    case "chosen":
      return fitChosenPanel(countVotePatterns(table, rows));
  }
}

function labelCount(table: PanelTable, rows: readonly number[]): number {
  return rows.reduce((count, row) => count + (table.labels[row]! >= 0 ? 1 : 0), 0);
}
