import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { describeWithSharedData } from "../../../scripts/testing/describe-with-shared-data.ts";
import { panelTable } from "../../server/src/judges/panel-table.ts";
import { simulatePanel } from "../../server/src/judges/simulated-panel.fixture.ts";
import { seededRandom } from "../../server/src/numerics/random.ts";
import { measureCoverage } from "./measure-coverage.ts";

const expectGoodCoverage = (table: ReturnType<typeof panelTable>, method: "majority" | "chosen") => {
  const result = measureCoverage(table, { labels: 100, resamples: 1000, method, seed: 1 });
  expect(result.coverage).toBeGreaterThanOrEqual(0.87);
  expect(result.coverage).toBeLessThanOrEqual(0.93);
  expect(result.width).toBeLessThan(0.8 * result.width_labels_only);
};

describe.each(["majority", "chosen"] as const)("90 % intervals powered by the %s panel", (method) => {
  describeWithSharedData("triviaqa-judges/panel.jsonl", "on triviaqa-judges", (path) => {
    it("cover 87 to 93 %, narrower than with labels only", () => {
      const lines = readFileSync(path, "utf8").trim().split("\n");
      expectGoodCoverage(panelTable(lines.map((line) => JSON.parse(line))), method);
    });
  });
  it("cover 87 to 93 % on a simulated panel of lenient judges, narrower than with labels only", () => {
    const random = seededRandom(12);
    expectGoodCoverage(
      panelTable(simulatePanel({ kind: "lenient", judges: 5, rows: 2500, balance: 0.6, random })),
      method,
    );
  });
});
