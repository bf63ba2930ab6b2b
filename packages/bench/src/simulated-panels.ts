/**
 * Panel methods on simulated panels with few labels, compared with the better of majority and specification.
 * `npm run bench -- simulated-panels [labels] [repeats] [classes] [seed]`
 */
import { panelMethods } from "@relearn/contract/values";
import { evaluatePanel } from "../../server/src/judges/evaluate-panel.ts";
import { panelTable } from "../../server/src/judges/panel-table.ts";
import { panelKinds, simulatePanel } from "../../server/src/judges/simulated-panel.fixture.ts";
import { seededRandom } from "../../server/src/numerics/random.ts";

const labels = Number(process.argv[2] ?? 10);
const repeats = Number(process.argv[3] ?? 2);
const classes = Number(process.argv[4] ?? 2);
const firstSeed = Number(process.argv[5] ?? 1);

/** Log-loss by which a method may be worse than the better of majority and specification. */
const TOLERANCE = 0.03;

const lossSums: Record<string, Record<string, number>> = {};
let panels = 0;
const missed: Record<string, number> = {};
const worst: Record<string, { excess: number; panel: string }> = {};
for (const kind of panelKinds) {
  const sums: Record<string, number> = {};
  let count = 0;
  for (const judges of [2, 3, 5, 7, 10]) {
    for (const balance of [0.5, 0.7, 0.9]) {
      for (let repeat = 0; repeat < repeats; repeat++) {
        const random = seededRandom(firstSeed * 10_000 + panels);
        panels += 1;
        count += 1;
        const table = panelTable(simulatePanel({ kind, judges, balance, rows: 1000, classes, random }));
        const result = evaluatePanel(table, { labels: [labels] });
        const loss = (method: string): number => result.methods[method]![labels]!.log_loss;
        const limit = Math.min(loss("majority"), loss("specification")) + TOLERANCE;
        for (const method of panelMethods) {
          sums[method] = (sums[method] ?? 0) + loss(method);
          const excess = loss(method) - limit;
          if (excess > 0) missed[method] = (missed[method] ?? 0) + 1;
          if (excess > (worst[method]?.excess ?? Number.NEGATIVE_INFINITY)) {
            worst[method] = { excess, panel: `${kind}, ${judges} judges, balance ${balance}` };
          }
        }
      }
    }
  }
  lossSums[kind] = Object.fromEntries(Object.entries(sums).map(([method, sum]) => [method, sum / count]));
}

console.log(
  `Mean held-out log-loss at ${labels} labels, ${classes} classes, ${panels} panels, 20 splits each\n`,
);
console.log(`| panel | ${panelMethods.join(" | ")} |`);
console.log(`|---|${panelMethods.map(() => "---").join("|")}|`);
for (const [kind, means] of Object.entries(lossSums)) {
  console.log(`| ${kind} | ${panelMethods.map((method) => means[method]!.toFixed(3)).join(" | ")} |`);
}
console.log(`| limit exceeded | ${panelMethods.map((method) => missed[method] ?? 0).join(" | ")} |`);
for (const method of panelMethods) {
  console.log(
    `worst ${method}: ${worst[method]!.excess.toFixed(3)} above the limit (${worst[method]!.panel})`,
  );
}
