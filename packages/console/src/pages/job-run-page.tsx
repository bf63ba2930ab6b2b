import { Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { jobRunQuery } from "../api/documents.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Facts } from "../parts/facts.tsx";
import { Head } from "../parts/head.tsx";
import { Page } from "../parts/page.tsx";
import { DetailRegion } from "../parts/region.tsx";
import { Section } from "../parts/section.tsx";
import { StateMark } from "../parts/state-mark.tsx";
import { TimeText } from "../parts/time-text.tsx";
import { tookText, triggerWords } from "./jobs-page.tsx";

const route = getRouteApi("/jobs/$run");

/** One run of a job: times, trigger and result. */
export function JobRunPage() {
  const { run: id } = route.useParams();
  const found = useQuery(jobRunQuery(Number(id)));
  return (
    <DetailRegion name="Run" id={`#${id}`} query={found} list={<Link to="/jobs">All jobs</Link>}>
      {(run) =>
        run === null ? (
          <Page title={`Run ${id}`}>
            <p>
              There is no run #{id}. <Link to="/jobs">All jobs</Link>
            </p>
          </Page>
        ) : (
          <Stack gap="lg">
            <Head
              name={`${run.job} #${run.id}`}
              state={<StateMark token={run.state === "failed" ? "harm" : "plain"}>{run.state}</StateMark>}
              why={
                run.error ??
                run.progress ??
                (run.finished_at === null ? "Running." : `Finished in ${tookText(run)}.`)
              }
            />
            <Facts
              facts={[
                ["Scheduled for", <TimeText key="due" at={run.scheduled_for} />],
                ["Started", <TimeText key="started" at={run.started_at} />],
                [
                  "Ended",
                  run.finished_at === null ? "not yet" : <TimeText key="ended" at={run.finished_at} />,
                ],
                ["Trigger", triggerWords[run.trigger]],
                ["Attempt", String(run.attempt)],
              ]}
            />
            {run.result !== null && Object.keys(run.result).length > 0 && (
              <Section id="counts" title="Counts">
                <DataTable
                  caption="Counts"
                  rows={Object.entries(run.result)}
                  rowKey={([name]) => name}
                  columns={[
                    { name: "Count", cell: ([name]) => name },
                    {
                      name: "Result",
                      kind: "wrap",
                      cell: ([, value]) =>
                        typeof value === "object" ? JSON.stringify(value) : String(value),
                    },
                  ]}
                />
              </Section>
            )}
          </Stack>
        )
      }
    </DetailRegion>
  );
}
