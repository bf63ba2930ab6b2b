/**
 * `relearn/testing`: what a test of a program that uses the library needs.
 *
 * @example
 * const clock = new ManualClock(new Date("2026-03-02T12:00:00Z"));
 * const relearn = await openRelearn({ database: "memory://", clock });
 * clock.advance(24 * 60 * 60 * 1000);
 * await runDue(relearn); // the runs of the night
 */
import type { JobRunDocument } from "@relearn/contract";
import { getInstallation } from "./create-relearn.ts";
import { RelearnError } from "./errors.ts";
import { jobLanes } from "./jobs/job.ts";
import type { Relearn } from "./relearn.ts";

export { type Clock, ManualClock } from "./clock.ts";

/**
 * Runs the scheduled jobs that are due at the time of the installation's clock, as `relearn serve` does every
 * minute, and returns the runs that ended. Does not throw if a job fails: its run has the error. Throws
 * `invalid_input` if `openRelearn` did not return `relearn`.
 */
export async function runDue(relearn: Relearn): Promise<JobRunDocument[]> {
  const installation = getInstallation(relearn);
  if (installation === undefined) {
    throw new RelearnError("invalid_input", "runDue needs the object that openRelearn returned.");
  }
  const runs: JobRunDocument[] = [];
  for (const lane of jobLanes) runs.push(...(await installation.jobs.runDue(lane)));
  return runs;
}
