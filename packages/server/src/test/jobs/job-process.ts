/**
 * A process that runs jobs, for tests that kill it: `node job-process.ts DATABASE-URL NOW`. Its jobs tell that
 * they began on standard output, a line each, and never end.
 */
import { ManualClock } from "../../clock.ts";
import { openInstallation } from "../../compose.ts";
import { parseDatabaseUrl } from "../../config.ts";
import { jobs as allJobs } from "../../jobs/job.ts";
import { JobService } from "../../jobs/job-service.ts";
import { startJobWorker } from "../../jobs/job-worker.ts";

const [url = "", now = ""] = process.argv.slice(2);
const clock = new ManualClock(new Date(now));
const installation = await openInstallation(parseDatabaseUrl(url), { clock });
const { database, audit, settings } = installation;
const handlers = Object.fromEntries(
  allJobs.map(({ name }) => [
    name,
    async () => {
      process.stdout.write(`began ${name}\n`);
      return new Promise<never>(() => {});
    },
  ]),
);
startJobWorker({
  jobs: new JobService(database, audit, settings, clock, handlers, { heartbeatIntervalMs: 200 }),
  reportFailure: (error) => console.error(error),
  pollIntervalMs: 500,
});
