/**
 * Times the scoring kernels on a million tasks with five judges; `score-kernel.py` computes the same in numpy.
 * `npm run bench -- score-kernel && python3 packages/bench/src/score-kernel.py`
 */
import { fitPanel } from "../../server/src/judges/fit-panel.ts";
import { panelTable } from "../../server/src/judges/panel-table.ts";
import { simulatePanel } from "../../server/src/judges/simulated-panel.fixture.ts";
import { seededRandom } from "../../server/src/numerics/random.ts";
import { scoreVerdicts } from "./score-verdicts.ts";
import { scoreVotes } from "./score-votes.ts";

const ROWS = 1_000_000;
const JUDGES = 5;
const RUNS = 7;

const random = seededRandom(1);
const training = panelTable(
  simulatePanel({ kind: "correlated", judges: JUDGES, rows: 200, balance: 0.6, random }),
);
const model = fitPanel("chosen", training, [...Array(200).keys()]);
if (model.method === "specification") throw new Error("Expected a chosen panel.");
const votes = new Int8Array(ROWS * JUDGES);
const confidences = new Float64Array(ROWS * JUDGES);
for (let cell = 0; cell < votes.length; cell++) {
  const draw = random.uniform();
  votes[cell] = draw < 0.05 ? -1 : draw < 0.7 ? 1 : 0;
  confidences[cell] = 40 + random.below(61);
}
const scores = new Float64Array(ROWS);

const measureFastest = (run: () => void): number => {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < RUNS; round++) {
    const start = performance.now();
    run();
    least = Math.min(least, performance.now() - start);
  }
  return least;
};
console.log(
  `relearn calibrated (chosen panel)   ${measureFastest(() => scoreVotes(model, votes, scores)).toFixed(1)} ms`,
);
console.log(
  `relearn specification               ${measureFastest(() => scoreVerdicts(votes, confidences, JUDGES, 2, scores)).toFixed(1)} ms`,
);
