/**
 * Coverage of 90 % prediction-powered intervals, and their width compared with intervals from labels only. Resamples a
 * judge-panel file: n labels drawn at random, and predictions for the rest (the majority of the judges, which needs no
 * labels, and the default panel). `npm run bench -- interval-coverage FILE.jsonl [labels] [resamples]`
 */
import { panelTable } from "../../server/src/judges/panel-table.ts";
import { measureCoverage } from "./measure-coverage.ts";

import { readPanel } from "./read-panel.ts";

const [path, labels = "100", resamples = "1000"] = process.argv.slice(2);
if (path === undefined) {
  process.stderr.write("usage: npm run bench -- interval-coverage FILE.jsonl [labels] [resamples]\n");
  process.exit(2);
}
const table = panelTable(readPanel(path));
console.log("| predictions | labels | coverage of 90 % intervals | width | width of labels alone | mean λ |");
console.log("|---|---|---|---|---|---|");
for (const n of labels.split(",").map(Number)) {
  for (const method of ["majority", "chosen"] as const) {
    const result = measureCoverage(table, { labels: n, resamples: Number(resamples), method, seed: 1 });
    console.log(
      `| ${method} | ${n} | ${(100 * result.coverage).toFixed(1)} % | ${result.width.toFixed(3)} | ${result.width_labels_only.toFixed(3)} | ${result.lambda.toFixed(2)} |`,
    );
  }
}
