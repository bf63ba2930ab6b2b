import type { JobDocument, JobRunDocument, PausedJob } from "@relearn/contract";
import { path } from "./api.ts";
import type { DefineCommand } from "./command.ts";
import { addConnectionOptions, type ConnectionOptions, withApi } from "./connection.ts";
import { EXIT_FAILURE } from "./exit-code.ts";
import { formatTable, printJson, printText } from "./output.ts";

interface ReasonOptions extends ConnectionOptions {
  readonly reason: string;
}

export const define: DefineCommand = (command) => {
  addConnectionOptions(
    command.command("list").description("List the jobs with their next and last runs"),
  ).action(async (options: ConnectionOptions) => {
    const { jobs } = await withApi(options, (api) => api.get<{ jobs: JobDocument[] }>("/v1/jobs"));
    if (options.json) return printJson(jobs);
    printText(
      formatTable(
        ["job", "when", "next run (UTC)", "last run (UTC)", "result"],
        jobs.map((job) => [
          job.job,
          job.schedule === "hourly" ? "hourly" : `${job.schedule} ${job.time_zone}`,
          job.paused === null ? minutes(job.next_run_at) : "paused",
          job.running === null ? minutes(job.last_run?.finished_at ?? null) : "running",
          job.running === null
            ? describeOutcome(job.last_run)
            : (job.running.progress ?? `since ${minutes(job.running.started_at)}`),
        ]),
      ),
    );
    for (const { job, paused } of jobs) {
      if (paused !== null) printText(`${job} is paused by ${paused.paused_by}: ${paused.reason}`);
    }
    const overdue = jobs.filter((job) => job.overdue_since !== null);
    if (overdue.length > 0) {
      printText(
        `Overdue: ${overdue.map((job) => job.job).join(", ")}. Jobs run only while a service runs: \`relearn serve\`.`,
      );
    }
  });
  addConnectionOptions(
    command.command("run").description("Run a job now and wait for its end").argument("<job>"),
  ).action(async (job: string, options: ConnectionOptions) => {
    const run = await withApi(options, (api) => api.post<JobRunDocument>(path`/v1/jobs/${job}/run`));
    if (run.state !== "succeeded") process.exitCode = EXIT_FAILURE;
    if (options.json) return printJson(run);
    printText(`${job} ${run.state === "succeeded" ? "ran" : "failed"}: ${describeOutcome(run)}`);
  });
  addConnectionOptions(
    command
      .command("pause")
      .description("Skip the scheduled runs of a job until it is resumed")
      .argument("<job>"),
  )
    .requiredOption("--reason <text>", "reason, shown to others")
    .action(async (job: string, options: ReasonOptions) => {
      const body = { reason: options.reason };
      const paused = await withApi(options, (api) => api.post<PausedJob>(path`/v1/jobs/${job}/pause`, body));
      if (options.json) return printJson(paused);
      printText(`${job} is paused. To resume it: relearn jobs resume ${job} --reason TEXT`);
    });
  addConnectionOptions(command.command("resume").description("Resume a paused job").argument("<job>"))
    .requiredOption("--reason <text>", "reason, shown to others")
    .action(async (job: string, options: ReasonOptions) => {
      const body = { reason: options.reason };
      const resumed = await withApi(options, (api) =>
        api.post<PausedJob>(path`/v1/jobs/${job}/resume`, body),
      );
      if (options.json) return printJson(resumed);
      printText(`${job} is resumed and runs at its next scheduled time.`);
    });
  addConnectionOptions(
    command.command("history").description("List the runs, newest first").argument("[job]"),
  )
    .option("--limit <count>", "number of runs to show", "30")
    .action(async (job: string | undefined, options: ConnectionOptions & { limit: string }) => {
      const { runs } = await withApi(options, (api) =>
        api.get<{ runs: JobRunDocument[] }>("/v1/jobs/runs", { job, limit: options.limit }),
      );
      if (options.json) return printJson(runs);
      if (runs.length === 0) return printText("No job has run yet.");
      printText(
        formatTable(
          ["#", "job", "due (UTC)", "trigger", "started (UTC)", "state", "attempt", "result"],
          runs.map((run) => [
            String(run.id),
            run.job,
            minutes(run.scheduled_for),
            run.trigger,
            minutes(run.started_at),
            run.state,
            String(run.attempt),
            describeOutcome(run),
          ]),
          ["right", "left", "left", "left", "left", "left", "right"],
        ),
      );
    });
};

function minutes(time: string | null): string {
  return time === null ? "never" : time.slice(0, 16).replace("T", " ");
}

/** Returns the result or the error of a run on one line. */
function describeOutcome(run: JobRunDocument | null): string {
  if (run === null) return "";
  if (run.error !== null) return oneLine(run.error);
  if (run.result === null) return run.progress ?? "";
  return oneLine(
    Object.entries(run.result)
      .map(([name, value]) => `${name} ${brief(value)}`)
      .join(", "),
  );
}

/** Formats a value; a list is shown as its length, because `--json` has all of it. */
function brief(value: unknown): string {
  if (Array.isArray(value)) return String(value.length);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length <= 100 ? line : `${line.slice(0, 99)}…`;
}
