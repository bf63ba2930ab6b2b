import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { it, onTestFinished } from "vitest";
import { openInstallation } from "../../compose.ts";
import { expectFeedResumes, killProcessInFeed, sendApprovalsToLoad } from "./killed-feed.ts";

it("goes on after kill -9 of the process that loads, without a loss or a double", {
  timeout: 180_000,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "relearn-killed-feed-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const first = await openInstallation({ kind: "folder", folder });
  await sendApprovalsToLoad(first);
  await first.close();
  await killProcessInFeed(`file:${folder}`, 2);
  const second = await openInstallation({ kind: "folder", folder });
  try {
    await expectFeedResumes(second);
  } finally {
    await second.close();
  }
});
