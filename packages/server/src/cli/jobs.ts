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
  addConnectionOptions(command.command("list").description("the jobs with their next and last runs")).action(
    async (options: ConnectionOptions) => {
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
          `Overdue: ${overdue.map((job) => job.job).join(", ")}. Jobs run while a service does: \`relearn serve\`.`,
        );
      }
    },
  );
  addConnectionOptions(
    command.command("run").description("run a job now and wait for its end").argument("<job>"),
  ).action(async (job: string, options: ConnectionOptions) => {
    const run = await withApi(options, (api) => api.post<JobRunDocument>(path`/v1/jobs/${job}/run`));
    if (run.state !== "succeeded") process.exitCode = EXIT_FAILURE;
    if (options.json) return printJson(run);
    printText(`${job} ${run.state === "succeeded" ? "ran" : "failed"}: ${describeOutcome(run)}`);
  });
  addConnectionOptions(
    command
      .command("pause")
      .description("leave a job's scheduled runs out until it is resumed")
      .argument("<job>"),
  )
    .requiredOption("--reason <text>", "why; others will ask")
    .action(async (job: string, options: ReasonOptions) => {
      const body = { reason: options.reason };
      const paused = await withApi(options, (api) => api.post<PausedJob>(path`/v1/jobs/${job}/pause`, body));
      if (options.json) return printJson(paused);
      printText(`${job} is paused. \`relearn jobs resume ${job} --reason TEXT\` lets it run again.`);
    });
  addConnectionOptions(command.command("resume").description("let a paused job run again").argument("<job>"))
    .requiredOption("--reason <text>", "why; others will ask")
    .action(async (job: string, options: ReasonOptions) => {
      const body = { reason: options.reason };
      const resumed = await withApi(options, (api) =>
        api.post<PausedJob>(path`/v1/jobs/${job}/resume`, body),
      );
      if (options.json) return printJson(resumed);
      printText(`${job} runs again at its next time.`);
    });
  addConnectionOptions(command.command("history").description("what ran, newest first").argument("[job]"))
    .option("--limit <count>", "how many", "30")
    .action(async (job: string | undefined, options: ConnectionOptions & { limit: string }) => {
      const { runs } = await withApi(options, (api) =>
        api.get<{ runs: JobRunDocument[] }>("/v1/jobs/runs", { job, limit: options.limit }),
      );
      if (options.json) return printJson(runs);
      if (runs.length === 0) return printText("No job has run yet.");
      printText(
        formatTable(
          ["#", "job", "due (UTC)", "why", "began (UTC)", "state", "attempt", "result"],
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

/** The result on one line, or the error. */
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

/** Of a list its length; `--json` has the whole. */
function brief(value: unknown): string {
  if (Array.isArray(value)) return String(value.length);
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, " ");
  return line.length <= 100 ? line : `${line.slice(0, 99)}…`;
}
