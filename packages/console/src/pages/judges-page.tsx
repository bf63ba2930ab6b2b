import { Button, Text } from "@mantine/core";
import type { ReliabilityCard } from "@relearn/contract";
import { useMutation, useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { callApi } from "../api/call-api.ts";
import { agentsQuery, reliabilityQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { formatInterval, formatRatio } from "../format/numbers.ts";
import { PanelMethods } from "../judges/panel-methods.tsx";
import { agentColumn } from "../parts/agent-column.ts";
import { Empty } from "../parts/empty.tsx";
import { LiveTable } from "../parts/live-table.tsx";
import { Page } from "../parts/page.tsx";
import { Problem } from "../parts/problem.tsx";
import { Loading, Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { Section } from "../parts/section.tsx";
import { TimeText } from "../parts/time-text.tsx";

const route = getRouteApi("/judges");

interface Row {
  readonly agent: string;
  readonly card: ReliabilityCard;
}

/** Judges of each agent and their reliability. */
export function JudgesPage() {
  const { agent } = route.useSearch();
  const agents = useQuery(agentsQuery);
  const names = (agents.data ?? [])
    .map((one) => one.definition.name)
    .filter((name) => agent === undefined || name === agent);
  const cards = useQueries({ queries: names.map((name) => reliabilityQuery(name)) });
  const { missing } = usePermission();
  const blocked = missing("operate");
  const measure = useMutation({
    mutationFn: () => callApi("POST", "/v1/judges/update", { body: agent === undefined ? {} : { agent } }),
    onSuccess: () => queryClient.invalidateQueries(),
  });
  const failed = cards.find((one) => one.isError);
  const rows: Row[] = cards.flatMap((one) =>
    (one.data?.cards ?? []).map((card) => ({ agent: one.data?.agent ?? "", card })),
  );
  return (
    <Page
      title="Judges"
      actions={
        <>
          {blocked !== null && <span>{blocked}</span>}
          <Button
            variant="filled"
            disabled={blocked !== null}
            loading={measure.isPending}
            onClick={() => measure.mutate()}
          >
            Measure again
          </Button>
        </>
      }
    >
      {measure.isError && (
        <Problem what="Not measured" error={measure.error} onRetry={() => measure.mutate()} />
      )}
      {failed?.error && (
        <Problem what="Judges not loaded" error={failed.error} onRetry={() => void failed.refetch()} />
      )}
      <Region name="Agents" query={agents}>
        {() =>
          rows.length === 0 ? (
            cards.some((one) => one.isPending) ? (
              <Loading name="Judges" />
            ) : (
              <Empty>No verdicts. Send evaluation results, then measure again.</Empty>
            )
          ) : (
            <LiveTable
              // The agents' judges are loaded one by one: none of them is a new row.
              key={String(cards.every((one) => one.isSuccess))}
              caption="Judges"
              rows={rows}
              rowKey={(row) => `${row.agent} ${row.card.judge}`}
              columns={[
                {
                  name: "Judge",
                  cell: (row) => (
                    <Link to="/judges/$id" params={{ id: row.card.judge }} search={{ of: row.agent }}>
                      {row.card.name}
                    </Link>
                  ),
                },
                { name: "Version", cell: (row) => row.card.model_version ?? "" },
                ...agentColumn<Row>(agent, (row) => row.agent),
                {
                  name: "Kappa",
                  kind: "number",
                  cell: (row) =>
                    row.card.cohen_kappa === null ? "undefined" : formatRatio(row.card.cohen_kappa),
                },
                {
                  name: "True alarms (95 %)",
                  kind: "number",
                  cell: (row) =>
                    `${formatRatio(row.card.sensitivity.value)} ${formatInterval(row.card.sensitivity.interval)}`,
                },
                {
                  name: "False alarms (95 %)",
                  kind: "number",
                  cell: (row) =>
                    `${formatRatio(row.card.false_alarm_rate.value)} ${formatInterval(row.card.false_alarm_rate.interval)}`,
                },
                {
                  name: "Effective n",
                  kind: "number",
                  cell: ({ card }) =>
                    card.enough_labels ? (
                      card.effective_sample_size.toFixed(1)
                    ) : (
                      <>
                        {Math.floor(card.effective_sample_size)} of 25
                        <br />
                        <Text span size="xs" c="dimmed">
                          relies on the prior
                        </Text>
                      </>
                    ),
                },
                {
                  name: "Last label",
                  cell: (row) =>
                    row.card.last_evidence === null ? "" : <TimeText at={row.card.last_evidence} />,
                },
              ]}
            />
          )
        }
      </Region>
      {[...new Set(rows.map((row) => row.agent))].map((name) => (
        <Section id={`methods-${name}`} title={`Combination of the judges of ${name}`} key={name}>
          <PanelMethods agent={name} />
        </Section>
      ))}
    </Page>
  );
}
