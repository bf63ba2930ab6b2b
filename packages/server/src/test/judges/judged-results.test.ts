import { describe, expect, it } from "vitest";
import { judgedMails } from "../console/console-examples.ts";
import { testInstallation } from "../test-installation.ts";

const AGENT = "inbox_triage";

describe("the labeled tasks behind a judge's card", () => {
  it("are those that its confusion table counts, newest first", async () => {
    const relearn = await testInstallation();
    await judgedMails(relearn, 90);
    await relearn.judges.update(AGENT);
    const { cards } = await relearn.judges.reliability(AGENT);
    const card = cards.find((one) => one.judge === "careful")!;
    const all = await relearn.judgedResults.list(AGENT, { judge: "careful" }, 1000);
    expect(all).toHaveLength(card.labels - card.abstentions);
    expect(all.map((one) => one.created_at)).toEqual(
      all
        .map((one) => one.created_at)
        .sort()
        .reverse(),
    );
    const cells = Object.entries(card.confusion).flatMap(([label, row]) =>
      Object.keys(row).map((verdict) => ({ label, verdict })),
    );
    expect(cells.length).toBeGreaterThan(2);
    let found = 0;
    for (const cell of cells) {
      const tasks = await relearn.judgedResults.list(AGENT, { judge: "careful", ...cell }, 1000);
      expect(tasks.length).toBeGreaterThan(0);
      for (const task of tasks) expect(task).toMatchObject(cell);
      found += tasks.length;
    }
    expect(found).toBe(all.length);
    expect(all[0]).toMatchObject({ payload: { sender: "billing@pay.example" } });
    expect(all[0]!.confidence).toBeGreaterThanOrEqual(50);
  });

  it("are none of a judge nobody knows, nor before the judges were measured", async () => {
    const relearn = await testInstallation();
    await judgedMails(relearn, 30);
    expect(await relearn.judgedResults.list(AGENT, { judge: "careful" }, 10)).toEqual([]);
    await relearn.judges.update(AGENT);
    expect(await relearn.judgedResults.list(AGENT, { judge: "nobody" }, 10)).toEqual([]);
    expect(await relearn.judgedResults.list(AGENT, { judge: "careful" }, 10)).toHaveLength(10);
  });
});

describe("the ways of combining the judges", () => {
  it("are scored on labels they have not seen, the best first, and the one in use is named", async () => {
    const api = await testInstallation();
    await judgedMails(api, 150);
    await api.judges.update(AGENT);
    const compared = await api.judgedResults.compareMethods(AGENT);
    expect(compared).toMatchObject({ agent: AGENT, rows: 100, labels: 45 });
    expect(compared.methods).toHaveLength(6);
    const losses = compared.methods.map((one) => one.log_loss);
    expect(losses).toEqual([...losses].sort((a, b) => a - b));
    expect(compared.methods.filter((one) => one.in_use).map((one) => one.method)).toEqual(["chosen"]);
    expect(await api.judgedResults.compareMethods(AGENT)).toEqual(compared);
  });

  it("are not compared on a handful of labels", async () => {
    const relearn = await testInstallation();
    await judgedMails(relearn, 12);
    await relearn.judges.update(AGENT);
    expect(await relearn.judgedResults.compareMethods(AGENT)).toMatchObject({ rows: 8, methods: [] });
  });
});
