/**
 * Comparison of review orders by the share of the panel's errors in the first tenth of the queue. The panel is fitted
 * on `labels` rows of one half (split by group), the other half is the queue; 20 splits. `npm run bench -- review-order FILE.jsonl [labels]`
 */
import { fitPanel } from "../../server/src/judges/fit-panel.ts";
import { createPanelPredictor } from "../../server/src/judges/panel-model.ts";
import { panelTable } from "../../server/src/judges/panel-table.ts";
import { computeTableWeights } from "../../server/src/judges/table-weights.ts";
import { seededRandom, shuffled } from "../../server/src/numerics/random.ts";
import { computeErrorProbability } from "../../server/src/sampling/query-strategy.ts";
import { specificationUncertainty } from "../../server/src/sampling/specification-uncertainty.ts";
import { byTieHash } from "../../server/src/sampling/tie-hash.ts";

import { readPanel } from "./read-panel.ts";

const SPLITS = 20;
const [path, labelsText = "100"] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write("usage: npm run bench -- review-order FILE.jsonl [labels]\n");
  process.exit(2);
}
const tasks = readPanel(path);
const table = panelTable(tasks);
const labels = Number(labelsText);
const caught: Record<string, number[]> = { random: [], specification: [], calibrated: [] };
const errorShares: number[] = [];

for (let split = 0; split < SPLITS; split++) {
  const random = seededRandom(split);
  const groups = shuffled([...new Set(table.groups)], random);
  const trainingGroups = new Set(groups.slice(0, Math.floor(groups.length / 2)));
  const rows = shuffled([...tasks.keys()], random);
  const training = rows.filter((row) => trainingGroups.has(table.groups[row]!)).slice(0, labels);
  const queue = rows.filter((row) => !trainingGroups.has(table.groups[row]!));
  const predict = createPanelPredictor(fitPanel("chosen", table, training), table);
  const weights = computeTableWeights(table, training);
  const probabilities = new Float64Array(table.classes.length);
  const items = queue.map((row) => {
    predict(row, probabilities);
    return {
      key: tasks[row]!.task_key,
      wrong: probabilities.indexOf(Math.max(...probabilities)) !== table.labels[row],
      calibrated: computeErrorProbability(probabilities),
      specification: specificationUncertainty(tasks[row]!.judge_scores, weights).uncertainty,
    };
  });
  const errors = items.filter((item) => item.wrong).length;
  errorShares.push(errors / items.length);
  const tenth = Math.round(items.length / 10);
  const found = (order: readonly (typeof items)[number][]): number =>
    order.slice(0, tenth).filter((item) => item.wrong).length / errors;
  caught["random"]!.push(found(items));
  for (const measure of ["specification", "calibrated"] as const) {
    const ranked = [...items].sort((a, b) => b[measure] - a[measure] || byTieHash(a.key, b.key));
    caught[measure]!.push(found(ranked));
  }
}

const mean = (values: readonly number[]): number => values.reduce((sum, v) => sum + v, 0) / values.length;
const error = (values: readonly number[]): number =>
  Math.sqrt(mean(values.map((v) => (v - mean(values)) ** 2)) / (values.length - 1));
const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
console.log(
  `The panel errs on ${percent(mean(errorShares))} of the queue (${labels} labels, ${SPLITS} splits)\n`,
);
console.log("| order | errors in the first tenth |\n|---|---|");
for (const [order, shares] of Object.entries(caught)) {
  console.log(`| ${order} | ${percent(mean(shares))} ± ${percent(error(shares))} |`);
}
