import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { JobLane } from "./job.ts";
import { startJobWorker } from "./job-worker.ts";

/** A job service that records its calls; `work` replaces what `runDue` does. */
function fakeJobs(work: (lane: JobLane) => Promise<void> = async () => {}) {
  const calls: JobLane[] = [];
  let stops = 0;
  return {
    calls,
    stops: () => stops,
    async runDue(lane: JobLane) {
      calls.push(lane);
      await work(lane);
      return [];
    },
    async stop() {
      stops += 1;
    },
  };
}

describe("startJobWorker", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());
  const fail = (error: unknown) => expect.unreachable(String(error));

  it("runs what is due in each lane at once, then every minute", async () => {
    const jobs = fakeJobs();
    const worker = startJobWorker({ jobs, reportFailure: fail });
    expect(jobs.calls).toEqual(["learning", "guard"]);
    await vi.advanceTimersByTimeAsync(59_999);
    expect(jobs.calls).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(jobs.calls).toEqual(["learning", "guard", "learning", "guard"]);
    await worker.stop();
  });

  it("does not let the guard wait for the learning jobs, and never overlaps a lane with itself", async () => {
    const jobs = fakeJobs((lane) => (lane === "learning" ? new Promise<never>(() => {}) : Promise.resolve()));
    startJobWorker({ jobs, reportFailure: fail });
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(jobs.calls.filter((lane) => lane === "learning")).toHaveLength(1);
    expect(jobs.calls.filter((lane) => lane === "guard")).toHaveLength(11);
  });

  it("reports an error and goes on", async () => {
    const outage = new Error("The database does not answer.");
    const failures: unknown[] = [];
    let isDown = true;
    const jobs = fakeJobs(async (lane) => {
      if (lane === "guard" && isDown) throw outage;
    });
    const worker = startJobWorker({ jobs, reportFailure: (error) => failures.push(error) });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(failures).toEqual([outage, outage]);
    isDown = false;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(failures).toHaveLength(2);
    expect(jobs.calls).toHaveLength(6);
    await worker.stop();
  });

  it("stops once, when the calls have ended, and calls nothing afterwards", async () => {
    const ends: (() => void)[] = [];
    const jobs = fakeJobs(() => new Promise((resolve) => ends.push(resolve)));
    const worker = startJobWorker({ jobs, reportFailure: fail });
    let hasStopped = false;
    const stopping = Promise.all([worker.stop(), worker.stop()]).then(() => {
      hasStopped = true;
    });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(hasStopped).toBe(false);
    for (const end of ends) end();
    await stopping;
    expect(jobs.stops()).toBe(1);
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(jobs.calls).toEqual(["learning", "guard"]);
  });
});
