import type { LinearPanelModel } from "@relearn/contract";
import { panelMethods } from "@relearn/contract/values";
import { describe, expect, it } from "vitest";
import { seededRandom, shuffled } from "../numerics/random.ts";
import { fitPanel } from "./fit-panel.ts";
import { createPanelPredictor, predictPanel } from "./panel-model.ts";
import { type PanelTask, panelTable } from "./panel-table.ts";
import { simulatePanel } from "./simulated-panel.fixture.ts";

const listRows = (tasks: readonly PanelTask[]): number[] => tasks.map((_, row) => row);
const said = (...verdicts: (string | null)[]) =>
  Object.fromEntries(verdicts.map((verdict, index) => [`j${index}`, { verdict, confidence: 100 }]));

const panel = simulatePanel({
  kind: "adversarial",
  judges: 4,
  rows: 400,
  balance: 0.6,
  random: seededRandom(6),
});
const threeClasses = simulatePanel({
  kind: "independent",
  judges: 4,
  rows: 400,
  balance: 0.4,
  classes: 3,
  random: seededRandom(5),
});

describe.each(panelMethods)("the %s panel", (method) => {
  it.each([
    ["two classes", panel],
    ["three classes", threeClasses],
  ])("returns probabilities that sum to one, from a JSON document: %s", (_name, tasks) => {
    const table = panelTable(tasks);
    const model = fitPanel(method, table, listRows(tasks).slice(0, 100));
    const read = JSON.parse(JSON.stringify(model));
    expect(read).toEqual(model);
    const predict = createPanelPredictor(model, table);
    const probabilities = new Float64Array(table.classes.length);
    for (let row = 100; row < 150; row++) {
      predict(row, probabilities);
      expect(probabilities.reduce((sum, p) => sum + p, 0)).toBeCloseTo(1, 12);
      expect(Math.min(...probabilities)).toBeGreaterThanOrEqual(0);
      const named = predictPanel(read, tasks[row]!.judge_scores);
      expect(Object.values(named)).toEqual([...probabilities]);
    }
  });

  it.each([
    ["no label", 0],
    ["one label", 1],
    ["two labels", 2],
  ])("works from %s", (_name, count) => {
    const model = fitPanel(method, panelTable(panel), listRows(panel).slice(0, count));
    const named = predictPanel(model, panel[300]!.judge_scores);
    for (const p of Object.values(named)) expect(p).toBeGreaterThanOrEqual(0);
    expect(model.labels).toBe(count);
  });

  it("works with labels of one class, with judges without verdicts and without judges", () => {
    const oneClass = panel.filter((task) => task.label === "class-1").slice(0, 20);
    const table = panelTable(oneClass, { classes: ["class-0", "class-1"] });
    const named = predictPanel(fitPanel(method, table, listRows(oneClass)), oneClass[0]!.judge_scores);
    expect(Number.isFinite(named["class-1"])).toBe(true);

    const silent: PanelTask[] = [
      { label: "a", judge_scores: said(null, null) },
      { label: "b", judge_scores: said(null, null) },
    ];
    const even = predictPanel(fitPanel(method, panelTable(silent), [0, 1]), silent[0]!.judge_scores);
    expect(even["a"]).toBeCloseTo(0.5, 6);
    const none: PanelTask[] = [
      { label: "a", judge_scores: {} },
      { label: "b", judge_scores: {} },
    ];
    expect(predictPanel(fitPanel(method, panelTable(none), [0, 1]), {})["b"]).toBeCloseTo(0.5, 6);
  });

  it("does not depend on the order of the classes", () => {
    const model = fitPanel(method, panelTable(panel), listRows(panel).slice(0, 60));
    const swapped = fitPanel(
      method,
      panelTable(panel, { classes: ["class-1", "class-0"] }),
      listRows(panel).slice(0, 60),
    );
    for (const task of panel.slice(100, 120)) {
      const p = predictPanel(model, task.judge_scores)["class-1"]!;
      expect(predictPanel(swapped, task.judge_scores)["class-1"]).toBeCloseTo(p, 9);
    }
  });
});

describe("the chosen panel", () => {
  const fit = (tasks: readonly PanelTask[], rows = listRows(tasks)) =>
    fitPanel("chosen", panelTable(tasks), rows) as LinearPanelModel;

  it("is a tempered majority without labels", () => {
    const unlabeled = [{ judge_scores: said("a", "b", "b") }];
    const model = fitPanel("chosen", panelTable(unlabeled), []);
    // log-odds 3 * mean vote
    expect(predictPanel(model, said("b", "b", "b"))["b"]).toBeCloseTo(1 / (1 + Math.exp(-3)), 12);
    expect(predictPanel(model, said("b", "b", "a"))["b"]).toBeCloseTo(1 / (1 + Math.exp(-1)), 12);
    expect(predictPanel(model, said("b", null, "a"))["b"]).toBeCloseTo(0.5, 12);
  });

  it("is the same document, bit for bit, for the same labels in any order", () => {
    const table = panelTable(panel);
    const rows = listRows(panel).slice(0, 120);
    const expected = JSON.stringify(fitPanel("chosen", table, rows));
    expect(JSON.stringify(fitPanel("chosen", table, shuffled(rows, seededRandom(9))))).toBe(expected);
  });

  it("gives a judge that is worse than chance a negative weight", () => {
    const model = fit(panel);
    // judge-2 of an adversarial panel is wrong more often than right.
    const mean = (judge: number) =>
      model.components.reduce((sum, c) => sum + c.probability * c.vote_log_odds[judge]!, 0);
    expect(mean(2)).toBeLessThan(-2 * model.standard_errors![2]!);
    expect(mean(0)).toBeGreaterThan(2 * model.standard_errors![0]!);
  });

  it("ignores the vote of a judge that contradicts itself", () => {
    const model = fit(panel, listRows(panel).slice(0, 50));
    const scores = panel[0]!.judge_scores;
    const inconsistent = { ...scores, "judge-0": { ...scores["judge-0"], order_consistent: false } };
    const silent = { ...scores, "judge-0": { verdict: null } };
    expect(predictPanel(model, inconsistent)).toEqual(predictPanel(model, silent));
  });

  it("weights its spreads by evidence: equal judges get the smallest, different ones a large one", () => {
    const alike = Array.from({ length: 300 }, (_, row) => ({
      label: row % 2 === 0 ? "a" : "b",
      // Every judge errs on its own tenth.
      judge_scores: said(
        ...[0, 1, 2, 3].map((judge) => ((row % 2 === 0) !== ((row * 7 + judge) % 10 === 0) ? "a" : "b")),
      ),
    }));
    const spread = (model: LinearPanelModel) =>
      model.components.reduce((sum, c) => sum + c.probability * c.tau!, 0);
    expect(spread(fit(alike))).toBeLessThan(spread(fit(panel)));
  });
});
