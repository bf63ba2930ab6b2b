import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { openInstallation } from "../../compose.ts";
import { expectOnceDespiteKills, prepareProposal } from "./killed-once.ts";

// A process on a folder takes seconds to start: every fourth write here, every one where RELEARN_EVERY_WRITE is set.
const step = process.env["RELEARN_EVERY_WRITE"] === undefined ? 4 : 1;

it("a POST with a key is done once, killed (-9) at its writes and before its answer", {
  timeout: 300_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "relearn-killed-once-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const relearn = await openInstallation({ kind: "folder", folder });
  const bundleId = await prepareProposal(relearn);
  await relearn.close();
  // One process at a time has a folder: the next one knows that the one before is gone.
  expect(await expectOnceDespiteKills(`file:${folder}`, bundleId, step, async () => {})).toBeGreaterThan(1);
});
