/** Fits panels of every method on labeled tasks. */
import type { PanelMethod, PanelModel } from "@relearn/contract";
import { fitChosenPanel } from "./chosen-panel.ts";
import { fitBestJudge, fitTwoCoinPanel } from "./confusion-panel.ts";
import type { PanelTable } from "./panel-table.ts";
import { fitStackingPanel } from "./stacking-panel.ts";
import { computeTableWeights } from "./table-weights.ts";
import { countVotePatterns } from "./vote-patterns.ts";

/**
 * Fits the panel of `method` on the labels of `rows`; rows without a label are ignored. Works with any number of
 * labels, also none. Deterministic, and independent of the order of `rows`, except for the folds of `stacking`. Cost:
 * `chosen` five Newton fits of judges + 2 parameters on the distinct vote patterns; `stacking` 36 fits; the others
 * one pass.
 *
 * @example
 * const tasks = [
 *   { judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "spam" } }, label: "spam" },
 *   { judge_scores: { ann: { verdict: "ham" }, bob: { verdict: "spam" } }, label: "ham" },
 *   { judge_scores: { ann: { verdict: "ham" }, bob: { verdict: "ham" } }, label: "ham" },
 *   { judge_scores: { ann: { verdict: "spam" }, bob: { verdict: "ham" } }, label: "spam" },
 * ];
 * const table = panelTable(tasks);
 * const scores = { ann: { verdict: "spam" }, bob: { verdict: "ham" } };
 * predictPanel(fitPanel("majority", table, [0, 1, 2, 3]), scores).spam // 0.5
 * predictPanel(fitPanel("best_judge", table, [0, 1, 2, 3]), scores).spam // 0.8
 */
export function fitPanel(method: PanelMethod, table: PanelTable, rows: readonly number[]): PanelModel {
  const { judges, classes } = table;
  // With one class every method is certain, and log-odds are not defined.
  if (classes.length < 2)
    return { method: "majority", judges, classes, labels: countLabeledRows(table, rows) };
  switch (method) {
    case "majority":
      return { method, judges, classes, labels: countLabeledRows(table, rows) };
    case "specification": {
      const weights = computeTableWeights(table, rows);
      return { method, judges, classes, labels: countLabeledRows(table, rows), weights };
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

function countLabeledRows(table: PanelTable, rows: readonly number[]): number {
  return rows.reduce((count, row) => count + (table.labels[row]! >= 0 ? 1 : 0), 0);
}
