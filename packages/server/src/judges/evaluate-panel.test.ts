import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { describeWithSharedData } from "../../../../scripts/testing/describe-with-shared-data.ts";
import { seededRandom } from "../numerics/random.ts";
import { evaluatePanel, evaluatePanelBySplits } from "./evaluate-panel.ts";
import { type PanelTask, panelTable } from "./panel-table.ts";
import { panelKinds, simulatePanel } from "./simulated-panel.fixture.ts";

const files = [
  { name: "triviaqa-judges", ratio: 0.72, accuracy: 0.94 },
  { name: "llmbar", ratio: 0.55, accuracy: 0.88 },
] as const;

for (const { name, ratio, accuracy } of files) {
  describeWithSharedData(`${name}/panel.jsonl`, `panels on ${name}`, (path) => {
    const evaluated = evaluatePanel(panelTable(readPanel(path)), { labels: [10, 100, 250] });
    const at = (method: string, n: number) => evaluated.methods[method]![n]!;

    it("reach the expected figures at 100 labels", () => {
      expect(at("chosen", 100).log_loss).toBeLessThanOrEqual(ratio * at("specification", 100).log_loss);
      expect(at("chosen", 100).accuracy).toBeGreaterThanOrEqual(accuracy);
    });
    it("are not substantially worse at 10 labels", () => {
      const better = Math.min(at("majority", 10).log_loss, at("specification", 10).log_loss);
      expect(at("chosen", 10).log_loss).toBeLessThanOrEqual(better + 0.03);
    });
    it("are calibrated at 250 labels if the training half has them", () => {
      const enough = name === "triviaqa-judges";
      expect(evaluated.labels_left_out).toEqual(enough ? [] : [250]);
      expect("250" in evaluated.methods["chosen"]!).toBe(enough);
      if (enough) expect(at("chosen", 250).calibration_error).toBeLessThan(0.04);
    });
  });
}

describe("evaluating panels", () => {
  it("gives the same result one split at a time", () => {
    const random = seededRandom(8);
    const table = panelTable(simulatePanel({ kind: "lenient", judges: 3, rows: 80, balance: 0.6, random }));
    const options = { labels: [10], splits: 4 };
    const splits = evaluatePanelBySplits(table, options);
    const shares: number[] = [];
    let step = splits.next();
    for (; !step.done; step = splits.next()) shares.push(step.value);
    expect(shares).toEqual([0.25, 0.5, 0.75, 1]);
    expect(step.value).toEqual(evaluatePanel(table, options));
  });

  it("returns finite figures for any table of verdicts and labels", () => {
    const word = fc.constantFrom("a", "b", "c", "", null);
    const task = fc.record(
      {
        label: fc.constantFrom("a", "b", "c", null),
        group: fc.constantFrom("g", "h", "i"),
        judge_scores: fc.dictionary(
          fc.constantFrom("x", "y", "z", "__proto__"),
          fc.record({ verdict: word, confidence: fc.constantFrom(0, 50, 100, null) }, { requiredKeys: [] }),
        ),
      },
      { requiredKeys: ["label", "judge_scores"] },
    );
    fc.assert(
      fc.property(fc.array(task, { maxLength: 40 }), (tasks) => {
        const { methods } = evaluatePanel(panelTable(tasks), { labels: [1, 5], splits: 2 });
        const figures = JSON.stringify(methods, (_, value: unknown) =>
          typeof value === "number" && !Number.isFinite(value) ? "not finite" : value,
        );
        expect(figures).not.toContain("not finite");
      }),
      { numRuns: 40 },
    );
  });

  it.each(panelKinds)("the default loses at most .03 at 10 labels on a simulated panel: %s", (kind) => {
    for (const [index, judges] of [2, 5, 10].entries()) {
      const random = seededRandom(100 + index);
      const table = panelTable(simulatePanel({ kind, judges, rows: 600, balance: 0.7, random }));
      const { methods } = evaluatePanel(table, { labels: [10] });
      const loss = (method: string) => methods[method]!["10"]!.log_loss;
      expect(loss("chosen")).toBeLessThanOrEqual(Math.min(loss("majority"), loss("specification")) + 0.03);
    }
  });

  const small = panelTable(
    simulatePanel({ kind: "lenient", judges: 3, rows: 120, balance: 0.5, random: seededRandom(1) }),
  );

  it("returns the same figures for the same seed and other figures for another", () => {
    const run = (seed: number) => evaluatePanel(small, { labels: [20], splits: 3, seed });
    expect(run(1)).toEqual(run(1));
    expect(run(1).methods["chosen"]).not.toEqual(run(2).methods["chosen"]);
  });

  it("pairs its differences with the specification's", () => {
    const { methods } = evaluatePanel(small, { labels: [20], splits: 5 });
    const own = methods["chosen"]!["20"]!;
    const base = methods["specification"]!["20"]!;
    expect(own.difference_to_specification.log_loss).toBeCloseTo(own.log_loss - base.log_loss, 12);
    expect(base.difference_standard_errors.log_loss).toBe(0);
  });

  it("keeps each group on one side of a split, so that copies of an item do not leak", () => {
    const tasks: PanelTask[] = Array.from({ length: 40 }, () => ({
      label: "a",
      group: "one",
      judge_scores: { j: { verdict: "a" } },
    }));
    expect(evaluatePanel(panelTable(tasks), { labels: [10] }).methods["chosen"]).toEqual({});
  });

  it("returns no figures for a file without labels", () => {
    const tasks = [{ judge_scores: { j: { verdict: "a" } } }];
    const evaluated = evaluatePanel(panelTable(tasks));
    expect(evaluated.methods["chosen"]).toEqual({});
    expect(evaluated.labels_left_out).toEqual([10, 25, 50, 100, 200]);
  });
});

function readPanel(path: string): PanelTask[] {
  return readFileSync(path, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}
