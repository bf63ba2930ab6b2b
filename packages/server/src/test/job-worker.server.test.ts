import { TestClock } from "pg-boss";
import { describe, expect, it, onTestFinished } from "vitest";
import { ManualClock } from "../clock.ts";
import { openInstallation } from "../compose.ts";
import { jobs as allJobs } from "../jobs/job.ts";
import { JobService, type JobTiming } from "../jobs/job-service.ts";
import { startJobWorker, type WorkerTiming } from "../jobs/job-worker.ts";
import { killProcessInJob } from "./killed-job.ts";
import { testInstallation } from "./test-installation.ts";

const quick: WorkerTiming = { pollingSeconds: 0.5, silentSeconds: 10, superviseSeconds: 1 };

/** A service of its own on the server's database, whose jobs note that they ran. */
async function serviceOn(
  url: string,
  now: Date,
  options: { bossClock?: TestClock; timing?: Partial<JobTiming> } = {},
) {
  const clock = new ManualClock(now);
  const installation = await openInstallation({ kind: "server", url }, { clock });
  const ran: string[] = [];
  const waiting = new Map<string, () => void>();
  const handlers = Object.fromEntries(
    allJobs.map(({ name }) => [
      name,
      async () => {
        ran.push(name);
        waiting.get(name)?.();
        return {};
      },
    ]),
  );
  const { database, audit, settings } = installation;
  const jobs = new JobService(database, audit, settings, clock, handlers, options.timing);
  const failures: unknown[] = [];
  const start = async () => {
    const worker = await startJobWorker({
      jobs,
      database,
      serverUrl: url,
      reportFailure: (error) => failures.push(error),
      timing: quick,
      ...(options.bossClock === undefined ? {} : { bossClock: options.bossClock }),
    });
    onTestFinished(() => worker.stop());
    return worker;
  };
  onTestFinished(() => installation.close());
  const hasRun = (name: string) =>
    new Promise<void>((resolve) => {
      if (ran.includes(name)) resolve();
      else waiting.set(name, resolve);
    });
  return { clock, jobs, ran, failures, start, hasRun };
}

async function databaseUrl(): Promise<string> {
  const { databaseUrl: url } = await testInstallation();
  return url ?? "";
}

describe("several services on one database", () => {
  it("run each job once, though all look at the same time", async () => {
    const url = await databaseUrl();
    const now = new Date("2026-03-03T05:00:00Z");
    const services = await Promise.all([0, 1, 2].map(() => serviceOn(url, now)));
    const looks = services.flatMap(({ jobs }) => [
      ...[0, 1, 2].map(() => jobs.runDue("learning")),
      ...[0, 1, 2].map(() => jobs.runDue("guard")),
    ]);
    await Promise.all(looks);
    expect(services.flatMap(({ ran }) => ran).sort()).toEqual(allJobs.map(({ name }) => name).sort());
  });

  it("start at the same time, on a database that has no queue yet", async () => {
    const url = await databaseUrl();
    const now = new Date("2026-03-03T05:00:00Z");
    const services = await Promise.all([0, 1].map(() => serviceOn(url, now)));
    const workers = await Promise.all(services.map(({ start }) => start()));
    await Promise.any(services.map(({ hasRun }) => hasRun("sample_review_queue")));
    await Promise.any(services.map(({ hasRun }) => hasRun("guard")));
    await Promise.all(workers.map((worker) => worker.stop()));
    expect(services.flatMap(({ ran }) => ran).sort()).toEqual(allJobs.map(({ name }) => name).sort());
    expect(services.flatMap(({ failures }) => failures)).toEqual([]);
  });

  it("let one run by hand and refuse the others", async () => {
    const url = await databaseUrl();
    const services = await Promise.all([0, 1, 2].map(() => serviceOn(url, new Date("2026-03-03T05:00:00Z"))));
    const runs = await Promise.allSettled(
      services.flatMap(({ jobs }) => [0, 1, 2].map(() => jobs.run("guard", { actor: "ana" }))),
    );
    for (const run of runs) {
      if (run.status === "rejected") expect(run.reason).toMatchObject({ code: "already_running" });
    }
    const succeeded = runs.filter((run) => run.status === "fulfilled").length;
    expect(succeeded).toBeGreaterThan(0);
    expect(services.flatMap(({ ran }) => ran)).toHaveLength(succeeded);
  });
});

describe("the worker on a server", () => {
  it("wakes the jobs up at their hours without anybody's doing", async () => {
    const bossClock = new TestClock(new Date("2026-03-03T00:59:30Z"));
    const { clock, start, hasRun, ran } = await serviceOn(
      await databaseUrl(),
      new Date("2026-03-02T12:30:00Z"),
      { bossClock },
    );
    await start();
    clock.set(new Date("2026-03-03T02:00:30Z"));
    // No quarter of an hour has passed for pg-boss: what it looked at when it started was not due yet.
    expect(ran).toEqual([]);
    await bossClock.setTime(new Date("2026-03-03T02:00:05Z"));
    await bossClock.tick(2 * 60_000);
    await hasRun("load_labeled_data");
  });

  it("takes a job over from a process that was killed, and runs it again once", {
    timeout: 90_000,
  }, async () => {
    const url = await databaseUrl();
    const now = new Date("2026-03-03T02:00:00Z");
    await killProcessInJob(url, now);
    const { start, hasRun, jobs, ran } = await serviceOn(url, now, { timing: { silentMs: 2000 } });
    // The dead process holds its run until it has been silent long enough.
    expect(await jobs.history({ job: "load_labeled_data" })).toMatchObject([{ state: "running" }]);
    const worker = await start();
    await hasRun("load_labeled_data");
    await worker.stop();
    expect(ran.filter((name) => name === "load_labeled_data")).toHaveLength(1);
    expect(await jobs.history({ job: "load_labeled_data" })).toMatchObject([
      { state: "succeeded", attempt: 2, trigger: "schedule", scheduled_for: now.toISOString() },
    ]);
  });
});
