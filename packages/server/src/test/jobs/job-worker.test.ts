import type { JobName } from "@relearn/contract";
import { describe, expect, it, onTestFinished } from "vitest";
import type { JobHandler } from "../../jobs/job.ts";
import { JobService } from "../../jobs/job-service.ts";
import { startJobWorker } from "../../jobs/job-worker.ts";
import { type TestInstallation, testInstallation } from "../test-installation.ts";

async function workerOn(installation: TestInstallation, handlers: Partial<Record<JobName, JobHandler>>) {
  const { database, audit, settings, clock } = installation;
  const jobs = new JobService(database, audit, settings, clock, handlers, { stopGraceMs: 50 });
  const failures: unknown[] = [];
  const worker = startJobWorker({
    jobs,
    reportFailure: (error) => failures.push(error),
    pollIntervalMs: 500,
  });
  onTestFinished(() => worker.stop());
  return { jobs, worker, failures };
}

/** Work that tells of its first run. */
function toldWork() {
  let tell!: () => void;
  const ran = new Promise<void>((resolve) => {
    tell = resolve;
  });
  let count = 0;
  const handler: JobHandler = async () => {
    count += 1;
    tell();
    return { count };
  };
  return { handler, ran, count: () => count };
}

describe("the worker of a service", () => {
  it("looks at once at what is due, and stops cleanly; another takes up where it left", async () => {
    const installation = await testInstallation();
    const first = toldWork();
    installation.clock.set(new Date("2026-03-03T02:30:00Z"));
    const { worker, jobs, failures } = await workerOn(installation, { load_labeled_data: first.handler });
    await first.ran;
    await worker.stop();
    await worker.stop();
    expect(await jobs.history()).toMatchObject([{ job: "load_labeled_data", state: "succeeded" }]);
    expect(failures).toEqual([]);

    const second = toldWork();
    installation.clock.set(new Date("2026-03-03T03:30:00Z"));
    const again = await workerOn(installation, {
      load_labeled_data: first.handler,
      update_judge_weights: second.handler,
    });
    await second.ran;
    await again.worker.stop();
    expect(first.count()).toBe(1);
    expect(again.failures).toEqual([]);
  });

  it("runs a job that comes due while it waits", async () => {
    const installation = await testInstallation();
    const work = toldWork();
    const { worker, jobs, failures } = await workerOn(installation, { load_labeled_data: work.handler });
    installation.clock.set(new Date("2026-03-03T02:00:00Z"));
    await work.ran;
    await worker.stop();
    expect(await jobs.history()).toMatchObject([{ job: "load_labeled_data", trigger: "schedule" }]);
    expect(failures).toEqual([]);
  });

  it("gives a running job a signal and some time when it stops", async () => {
    const installation = await testInstallation();
    installation.clock.set(new Date("2026-03-03T02:30:00Z"));
    let begun!: () => void;
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const { worker, jobs } = await workerOn(installation, {
      load_labeled_data: ({ signal }) => {
        begun();
        return new Promise((resolve) => {
          signal.addEventListener("abort", () => resolve({ loaded: 7, stopped: true }));
        });
      },
    });
    await hasBegun;
    await worker.stop();
    expect(await jobs.history()).toMatchObject([{ state: "succeeded", result: { loaded: 7 } }]);
  });
});
