import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { ManualClock } from "../clock.ts";
import { openInstallation } from "../compose.ts";
import { expectOneTransitionOrNone, prepareWidening } from "./killed-rollout.ts";
import { TEST_START, type TestInstallation } from "./test-installation.ts";

// A process on a folder takes seconds to start: every third write here, every one where RELEARN_EVERY_WRITE is set.
const step = process.env["RELEARN_EVERY_WRITE"] === undefined ? 3 : 1;

it("one transition or none, killed (-9) at its writes and after its commit", {
  timeout: 300_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "relearn-killed-rollout-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const clock = new ManualClock(TEST_START);
  const relearn = await openInstallation({ kind: "folder", folder }, { clock });
  await prepareWidening(relearn as TestInstallation);
  await relearn.close();
  expect(await expectOneTransitionOrNone(`file:${folder}`, clock.now(), step)).toBeGreaterThan(4);
});
