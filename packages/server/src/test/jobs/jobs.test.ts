import type { JobDocument, JobName, JobRunDocument } from "@relearn/contract";
import { describe, expect, it } from "vitest";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "../../clock.ts";
import { RelearnError } from "../../errors.ts";
import { jobs as allJobs, type JobContext, type JobHandler } from "../../jobs/job.ts";
import { JobService, type JobTiming } from "../../jobs/job-service.ts";
import { TEST_START, type TestInstallation, testInstallation } from "../test-installation.ts";

/** Jobs whose work is to note that they ran; a test gives one other work. */
function createJobs(
  installation: TestInstallation,
  options: { handlers?: Partial<Record<JobName, JobHandler>>; timing?: Partial<JobTiming> } = {},
) {
  const ran: JobName[] = [];
  const handlers = Object.fromEntries(
    allJobs.map(({ name }) => [
      name,
      async (context: JobContext) => {
        ran.push(name);
        return (await options.handlers?.[name]?.(context)) ?? { ok: true };
      },
    ]),
  );
  const { database, audit, settings, clock } = installation;
  const jobs = new JobService(database, audit, settings, clock, handlers, options.timing);
  return { jobs, ran };
}

const states = (runs: readonly JobRunDocument[]) =>
  runs.map((run) => [run.job, run.trigger, run.state, run.scheduled_for]);

/** Work that goes on until the test lets it end. */
function heldWork() {
  let begun!: () => void;
  let end!: () => void;
  const hasBegun = new Promise<void>((resolve) => {
    begun = resolve;
  });
  const mayEnd = new Promise<void>((resolve) => {
    end = resolve;
  });
  const contexts: JobContext[] = [];
  const handler: JobHandler = async (context) => {
    contexts.push(context);
    begun();
    await mayEnd;
    return { held: true };
  };
  return { handler, hasBegun, end, contexts };
}

describe("the daily jobs at 2, 3, 4 and 5 o'clock, and the hourly guard", () => {
  it("are due at their hours, in the order in which they depend on each other", async () => {
    const installation = await testInstallation();
    const { jobs, ran } = createJobs(installation);
    expect(await jobs.runDue("learning")).toEqual([]);
    installation.clock.set(new Date("2026-03-03T02:00:10Z"));
    expect(states(await jobs.runDue("learning"))).toEqual([
      ["load_labeled_data", "schedule", "succeeded", "2026-03-03T02:00:00.000Z"],
    ]);
    installation.clock.set(new Date("2026-03-03T04:10:00Z"));
    expect(states(await jobs.runDue("learning"))).toEqual([
      ["update_judge_weights", "catch_up", "succeeded", "2026-03-03T03:00:00.000Z"],
      ["sample_review_queue", "schedule", "succeeded", "2026-03-03T04:00:00.000Z"],
    ]);
    expect(await jobs.runDue("learning")).toEqual([]);
    installation.clock.set(new Date("2026-03-03T05:00:00Z"));
    expect(states(await jobs.runDue("guard"))).toEqual([
      ["check_canaries", "schedule", "succeeded", "2026-03-03T05:00:00.000Z"],
      ["guard", "schedule", "succeeded", "2026-03-03T05:00:00.000Z"],
    ]);
    expect(ran).toEqual([
      "load_labeled_data",
      "update_judge_weights",
      "sample_review_queue",
      "check_canaries",
      "guard",
    ]);
  });

  it("keep the hours of the installation's time zone, whatever it is changed to", async () => {
    const installation = await testInstallation();
    const { jobs } = createJobs(installation);
    const next = async () => (await jobs.get("load_labeled_data")).next_run_at;
    expect(await next()).toBe("2026-03-03T02:00:00.000Z");
    await installation.settings.set("time_zone", "America/New_York", { actor: "ana" });
    expect(await next()).toBe("2026-03-03T07:00:00.000Z");
    // The night in which New York's clocks go from 2:00 to 3:00.
    installation.clock.set(new Date("2026-03-08T06:59:59Z"));
    await jobs.runDue("learning");
    expect(await next()).toBe("2026-03-08T07:00:00.000Z");
    installation.clock.set(new Date("2026-03-08T07:00:00Z"));
    const runs = await jobs.runDue("learning");
    expect(states(runs).map(([job, trigger]) => [job, trigger])).toEqual([
      ["load_labeled_data", "schedule"],
      ["update_judge_weights", "schedule"],
    ]);
    expect(await next()).toBe("2026-03-09T06:00:00.000Z");
  });

  it("make a missed night up once, and never one from before the installation", async () => {
    const installation = await testInstallation();
    const { jobs } = createJobs(installation);
    installation.clock.advance(HOUR_MS);
    expect(await jobs.runDue("learning")).toEqual([]);
    installation.clock.advance(3 * DAY_MS);
    expect(states(await jobs.runDue("learning"))).toEqual([
      ["load_labeled_data", "catch_up", "succeeded", "2026-03-05T02:00:00.000Z"],
      ["update_judge_weights", "catch_up", "succeeded", "2026-03-05T03:00:00.000Z"],
      ["sample_review_queue", "catch_up", "succeeded", "2026-03-05T04:00:00.000Z"],
    ]);
    expect(await jobs.runDue("learning")).toEqual([]);
  });

  it("fold missed hourly looks into one", async () => {
    const installation = await testInstallation();
    const { jobs, ran } = createJobs(installation);
    installation.clock.advance(12.5 * HOUR_MS);
    await jobs.runDue("guard");
    await jobs.runDue("guard");
    expect(ran).toEqual(["guard"]);
  });

  it("run once, however often one looks at the same time", async () => {
    const installation = await testInstallation();
    const { jobs, ran } = createJobs(installation);
    installation.clock.set(new Date("2026-03-03T05:00:00Z"));
    const analyses = Array.from({ length: 6 }, () => [jobs.runDue("learning"), jobs.runDue("guard")]);
    const runs = (await Promise.all(analyses.flat())).flat();
    expect(runs.map((run) => run.job).sort()).toEqual(allJobs.map((job) => job.name).sort());
    expect(ran).toHaveLength(5);
  });
});

describe("a failing job", () => {
  it("shows its error; the others run, and its next run comes", async () => {
    const installation = await testInstallation();
    let broken = true;
    const { jobs } = createJobs(installation, {
      handlers: {
        load_labeled_data: async () => {
          if (broken) throw new RelearnError("too_large", "The feed\u0000 is \ud800 broken.");
          return { approvals: 3 };
        },
      },
    });
    installation.clock.set(new Date("2026-03-03T04:00:00Z"));
    expect(states(await jobs.runDue("learning")).map(([job, , state]) => [job, state])).toEqual([
      ["load_labeled_data", "failed"],
      ["update_judge_weights", "succeeded"],
      ["sample_review_queue", "succeeded"],
    ]);
    expect((await jobs.get("load_labeled_data")).last_run).toMatchObject({
      state: "failed",
      error: "The feed is \ufffd broken. (too_large)",
      result: null,
    });
    broken = false;
    installation.clock.advance(DAY_MS);
    await jobs.runDue("learning");
    expect((await jobs.get("load_labeled_data")).last_run).toMatchObject({
      state: "succeeded",
      result: { approvals: 3 },
      error: null,
    });
  });

  it("fails too when it throws no error, or returns what is no JSON", async () => {
    const installation = await testInstallation();
    const { jobs } = createJobs(installation, {
      handlers: {
        guard: () => Promise.reject("nothing"),
        check_canaries: async () => ({ count: 3n }),
      },
    });
    expect(await jobs.run("guard", { actor: "ana" })).toMatchObject({ state: "failed", error: "nothing" });
    expect(await jobs.run("check_canaries", { actor: "ana" })).toMatchObject({ state: "failed" });
  });

  it("is given up when it takes too long, told so, and the lane goes on", async () => {
    const installation = await testInstallation();
    const { handler, contexts } = heldWork();
    const { jobs } = createJobs(installation, {
      handlers: { load_labeled_data: handler },
      timing: { maxRunMs: 20, stopGraceMs: 20 },
    });
    installation.clock.set(new Date("2026-03-03T03:00:00Z"));
    const runs = await jobs.runDue("learning");
    expect(runs.map((run) => [run.job, run.state])).toEqual([
      ["load_labeled_data", "failed"],
      ["update_judge_weights", "succeeded"],
    ]);
    expect(runs[0]?.error).toContain("took longer");
    expect(contexts[0]?.signal.aborted).toBe(true);
  });
});

describe("a paused job", () => {
  it("is skipped, says so, and is not caught up on when it is resumed", async () => {
    const installation = await testInstallation();
    const { jobs, ran } = createJobs(installation);
    await jobs.pause("load_labeled_data", { actor: "ana", reason: "the feed is being moved" });
    expect(await jobs.get("load_labeled_data")).toMatchObject({
      next_run_at: null,
      overdue_since: null,
      paused: { reason: "the feed is being moved", paused_by: "ana" },
    });
    installation.clock.set(new Date("2026-03-03T03:00:00Z"));
    await jobs.runDue("learning");
    installation.clock.set(new Date("2026-03-04T09:00:00Z"));
    await jobs.resume("load_labeled_data", { actor: "ben", reason: "moved" });
    await jobs.runDue("learning");
    expect(ran).toEqual(["update_judge_weights", "update_judge_weights", "sample_review_queue"]);
    expect(states(await jobs.history({ job: "load_labeled_data" }))).toEqual([
      ["load_labeled_data", "catch_up", "skipped", "2026-03-04T02:00:00.000Z"],
      ["load_labeled_data", "catch_up", "skipped", "2026-03-03T02:00:00.000Z"],
    ]);
    installation.clock.set(new Date("2026-03-05T02:00:00Z"));
    expect(states(await jobs.runDue("learning"))).toHaveLength(1);
    expect(await installation.audit.list({ object: "load_labeled_data" }, { limit: 10 })).toMatchObject([
      { kind: "job.resumed", actor: "ben", detail: { reason: "moved" } },
      { kind: "job.paused", actor: "ana", detail: { reason: "the feed is being moved" } },
    ]);
  });

  it("is refused twice, without a reason, and for a job there is not", async () => {
    const { jobs } = createJobs(await testInstallation());
    await jobs.pause("guard", { actor: "ana", reason: "night" });
    await expect(jobs.pause("guard", { actor: "ben", reason: "x" })).rejects.toMatchObject({
      code: "already_so",
      message: expect.stringContaining("by ana: night"),
    });
    await expect(jobs.resume("check_canaries", { actor: "ben", reason: "x" })).rejects.toMatchObject({
      code: "already_so",
    });
    await expect(jobs.pause("check_canaries", { actor: "ben", reason: " " })).rejects.toMatchObject({
      code: "reason_missing",
    });
    await expect(jobs.pause("gard", { actor: "ben", reason: "x" })).rejects.toMatchObject({
      code: "unknown_job",
      message: expect.stringContaining("guard"),
    });
  });
});

describe("run now", () => {
  it("runs at once, waits for the end, paused or not, and says who asked", async () => {
    const installation = await testInstallation();
    const { jobs } = createJobs(installation, {
      handlers: { guard: async ({ now }) => ({ at: now.toISOString() }) },
    });
    await jobs.pause("guard", { actor: "ana", reason: "night" });
    expect(await jobs.run("guard", { actor: "ben" })).toMatchObject({
      trigger: "manual",
      state: "succeeded",
      result: { at: TEST_START.toISOString() },
    });
    // Twice in the same millisecond.
    await jobs.run("guard", { actor: "ben" });
    expect(await jobs.history({ job: "guard" })).toHaveLength(2);
    expect(await installation.audit.list({ kind: "job.run" }, { limit: 10 })).toMatchObject([
      { actor: "ben", object: "guard" },
      { actor: "ben", object: "guard" },
    ]);
  });

  it("leaves the schedule as it is: the night's run comes all the same", async () => {
    const installation = await testInstallation();
    const { jobs, ran } = createJobs(installation);
    installation.clock.set(new Date("2026-03-03T01:59:00Z"));
    await jobs.run("load_labeled_data", { actor: "ben" });
    installation.clock.set(new Date("2026-03-03T02:00:00Z"));
    await jobs.runDue("learning");
    expect(ran).toEqual(["load_labeled_data", "load_labeled_data"]);
  });

  it("is refused while the job runs, by hand or by the schedule; the schedule waits for it", async () => {
    const installation = await testInstallation();
    const held = heldWork();
    const first = createJobs(installation, { handlers: { guard: held.handler } });
    const running = first.jobs.run("guard", { actor: "ana" });
    await held.hasBegun;
    await expect(first.jobs.run("guard", { actor: "ben" })).rejects.toMatchObject({
      code: "already_running",
    });
    expect((await first.jobs.get("guard")).running).toMatchObject({ trigger: "manual" });
    installation.clock.advance(HOUR_MS);
    expect(await first.jobs.runDue("guard")).toEqual([]);
    held.end();
    expect(await running).toMatchObject({ state: "succeeded" });
    expect(states(await first.jobs.runDue("guard"))).toHaveLength(1);
  });
});

describe("a lane", () => {
  it("runs one scheduled run at a time, and the other lane does not wait", async () => {
    const installation = await testInstallation();
    const held = heldWork();
    const { jobs, ran } = createJobs(installation, { handlers: { load_labeled_data: held.handler } });
    installation.clock.set(new Date("2026-03-03T04:00:00Z"));
    const first = jobs.runDue("learning");
    await held.hasBegun;
    expect(await jobs.runDue("learning")).toEqual([]);
    expect(states(await jobs.runDue("guard"))).toHaveLength(1);
    expect(ran).toEqual(["load_labeled_data", "guard"]);
    held.end();
    expect((await first).map(({ job }) => job)).toEqual([
      "load_labeled_data",
      "update_judge_weights",
      "sample_review_queue",
    ]);
  });

  it("does not wait for a manual run, except with the scheduled run of the same job", async () => {
    const installation = await testInstallation();
    const held = heldWork();
    const { jobs } = createJobs(installation, { handlers: { load_labeled_data: held.handler } });
    installation.clock.set(new Date("2026-03-03T03:00:00Z"));
    const manual = jobs.run("load_labeled_data", { actor: "ana" });
    await held.hasBegun;
    expect((await jobs.runDue("learning")).map(({ job }) => job)).toEqual(["update_judge_weights"]);
    held.end();
    await manual;
    expect((await jobs.runDue("learning")).map(({ job }) => job)).toEqual(["load_labeled_data"]);
  });

  it("lets a job be run by hand while a scheduled run of another job is under way", async () => {
    const installation = await testInstallation();
    const held = heldWork();
    const { jobs } = createJobs(installation, { handlers: { load_labeled_data: held.handler } });
    installation.clock.set(new Date("2026-03-03T02:00:00Z"));
    const scheduled = jobs.runDue("learning");
    await held.hasBegun;
    expect(await jobs.run("update_judge_weights", { actor: "ana" })).toMatchObject({ state: "succeeded" });
    held.end();
    expect(await scheduled).toMatchObject([{ job: "load_labeled_data", state: "succeeded" }]);
  });

  it("is not blocked by the abandoned run of a job that comes later in its order", async () => {
    const installation = await testInstallation();
    const held = heldWork();
    const lost = createJobs(installation, { handlers: { sample_review_queue: held.handler } });
    installation.clock.set(new Date("2026-03-03T04:00:00Z"));
    const lostRuns = lost.jobs.runDue("learning");
    await held.hasBegun;
    installation.clock.set(new Date("2026-03-04T02:00:00Z"));
    const next = createJobs(installation, { timing: { heartbeatTimeoutMs: 0 } });
    expect(await next.jobs.runDue("learning")).toMatchObject([
      { job: "sample_review_queue", attempt: 2, scheduled_for: "2026-03-03T04:00:00.000Z" },
      { job: "load_labeled_data", attempt: 1, scheduled_for: "2026-03-04T02:00:00.000Z" },
    ]);
    held.end();
    await lostRuns;
  });
});

describe("a job killed half-way", () => {
  it("is run again by the next process that looks, in a second attempt", async () => {
    const installation = await testInstallation();
    const held = heldWork();
    const lost = createJobs(installation, { handlers: { load_labeled_data: held.handler } });
    installation.clock.set(new Date("2026-03-03T02:00:00Z"));
    const lostRuns = lost.jobs.runDue("learning");
    await held.hasBegun;
    const next = createJobs(installation, { timing: { heartbeatTimeoutMs: 0 } });
    const runs = await next.jobs.runDue("learning");
    expect(runs).toMatchObject([{ job: "load_labeled_data", attempt: 2, state: "succeeded" }]);
    expect(next.ran).toEqual(["load_labeled_data"]);
    // The first was not dead but asleep: what it returns is dropped.
    held.end();
    await lostRuns;
    expect(await next.jobs.history({ job: "load_labeled_data" })).toMatchObject([
      { attempt: 2, result: { ok: true } },
    ]);
  });

  it("tells a process that was asleep that its run is another's now", async () => {
    const installation = await testInstallation();
    const held = heldWork();
    const asleep = createJobs(installation, {
      handlers: { guard: held.handler },
      timing: { heartbeatIntervalMs: 5, stopGraceMs: 0 },
    });
    const sleeping = asleep.jobs.run("guard", { actor: "ana" });
    await held.hasBegun;
    const next = createJobs(installation, { timing: { heartbeatTimeoutMs: 0 } });
    await next.jobs.runDue("guard");
    // Ends only because the signal is raised: the work itself is never let go.
    await sleeping;
    expect(held.contexts[0]?.signal.reason).toMatchObject({ message: expect.stringContaining("taken") });
    expect(next.ran).toEqual(["guard"]);
  });

  it("is not taken from a process that has it in hand", async () => {
    const installation = await testInstallation();
    const held = heldWork();
    const { jobs } = createJobs(installation, {
      handlers: { guard: held.handler },
      timing: { heartbeatTimeoutMs: 0 },
    });
    const running = jobs.run("guard", { actor: "ana" });
    await held.hasBegun;
    expect(await jobs.runDue("guard")).toEqual([]);
    held.end();
    expect(await running).toMatchObject({ attempt: 1, state: "succeeded" });
  });

  it("is failed when it has taken three processes with it", async () => {
    const installation = await testInstallation();
    const work = [heldWork(), heldWork(), heldWork()];
    const processes = work.map(({ handler }) =>
      createJobs(installation, { handlers: { guard: handler }, timing: { heartbeatTimeoutMs: 0 } }),
    );
    installation.clock.advance(HOUR_MS);
    const analyses: Promise<unknown>[] = [];
    for (const [index, { jobs }] of processes.entries()) {
      analyses.push(jobs.runDue("guard"));
      await work[index]?.hasBegun;
    }
    const last = createJobs(installation, { timing: { heartbeatTimeoutMs: 0 } });
    expect(await last.jobs.runDue("guard")).toEqual([]);
    expect((await last.jobs.get("guard")).last_run).toMatchObject({
      state: "failed",
      attempt: 3,
      error: "Its process ended before it did, 3 times.",
    });
    for (const { end } of work) end();
    await Promise.all(analyses);
  });

  it("counts as failed where somebody runs the job by hand", async () => {
    const installation = await testInstallation();
    const held = heldWork();
    const lost = createJobs(installation, { handlers: { guard: held.handler } });
    const losing = lost.jobs.run("guard", { actor: "ana" });
    await held.hasBegun;
    const next = createJobs(installation, { timing: { heartbeatTimeoutMs: 0 } });
    expect(await next.jobs.run("guard", { actor: "ben" })).toMatchObject({ state: "succeeded", attempt: 1 });
    expect(await next.jobs.history({ job: "guard" })).toMatchObject([
      { state: "succeeded" },
      { state: "failed", error: "Its process ended before it did." },
    ]);
    held.end();
    await losing;
  });
});

describe("a service that stops", () => {
  it("tells its runs to end; one that does not is run again by the next process", async () => {
    const installation = await testInstallation();
    const held = heldWork();
    const stopping = createJobs(installation, {
      handlers: { load_labeled_data: held.handler },
      timing: { stopGraceMs: 10 },
    });
    installation.clock.set(new Date("2026-03-03T03:00:00Z"));
    const runs = stopping.jobs.runDue("learning");
    await held.hasBegun;
    await stopping.jobs.stop();
    expect(held.contexts[0]?.signal.aborted).toBe(true);
    await runs;
    // It began nothing more.
    expect(stopping.ran).toEqual(["load_labeled_data"]);
    // At once, without waiting for a silence.
    const next = createJobs(installation);
    expect(await next.jobs.runDue("learning")).toMatchObject([
      { job: "load_labeled_data", attempt: 2, state: "succeeded" },
      { job: "update_judge_weights", attempt: 1 },
    ]);
    held.end();
  });

  it("keeps the result of a run that ends in time", async () => {
    const installation = await testInstallation();
    const jobs = createJobs(installation, {
      handlers: {
        guard: ({ signal }) =>
          new Promise((resolve) => {
            signal.addEventListener("abort", () => resolve({ checked: 2, stopped: true }));
          }),
      },
    }).jobs;
    const run = jobs.run("guard", { actor: "ana" });
    while ((await jobs.get("guard")).running === null);
    await jobs.stop();
    expect(await run).toMatchObject({ state: "succeeded", result: { checked: 2 } });
  });
});

describe("jobs over HTTP", () => {
  it("lists, pauses and resumes them, and shows what is overdue", async () => {
    const installation = await testInstallation();
    const api = installation.as("ana");
    const list = async () => (await api.get<{ jobs: JobDocument[] }>("/v1/jobs")).jobs;
    expect((await list()).map((job) => [job.job, job.schedule, job.next_run_at])).toEqual([
      ["load_labeled_data", "daily at 2:00", "2026-03-03T02:00:00.000Z"],
      ["update_judge_weights", "daily at 3:00", "2026-03-03T03:00:00.000Z"],
      ["sample_review_queue", "daily at 4:00", "2026-03-03T04:00:00.000Z"],
      ["check_canaries", "daily at 5:00", "2026-03-03T05:00:00.000Z"],
      ["guard", "hourly", "2026-03-02T13:00:00.000Z"],
    ]);
    await api.post("/v1/jobs/guard/pause", { reason: "night" });
    installation.clock.set(new Date("2026-03-03T02:00:00Z"));
    installation.clock.advance(30 * MINUTE_MS);
    expect((await list()).every((job) => job.overdue_since === null)).toBe(true);
    installation.clock.advance(MINUTE_MS);
    expect((await list()).map((job) => job.overdue_since)).toEqual([
      "2026-03-03T02:00:00.000Z",
      null,
      null,
      null,
      null,
    ]);
    await api.post("/v1/jobs/guard/resume", { reason: "morning" });
    const { runs } = await api.get<{ runs: JobRunDocument[] }>("/v1/jobs/runs", { job: "guard" });
    expect(runs).toMatchObject([{ state: "skipped", error: "Paused by ana: night" }]);
    await expect(api.post("/v1/jobs/gard/run")).rejects.toMatchObject({ code: "unknown_job" });
  });
});
