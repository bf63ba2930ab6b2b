import { panelMethods } from "@relearn/contract/values";
import { describe, expect, it } from "vitest";
import { fitPanel } from "../../server/src/judges/fit-panel.ts";
import { createPanelPredictor } from "../../server/src/judges/panel-model.ts";
import { panelTable } from "../../server/src/judges/panel-table.ts";
import { simulatePanel } from "../../server/src/judges/simulated-panel.fixture.ts";
import { seededRandom } from "../../server/src/numerics/random.ts";
import { scoreVotes } from "./score-votes.ts";

describe("scoring votes on arrays", () => {
  it.each(panelMethods.filter((method) => method !== "specification"))(
    "matches the %s panel's predictor, by table and row by row",
    (method) => {
      for (const judges of [3, 11]) {
        const random = seededRandom(judges);
        const table = panelTable(simulatePanel({ kind: "lenient", judges, rows: 300, balance: 0.6, random }));
        for (let cell = 0; cell < table.votes.length; cell += 7) table.votes[cell] = -1;
        const model = fitPanel(method, table, [...Array(60).keys()]);
        if (model.method === "specification") throw new Error("filtered above");
        const scores = new Float64Array(table.rows);
        scoreVotes(model, table.votes, scores);
        const predict = createPanelPredictor(model, table);
        const probabilities = new Float64Array(2);
        scores.forEach((score, row) => {
          predict(row, probabilities);
          expect(score).toBeCloseTo(1 - Math.max(...probabilities), 12);
        });
      }
    },
  );
});
