import { Button } from "@mantine/core";
import type { JobDocument, JobRunDocument } from "@relearn/contract";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { callApi } from "../api/call-api.ts";
import { jobRunsQuery, jobsQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { formatDistance, formatDuration } from "../format/times.ts";
import { type Act, ConfirmAct } from "../parts/confirm-act.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { LiveTable } from "../parts/live-table.tsx";
import { Page } from "../parts/page.tsx";
import { Problem } from "../parts/problem.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { StateMark } from "../parts/state-mark.tsx";
import { TimeText } from "../parts/time-text.tsx";

/** What runs by itself: when it ran, what came of it, when it runs next. */
export function JobsPage() {
  const jobs = useQuery(jobsQuery);
  const runs = useQuery(jobRunsQuery);
  const [act, setAct] = useState<Act | null>(null);
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
                    <span className="meta">{job.description}</span>
                  </>
                ),
              },
              { name: "Schedule", cell: (job) => `${job.schedule}, ${job.time_zone}` },
              {
                name: "Last run",
                cell: (job) =>
                  job.running !== null ? (
                    `Running: ${job.running.progress ?? "begun"}`
                  ) : job.last_run === null ? (
                    <span className="muted">No run yet</span>
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
                name: "Acts",
                cell: (job) => (
                  <div className="row">
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
                      onClick={() => setAct(job.paused === null ? pause(job) : resume(job))}
                    >
                      {job.paused === null ? "Pause" : "Resume"}
                    </Button>
                  </div>
                ),
              },
            ]}
          />
        )}
      </Region>
      <section className="stack" aria-labelledby="runs">
        <h2 id="runs">Runs</h2>
        <Region name="Runs" query={runs}>
          {(rows) =>
            rows.length === 0 ? (
              <Empty>No run yet. {firstRun(jobs.data)}</Empty>
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
                  { name: "Took", kind: "number", cell: (one) => tookText(one) },
                  { name: "Why", kind: "nowrap", cell: (one) => triggerWords[one.trigger] },
                  { name: "Result", kind: "wrap", cell: (one) => <RunState run={one} /> },
                ]}
              />
            )
          }
        </Region>
      </section>
      <ConfirmAct
        act={act}
        onClose={() => setAct(null)}
        onDone={() => {
          setAct(null);
          void queryClient.invalidateQueries();
        }}
      />
    </Page>
  );
}

const triggerWords: Readonly<Record<JobRunDocument["trigger"], string>> = {
  schedule: "on time",
  catch_up: "catch-up",
  manual: "by hand",
};

function RunState({ run }: { run: JobRunDocument }) {
  return (
    <>
      <StateMark token={run.state === "failed" ? "harm" : "plain"}>{run.state}</StateMark>{" "}
      <span className="meta">{run.error ?? resultText(run)}</span>
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

/** Of a list its length; the run's own page has the whole. */
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
    : `First: ${new Date(next).toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" })}.`;
}

const pause = (job: JobDocument): Act => ({
  title: `Pause ${job.job}?`,
  text: "Its scheduled runs are left out until somebody resumes it. It can still be run by hand.",
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
