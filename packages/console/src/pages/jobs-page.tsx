import { Button, Group, Text } from "@mantine/core";
import type { JobDocument, JobRunDocument } from "@relearn/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { callApi } from "../api/call-api.ts";
import { jobRunsQuery, jobsQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { formatDistance, formatDuration } from "../format/times.ts";
import { type Act, useActDialog } from "../parts/act-dialog.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { LiveTable } from "../parts/live-table.tsx";
import { Page } from "../parts/page.tsx";
import { Problem } from "../parts/problem.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { Section } from "../parts/section.tsx";
import { StateMark } from "../parts/state-mark.tsx";
import { TimeText } from "../parts/time-text.tsx";

/** Scheduled jobs and their runs. */
export function JobsPage() {
  const jobs = useQuery(jobsQuery);
  const runs = useQuery(jobRunsQuery);
  const { ask, dialog } = useActDialog();
  const { missing } = usePermission();
  const run = useMutation({
    mutationFn: (job: string) => callApi<JobRunDocument>("POST", `/v1/jobs/${encodeURIComponent(job)}/run`),
    onSettled: () => queryClient.invalidateQueries(),
  });
  const blocked = missing("operate");
  return (
    <Page title="Jobs">
      {blocked !== null && <p>{blocked}</p>}
      <div aria-live="polite">
        {run.isError && <Problem what="Not run" error={run.error} />}
        {run.data !== undefined && (
          <p>
            {run.data.job}: {run.data.state}. {run.data.error ?? resultText(run.data)}
          </p>
        )}
      </div>
      <Region name="Jobs" query={jobs}>
        {(rows) => (
          <DataTable
            caption="Jobs"
            rows={rows}
            rowKey={(job) => job.job}
            columns={[
              {
                name: "Job",
                cell: (job) => (
                  <>
                    <span className="mono">{job.job}</span>
                    <br />
                    <Text span size="xs" c="dimmed">
                      {job.description}
                    </Text>
                  </>
                ),
              },
              { name: "Schedule", cell: (job) => `${job.schedule}, ${job.time_zone}` },
              {
                name: "Last run",
                cell: (job) =>
                  job.running !== null ? (
                    `Running: ${job.running.progress ?? "started"}`
                  ) : job.last_run === null ? (
                    <Text span c="dimmed">
                      No runs yet
                    </Text>
                  ) : (
                    <Link to="/jobs/$run" params={{ run: String(job.last_run.id) }}>
                      {formatDistance(job.last_run.started_at, new Date())}
                    </Link>
                  ),
              },
              {
                name: "Result",
                kind: "wrap",
                cell: (job) => (job.last_run === null ? "" : <RunState run={job.last_run} />),
              },
              { name: "Next", cell: (job) => <NextRun job={job} /> },
              {
                name: "Actions",
                cell: (job) => (
                  <Group>
                    <Button
                      size="compact-sm"
                      aria-label={`Run now: ${job.job}`}
                      disabled={blocked !== null || job.running !== null}
                      loading={run.isPending && run.variables === job.job}
                      onClick={() => run.mutate(job.job)}
                    >
                      Run now
                    </Button>
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      aria-label={`${job.paused === null ? "Pause" : "Resume"}: ${job.job}`}
                      disabled={blocked !== null}
                      onClick={() => ask(job.paused === null ? pause(job) : resume(job))}
                    >
                      {job.paused === null ? "Pause" : "Resume"}
                    </Button>
                  </Group>
                ),
              },
            ]}
          />
        )}
      </Region>
      <Section id="runs" title="Runs">
        <Region name="Runs" query={runs}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty>No runs yet. {firstRun(jobs.data)}</Empty>
            ) : (
              <LiveTable
                caption="Runs, newest first"
                rows={rows}
                rowKey={(one) => String(one.id)}
                columns={[
                  {
                    name: "Run",
                    cell: (one) => (
                      <Link to="/jobs/$run" params={{ run: String(one.id) }}>
                        #{one.id}
                      </Link>
                    ),
                  },
                  { name: "Job", kind: "nowrap", cell: (one) => <span className="mono">{one.job}</span> },
                  { name: "Started", cell: (one) => <TimeText at={one.started_at} /> },
                  { name: "Duration", kind: "number", cell: (one) => tookText(one) },
                  { name: "Trigger", kind: "nowrap", cell: (one) => triggerWords[one.trigger] },
                  { name: "Result", kind: "wrap", cell: (one) => <RunState run={one} /> },
                ]}
              />
            )
          }
        </Region>
      </Section>
      {dialog}
    </Page>
  );
}

export const triggerWords: Readonly<Record<JobRunDocument["trigger"], string>> = {
  schedule: "schedule",
  catch_up: "catch-up run",
  manual: "manual",
};

function RunState({ run }: { run: JobRunDocument }) {
  return (
    <>
      <StateMark token={run.state === "failed" ? "harm" : "plain"}>{run.state}</StateMark>{" "}
      <Text span size="xs" c="dimmed">
        {run.error ?? resultText(run)}
      </Text>
    </>
  );
}

function NextRun({ job }: { job: JobDocument }) {
  if (job.paused !== null) {
    return (
      <StateMark token="hold">
        Paused by {job.paused.paused_by}: {job.paused.reason}
      </StateMark>
    );
  }
  return job.next_run_at === null ? "" : <TimeText at={job.next_run_at} />;
}

export function resultText(run: JobRunDocument): string {
  if (run.result === null) return "";
  return Object.entries(run.result)
    .map(([name, value]) => `${name} ${briefValue(value)}`)
    .join(" · ");
}

/** A value in brief: a list as its length; the run's own page has all of it. */
function briefValue(value: unknown): string {
  if (Array.isArray(value)) return String(value.length);
  if (typeof value !== "object" || value === null) return String(value);
  return Object.entries(value)
    .map(([name, one]) => `${name} ${typeof one === "object" ? JSON.stringify(one) : String(one)}`)
    .join(", ");
}

export function tookText(run: JobRunDocument): string {
  if (run.finished_at === null) return "";
  const tookMs = new Date(run.finished_at).getTime() - new Date(run.started_at).getTime();
  return tookMs < 60_000 ? `${(tookMs / 1000).toFixed(1)} s` : formatDuration(tookMs);
}

function firstRun(jobs: readonly JobDocument[] | undefined): string {
  const next = jobs
    ?.map((job) => job.next_run_at)
    .filter((at) => at !== null)
    .sort()[0];
  return next === undefined
    ? ""
    : `First run: ${new Date(next).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}.`;
}

const pause = (job: JobDocument): Act => ({
  title: `Pause ${job.job}?`,
  text: "Its scheduled runs are skipped until someone resumes it. You can still run it manually.",
  confirm: "Pause",
  cancel: "Cancel",
  focus: "cancel",
  reason: "required",
  run: (reason) => callApi("POST", `/v1/jobs/${encodeURIComponent(job.job)}/pause`, { body: { reason } }),
});

const resume = (job: JobDocument): Act => ({
  title: `Resume ${job.job}?`,
  text: `Paused by ${job.paused?.paused_by ?? ""}: ${job.paused?.reason ?? ""}`,
  confirm: "Resume",
  cancel: "Cancel",
  focus: "confirm",
  reason: "required",
  run: (reason) => callApi("POST", `/v1/jobs/${encodeURIComponent(job.job)}/resume`, { body: { reason } }),
});
