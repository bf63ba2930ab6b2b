import { describe, expect, it } from "vitest";
import { seededRandom } from "../numerics/random.ts";
import { fitChosenPanel } from "./chosen-panel.ts";
import { fitPanel } from "./fit-panel.ts";
import { addPanelEvidence, emptyPanelEvidence, type LabeledVotes, votePatternsOf } from "./panel-evidence.ts";
import { panelTable } from "./panel-table.ts";
import { simulatePanel } from "./simulated-panel.ts";

const start = new Date("2026-01-01T00:00:00Z");
const day = (days: number): Date => new Date(start.getTime() + days * 86_400_000);
const tasks = simulatePanel({
  kind: "adversarial",
  judges: 4,
  rows: 200,
  balance: 0.6,
  random: seededRandom(2),
});
const records: LabeledVotes[] = tasks.map((task, index) => ({
  judge_scores: task.judge_scores,
  label: task.label!,
  at: day(index / 10),
}));
const table = panelTable(tasks);

describe("panel evidence", () => {
  it("without decay gives the very panel that the tasks give", () => {
    const evidence = addPanelEvidence(emptyPanelEvidence(start, null), records, day(30));
    const panel = fitChosenPanel(votePatternsOf(evidence, table.judges, table.classes));
    expect(panel).toEqual(fitPanel("chosen", table, [...tasks.keys()]));
  });

  it("is the same night by night as at once, decay included", () => {
    const atOnce = addPanelEvidence(emptyPanelEvidence(start, 30), records, day(20));
    let nightly = addPanelEvidence(emptyPanelEvidence(start, 30), [records[0]!], start);
    for (let night = 1; night <= 20; night++) {
      const since = records.filter(({ at }) => (at as Date) > day(night - 1) && (at as Date) <= day(night));
      nightly = addPanelEvidence(nightly, since, day(night));
    }
    expect(nightly.labels).toEqual(atOnce.labels);
    const [one, other] = [nightly, atOnce].map((evidence) =>
      votePatternsOf(evidence, table.judges, table.classes),
    );
    expect(one!.votes).toEqual(other!.votes);
    one!.counts.forEach((count, index) => {
      expect(count).toBeCloseTo(other!.counts[index]!, 9);
    });
  });

  it("takes a judge that joins later, leaves one out that is gone, and forgets at last", () => {
    const evidence = addPanelEvidence(
      emptyPanelEvidence(start, 1),
      [
        { judge_scores: { old: { verdict: "a" }, kept: { verdict: "a" } }, label: "a" },
        { judge_scores: { kept: { verdict: "b", order_consistent: false } }, label: "b" },
      ],
      start,
    );
    const patterns = votePatternsOf(evidence, ["kept", "new"], ["a", "b"]);
    expect([...patterns.votes]).toEqual([-1, -1, 0, -1]);
    expect([...patterns.counts]).toEqual([0, 1, 1, 0]);
    expect(addPanelEvidence(evidence, [], day(100)).patterns).toEqual([]);
    expect(addPanelEvidence(evidence, [], day(100)).labels).toEqual({ a: 1, b: 1 });
  });

  it("is a document: JSON and back", () => {
    const evidence = addPanelEvidence(emptyPanelEvidence(start, 30), records, day(20));
    expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
  });
});
