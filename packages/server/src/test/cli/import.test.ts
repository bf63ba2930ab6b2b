import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { tableCases } from "../../../../contract/src/table/table-cases.fixture.ts";
import { importRecords } from "../../cli/import.ts";
import { openImport } from "../../cli/import-records.ts";
import { ProgressLine } from "../../cli/progress.ts";
import type { CsvMapping } from "../../feeds/csv-document.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";

let columnsRead: unknown;

async function importText(
  installation: TestInstallation,
  text: string | Uint8Array,
  mapping: CsvMapping,
  { isRehearsal = false, encoding = "utf-8" } = {},
) {
  const folder = await mkdtemp(join(tmpdir(), "relearn-import-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, "input");
  await writeFile(file, text);
  const source = await openImport(file, { encoding }, mapping);
  const report = await importRecords(installation.as("ana"), mapping.kind, source, new ProgressLine(), {
    isRehearsal,
  });
  columnsRead = source.columns();
  return report;
}

const lines = (records: readonly object[]) => records.map((one) => JSON.stringify(one)).join("\n");

describe("relearn import KIND FILE", () => {
  it("imports each kind from JSONL and from CSV; again it changes nothing", async () => {
    const installation = await testInstallation();
    const agent = "inbox_triage";
    const files: [CsvMapping, string][] = [
      [
        { kind: "approvals", agent },
        lines([{ task_key: "t1", action: "quarantine", status: "approved", payload: { risk_score: 1 } }]),
      ],
      [
        { kind: "approvals", agent },
        "task_key,action,status,decided_at,risk_score\nt2,quarantine,rejected,2026-03-01T10:00:00Z,3\n",
      ],
      [{ kind: "feedback", agent }, "task_key,thumb,occurred_at\nt1,up,2026-03-01T10:00:00Z\n"],
      [
        { kind: "gold", agent },
        'task_key,label,payload.risk_score,suspicious_keywords\ng1,Safe,4,"[""a""]"\n',
      ],
      [
        { kind: "evaluations", agent },
        "task_key,judge.gpt-4.verdict,judge.gpt-4.confidence,risk_score\nt1,safe,80,5\n",
      ],
      [{ kind: "outcomes", agent }, "unit_id,quality,success,at\nu1,0.5,true,2026-03-01T10:00:00Z\n"],
      [{ kind: "examples", agent }, lines([{ key: "k1", label: "Safe", payload: {} }])],
    ];
    for (const [mapping, text] of files) {
      expect(await importText(installation, text, mapping)).toMatchObject({
        records: 1,
        stored: 1,
        rejected: 0,
      });
    }
    for (const [mapping, text] of files) {
      expect(await importText(installation, text, mapping)).toMatchObject({
        stored: 0,
        updated: 0,
        duplicates: 1,
      });
    }
    expect(await installation.feeds.loadAll()).toMatchObject({ approvals: 2, gold: 1 });
    const [gold] = await installation.examples.list({ key: "g1" }, { limit: 1 });
    expect(gold?.payload).toEqual({ risk_score: 4, suspicious_keywords: ["a"] });
  });

  it("keeps the good lines of a file and tells each bad one by number and reason", async () => {
    const installation = await testInstallation();
    const text = [
      "agent,task_key,label,risk_score",
      "inbox_triage,g1,Safe,1",
      "inbox_triage,g2,,2",
      "nobody,g3,Safe,3",
      "inbox_triage,g4,Safe,inf",
      "inbox_triage,g5",
      `inbox_triage,g6,${"x".repeat(10_000)},6`,
      "inbox_triage,g7,Safe,7",
      ",g8,Safe,8",
    ].join("\n");
    const report = await importText(installation, text, { kind: "gold" });
    expect(report).toMatchObject({ records: 8, stored: 2, rejected: 6 });
    expect(report.rejections.map(({ line, path, reason }) => [line, path, reason])).toEqual([
      [3, "label", "invalid"],
      [4, "agent", "unknown_agent"],
      [5, "payload.risk_score", "invalid"],
      [6, "(root)", "invalid"],
      [7, "label", "invalid"],
      [9, "agent", "invalid"],
    ]);
  });

  it("imports a plain table: its label column, every other one payload, equal rows once", async () => {
    const installation = await testInstallation();
    const columns = Array.from({ length: 57 }, (_, column) => column);
    const header = [...columns.map((column) => `word_freq_${column}`), "is_spam"];
    // A hundred different rows; the number of a row settles its label, so no two contradict each other.
    const rows = Array.from({ length: 2500 }, (_, number) => [
      ...columns.map((column) => ((number % 100) * (column + 1)) / 8),
      number % 2,
    ]);
    const text = [header, ...rows].map((cells) => cells.join(",")).join("\r\n");
    const mapping = { kind: "examples", agent: "inbox_triage", label: "is_spam" } as const;
    expect(await importText(installation, text, mapping)).toMatchObject({
      records: 2500,
      stored: 100,
      duplicates: 2400,
      conflicts: 0,
      rejected: 0,
    });
    expect(await installation.examples.stats()).toMatchObject({
      total: 100,
      by_label: { inbox_triage: { "0": 50, "1": 50 } },
    });
    const [newest] = await installation.examples.list({}, { limit: 1 });
    expect(Object.keys(newest!.payload)).toHaveLength(57);
  });

  it("says beforehand what would become of each record and column, and stores nothing", async () => {
    const installation = await testInstallation();
    const agent = "inbox_triage";
    const written = async () => [
      (await installation.examples.stats()).total,
      (await installation.audit.list({}, { limit: 100 })).length,
      (await installation.feeds.loadFromApprovals()).read,
    ];
    await importText(installation, lines([{ key: "a", payload: { x: 1 }, label: "safe" }]), {
      kind: "examples",
      agent,
    });
    const before = await written();
    const table = "id,answer,x,y.z\na,safe,1,2\na,quarantine,1,2\nb,safe,1,2\nb,safe,1,2\nc,,1,2\n";
    const mapping = { kind: "examples", agent, label: "answer", key: "id" } as const;
    const dryRun = await importText(installation, table, mapping, { isRehearsal: true });
    expect(dryRun).toMatchObject({
      records: 5,
      stored: 1,
      duplicates: 2,
      conflicts: 1,
      rejected: 1,
      rejections: [{ line: 6, path: "label" }],
    });
    expect(columnsRead).toEqual([
      { column: "id", becomes: "field key" },
      { column: "answer", becomes: "field label" },
      { column: "x", becomes: "payload.x" },
      { column: "y.z", becomes: "payload.y.z" },
    ]);
    const approvals = lines([
      { task_key: "t1", action: "quarantine", status: "approved", payload: {} },
      { task_key: "t2", action: "quarantine" },
    ]);
    expect(
      await importText(installation, approvals, { kind: "approvals", agent }, { isRehearsal: true }),
    ).toMatchObject({ stored: 1, rejected: 1 });
    expect(await written()).toEqual(before);
    // And that is what then happens.
    expect(await importText(installation, table, mapping)).toEqual(dryRun);
    const again = await installation.fetch("/v1/signals/gold?dry_run=maybe", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: "[]",
    });
    expect(again.status).toBe(400);
  });

  it("stores of each of the readers' cases the rows as they are, and counts every other line", async () => {
    const installation = await testInstallation();
    const agent = "inbox_triage";
    for (const { name, file, encoding, rows = [], badRows = [], fault } of tableCases) {
      const importing = importText(
        installation,
        file,
        { kind: "examples", agent, label: "label" },
        { encoding: encoding ?? "utf-8" },
      );
      const before = rows.length + badRows.length;
      if (fault !== undefined && before === 0) {
        await expect(importing, name).rejects.toMatchObject({ code: "invalid_input" });
        continue;
      }
      const report = await importing;
      const unlabeled = rows.filter(([, label]) => label === "");
      // Equal rows of other cases are there already.
      expect([name, report.stored + report.duplicates + report.conflicts]).toEqual([
        name,
        rows.length - unlabeled.length,
      ]);
      expect([name, report.rejections.map(({ line }) => line)]).toEqual([
        name,
        [...badRows, ...unlabeled, ...(fault === undefined ? [] : [fault])]
          .map(([line]) => line ?? 0)
          .sort((one, other) => one - other),
      ]);
    }
    const stored = await installation.examples.list({ agent }, { limit: 500 });
    const texts = new Set(stored.map(({ label, payload }) => JSON.stringify([label, payload["text"] ?? ""])));
    const kept = tableCases.flatMap(({ rows = [] }) => rows.filter(([, label]) => label !== ""));
    const firstByText = new Map(kept.map(([, label, text]) => [text, label]).reverse() as [string, string][]);
    expect([...texts].sort()).toEqual(
      [...firstByText].map(([text, label]) => JSON.stringify([label, text])).sort(),
    );
  });

  it("takes nothing from an empty file and from all duplicates", async () => {
    const installation = await testInstallation();
    expect(await importText(installation, "", { kind: "gold" })).toMatchObject({ records: 0, stored: 0 });
    const same = lines(Array(500).fill({ agent: "inbox_triage", key: "k", label: "Safe", payload: {} }));
    expect(await importText(installation, same, { kind: "examples" })).toMatchObject({
      stored: 1,
      duplicates: 499,
    });
  });

  it("refuses a file that is not there, before it touches the database", async () => {
    await expect(
      openImport("/no/such/file.csv", { encoding: "utf-8" }, { kind: "gold" }),
    ).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("/no/such/file.csv"),
    });
  });
});
