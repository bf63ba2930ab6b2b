import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { ManualClock } from "../../clock.ts";
import { openInstallation } from "../../compose.ts";
import { JobService } from "../../jobs/job-service.ts";
import { startJobWorker } from "../../jobs/job-worker.ts";
import { TEST_START } from "../test-installation.ts";
import { killProcessInJob } from "./killed-job.ts";

// Three processes open the folder one after the other, each in a few seconds.
const timeout = 120_000;

it("runs a job again whose process was killed, as soon as another opens the folder", {
  timeout,
}, async () => {
  const folder = await mkdtemp(join(tmpdir(), "relearn-killed-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const clock = new ManualClock(TEST_START);
  // Installed the day before, so that a night is due.
  await (await openInstallation({ kind: "folder", folder }, { clock })).close();
  clock.set(new Date("2026-03-03T02:00:00Z"));
  await killProcessInJob(`file:${folder}`, clock.now());

  const installation = await openInstallation({ kind: "folder", folder }, { clock });
  onTestFinished(() => installation.close());
  const { database, audit, settings } = installation;
  let tell!: (attempt: string) => void;
  const ran = new Promise<string>((resolve) => {
    tell = resolve;
  });
  const jobs = new JobService(database, audit, settings, clock, {
    load_labeled_data: async () => {
      tell("again");
      return { loaded: 1 };
    },
  });
  const worker = startJobWorker({
    jobs,
    reportFailure: (error) => console.error(error),
    pollIntervalMs: 500,
  });
  expect(await ran).toBe("again");
  await worker.stop();
  expect(await jobs.history({ job: "load_labeled_data" })).toMatchObject([
    { state: "succeeded", attempt: 2, scheduled_for: "2026-03-03T02:00:00.000Z" },
  ]);
});
