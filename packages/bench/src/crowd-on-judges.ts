/**
 * Dawid and Skene's EM on a panel of language models without labels, compared with their majority: the cost of
 * treating shared errors as agreement. `npm run bench -- crowd-on-judges FILE.jsonl`
 */
import { fitPanel } from "../../server/src/judges/fit-panel.ts";
import { createPanelPredictor } from "../../server/src/judges/panel-model.ts";
import { panelTable } from "../../server/src/judges/panel-table.ts";
import { dawidSkene } from "../../server/src/numerics/dawid-skene.ts";
import { scoreProbabilities } from "../../server/src/numerics/probability-scores.ts";

import { readPanel } from "./read-panel.ts";

const path = process.argv[2];
if (path === undefined) {
  process.stderr.write("usage: npm run bench -- crowd-on-judges FILE.jsonl\n");
  process.exit(2);
}
const table = panelTable(readPanel(path));
const classes = table.classes.length;
const raters = table.judges.length;
const votedCells = [...table.votes.keys()].filter((cell) => table.votes[cell]! >= 0);
const majority = new Float64Array(table.rows * classes);
const predict = createPanelPredictor(fitPanel("majority", table, []), table);
for (let row = 0; row < table.rows; row++)
  predict(row, majority.subarray(row * classes, (row + 1) * classes));

console.log("| method | accuracy | log-loss |\n|---|---|---|");
const print = (name: string, probabilities: Float64Array): void => {
  const { accuracy, log_loss } = scoreProbabilities(probabilities, table.labels, classes);
  console.log(`| ${name} | ${accuracy.toFixed(3)} | ${log_loss.toFixed(3)} |`);
};
print("majority", majority);
for (const inverseTemperature of [1, 0.7]) {
  const crowd = dawidSkene(
    {
      items: table.rows,
      raters,
      classes,
      item: votedCells.map((cell) => Math.floor(cell / raters)),
      rater: votedCells.map((cell) => cell % raters),
      answer: votedCells.map((cell) => table.votes[cell]!),
    },
    { inverseTemperature },
  );
  print(`Dawid-Skene, inverse temperature ${inverseTemperature}`, crowd.itemProbabilities);
}
