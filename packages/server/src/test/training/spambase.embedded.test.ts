import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { describeWithSharedData } from "../../../../../scripts/testing/describe-with-shared-data.ts";
import { program, serveProcess } from "../serve-process.ts";

describeWithSharedData("spambase/spambase.csv", "spambase", (table) => {
  it("goes from the table to a canary by commands", { timeout: 600_000 }, async () => {
    const folder = await mkdtemp(join(tmpdir(), "relearn-spambase-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    const run = (words: readonly string[]) =>
      new Promise<string>((resolve, reject) => {
        execFile(process.execPath, [program, ...words], { maxBuffer: 1 << 26 }, (failed, out, error) =>
          failed === null ? resolve(out) : reject(new Error(`${words.join(" ")}: ${error}`)),
        );
      });
    const relearn = async (person: string, ...words: string[]) =>
      JSON.parse(await run([...words, "--data", join(folder, "data"), "--as", person, "--json"]));

    await serveProcess(join(folder, "data"));
    const definition = join(folder, "spambase.json");
    await writeFile(definition, await run(["agents", "suggest", table, "--label", "is_spam"]));
    expect(await relearn("ana", "agents", "apply", definition)).toMatchObject({
      name: "spambase",
      changed: true,
    });
    const imported = await relearn(
      "ana",
      "import",
      "gold",
      table,
      "--agent",
      "spambase",
      "--label",
      "is_spam",
    );
    // 391 of the 4,601 rows repeat another; three more differ from another in the label alone.
    expect(imported).toMatchObject({ records: 4601, stored: 4207, updated: 3, duplicates: 391, rejected: 0 });
    expect(await relearn("ana", "feeds", "load")).toMatchObject({ gold: 4207 });
    const bundle = await relearn("ana", "train", "spambase");
    expect(bundle).toMatchObject({ training_count: 4207, model_type: "LogisticRegression" });
    expect(bundle.features).toHaveLength(57);
    expect(bundle.accuracy).toBeGreaterThan(0.9);
    const proposed = await relearn("ana", "bundles", "propose", bundle.bundle_id);
    const id = proposed.approval_id ?? proposed.id;
    await relearn("bo", "approvals", "approve", id, "--rationale", "Reads well.");
    await relearn("bo", "bundles", "apply", id);
    expect(await relearn("bo", "canary", "status", "spambase")).toMatchObject({
      rollout: { bundle_id: bundle.bundle_id, percent: 10 },
    });
  });
});
