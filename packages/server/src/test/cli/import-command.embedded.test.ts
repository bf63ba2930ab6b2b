import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { program, serveProcess } from "../serve-process.ts";

it("runs the commands on one folder, by itself and through its service: import to erase", {
  timeout: 180_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "relearn-commands-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const relearn = (input: string, ...words: string[]) =>
    new Promise<{ code: number; out: string; error: string }>((resolve) => {
      const child = execFile(
        process.execPath,
        [program, ...words, "--data", join(folder, "data"), "--as", "ana"],
        (failed, out, error) => resolve({ code: Number(failed?.code ?? 0), out, error }),
      );
      child.stdin!.end(input);
    });
  const json = async (...words: string[]) => JSON.parse((await relearn("", ...words, "--json")).out);

  const file = join(folder, "mails.csv");
  await writeFile(file, "id,risk_score,label\na,1,Safe\nb,2,\nc,3,High-Risk\n");
  const table = ["import", "examples", file, "--agent", "inbox_triage", "--label", "label", "--key", "id"];
  const imported = await relearn("", ...table);
  // A line was rejected, so the check failed; the others are in.
  expect(imported).toMatchObject({ code: 5, error: "" });
  expect(imported.out).toContain("3 examples read");
  expect(imported.out).toContain("2 stored, 1 rejected");
  expect(imported.out).toContain("line 3: label is nothing");

  // From here on through the service that holds the folder: a command opens no database of its own then.
  await serveProcess(join(folder, "data"));
  const approval = { task_key: "t", action: "quarantine", status: "approved", payload: { subject: "x" } };
  expect(
    await relearn(JSON.stringify(approval), "import", "approvals", "-", "--agent", "inbox_triage"),
  ).toMatchObject({ code: 0 });
  expect(await json("feeds", "load")).toMatchObject({ approvals: 1, feedback: 0, gold: 0 });
  expect(await json("stats")).toMatchObject({ total: 3, by_source: { approvals: 1, gold: 2 } });
  expect(await relearn("", "import", "gold", file, "--agent", "nobody")).toMatchObject({ code: 3 });

  // What an export holds, an import takes back: all of it is there already.
  for (const format of ["jsonl", "csv"]) {
    const { out } = await relearn("", "examples", "export", "--format", format);
    const back = await relearn(out, "import", "examples", "-", "--json");
    expect(JSON.parse(back.out)).toMatchObject({ records: 3, duplicates: 3, rejected: 0 });
  }

  await writeFile(file, "id,risk_score,label\na,1,High-Risk\n");
  await relearn("", ...table);
  const [conflict] = await json("conflicts", "list");
  expect(conflict).toMatchObject({ key: "a", kept_label: "Safe", offered_label: "High-Risk" });
  expect((await relearn("", "conflicts", "settle", String(conflict.id))).code).toBe(2);
  expect(await json("conflicts", "settle", String(conflict.id), "--take-new")).toMatchObject({
    state: "took_new",
  });
  expect(await json("examples", "list", "--key", "a")).toMatchObject([{ label: "High-Risk" }]);

  expect(await json("erase", "t")).toMatchObject({
    total: 2,
    erased: { action_approvals: 1, labeled_examples: 1 },
  });
  expect(await json("examples", "list", "--key", "t")).toMatchObject([{ payload: {} }]);
});
