import { sql } from "kysely";
import { describe, expect, it, onTestFinished } from "vitest";
import { ManualClock } from "../../clock.ts";
import { openInstallation } from "../../compose.ts";
import { jobs as allJobs } from "../../jobs/job.ts";
import { JobService, type JobTiming } from "../../jobs/job-service.ts";
import { startJobWorker } from "../../jobs/job-worker.ts";
import { testInstallation } from "../test-installation.ts";
import { killProcessInJob } from "./killed-job.ts";

/** A service of its own on the server's database, whose jobs note that they ran. */
async function serviceOn(
  url: string,
  now: Date,
  options: {
    timing?: Partial<JobTiming>;
    work?: (name: string) => Promise<Record<string, never>>;
  } = {},
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
        return (await options.work?.(name)) ?? {};
      },
    ]),
  );
  const { database, audit, settings } = installation;
  const jobs = new JobService(database, audit, settings, clock, handlers, options.timing);
  const failures: unknown[] = [];
  const start = async () => {
    const worker = startJobWorker({
      jobs,
      reportFailure: (error) => failures.push(error),
      pollIntervalMs: 500,
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
  return { clock, database, jobs, ran, failures, start, hasRun };
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
    const analyses = services.flatMap(({ jobs }) => [
      ...[0, 1, 2].map(() => jobs.runDue("learning")),
      ...[0, 1, 2].map(() => jobs.runDue("guard")),
    ]);
    await Promise.all(analyses);
    expect(services.flatMap(({ ran }) => ran).sort()).toEqual(allJobs.map(({ name }) => name).sort());
  });

  it("run the learning jobs of every night one at a time and in their order, whichever service runs them", async () => {
    const url = await databaseUrl();
    const events: string[] = [];
    const work = async (name: string) => {
      events.push(`begin ${name}`);
      await new Promise((resolve) => setTimeout(resolve, 2));
      events.push(`end ${name}`);
      return {};
    };
    const services = await Promise.all(
      [0, 1, 2].map(() => serviceOn(url, new Date("2026-03-03T05:00:00Z"), { work })),
    );
    const night = ["load_labeled_data", "update_judge_weights", "sample_review_queue"];
    for (let day = 3; day < 13; day++) {
      for (const { clock } of services) clock.set(new Date(Date.UTC(2026, 2, day, 5)));
      await Promise.all(services.flatMap(({ jobs }) => [0, 1, 2].map(() => jobs.runDue("learning"))));
      expect(events.splice(0)).toEqual(night.flatMap((name) => [`begin ${name}`, `end ${name}`]));
    }
  });

  it("start at the same time", async () => {
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
    const { clock, jobs, start, hasRun, ran } = await serviceOn(
      await databaseUrl(),
      new Date("2026-03-02T12:30:00Z"),
    );
    await start();
    expect(await jobs.runDue("learning")).toEqual([]);
    expect(ran).toEqual([]);
    clock.set(new Date("2026-03-03T02:00:30Z"));
    await hasRun("load_labeled_data");
  });

  it("does not take over a run that continued while it repeated another abandoned run", async () => {
    const url = await databaseUrl();
    const now = new Date("2026-03-03T02:00:00Z");
    let end!: () => void;
    const mayEnd = new Promise<Record<string, never>>((resolve) => {
      end = () => resolve({});
    });
    const suspended = await serviceOn(url, now, { work: () => mayEnd });
    const scheduled = suspended.jobs.runDue("learning");
    await suspended.hasRun("load_labeled_data");
    const manual = suspended.jobs.run("sample_review_queue", { actor: "ana" });
    await suspended.hasRun("sample_review_queue");
    const next = await serviceOn(url, now, {
      timing: { heartbeatTimeoutMs: 0 },
      work: async () => {
        // The heartbeat of the other run.
        await sql`update job_runs set heartbeat_at = clock_timestamp() + interval '1 hour'
          where job = 'sample_review_queue'`.execute(next.database.kysely);
        return {};
      },
    });
    expect(await next.jobs.runDue("learning")).toMatchObject([{ job: "load_labeled_data", attempt: 2 }]);
    end();
    expect(await manual).toMatchObject({ state: "succeeded", attempt: 1 });
    await scheduled;
  });

  it("takes a job over from a process that was killed, and runs it again once", {
    timeout: 90_000,
  }, async () => {
    const url = await databaseUrl();
    const now = new Date("2026-03-03T02:00:00Z");
    await killProcessInJob(url, now);
    const { start, hasRun, jobs, ran } = await serviceOn(url, now, { timing: { heartbeatTimeoutMs: 2000 } });
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
