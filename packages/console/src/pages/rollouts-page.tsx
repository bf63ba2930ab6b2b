import { Button, Group, Paper } from "@mantine/core";
import type { CanaryStatus, RolloutWithApproval } from "@relearn/contract";
import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { callApi } from "../api/call-api.ts";
import { agentsQuery, canaryQuery, jobsQuery, rolloutsQuery } from "../api/documents.ts";
import { formatDistance } from "../format/times.ts";
import { type Act, useActDialog } from "../parts/act-dialog.tsx";
import { agentColumn } from "../parts/agent-column.ts";
import { Empty } from "../parts/empty.tsx";
import { LiveTable } from "../parts/live-table.tsx";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { deltaText, unitsText } from "../parts/rollout-words.ts";
import { StateMark } from "../parts/state-mark.tsx";
import { toStateColumn } from "../parts/state-select.tsx";
import { rolloutStates } from "../parts/state-words.ts";
import { TimeText } from "../parts/time-text.tsx";

const route = getRouteApi("/rollouts");

/** Rollouts, newest first, with their measured results. */
export function RolloutsPage() {
  const { agent } = route.useSearch();
  const rollouts = useQuery(rolloutsQuery(agent));
  const { data: agents = [] } = useQuery(agentsQuery);
  const { data: jobs = [] } = useQuery(jobsQuery);
  const nextAnalysisAt = jobs.find((job) => job.job === "guard")?.next_run_at;
  const statuses = useQueries({ queries: agents.map((one) => canaryQuery(one.definition.name)) });
  return (
    <Page title="Rollouts">
      {statuses.flatMap(({ data }) =>
        data?.release.kill_switch && (agent === undefined || data.agent === agent)
          ? [<KillSwitch key={data.agent} status={data} />]
          : [],
      )}
      <Region name="Rollouts" query={rollouts}>
        {(rows) => {
          const started = rows.filter(({ rollout }) => rollout.started_at !== null);
          return started.length === 0 ? (
            <Empty>
              No rollouts. <Link to="/approvals">Approve a bundle first.</Link>
            </Empty>
          ) : (
            <LiveTable
              caption="Rollouts"
              rows={started}
              rowKey={({ rollout }) => rollout.rollout_id}
              columns={[
                {
                  name: "Bundle",
                  cell: ({ rollout }) => (
                    <Link to="/rollouts/$id" params={{ id: rollout.rollout_id }} className="mono">
                      {rollout.bundle_id}
                    </Link>
                  ),
                },
                ...agentColumn<RolloutWithApproval>(agent, ({ rollout }) => rollout.agent),
                toStateColumn<RolloutWithApproval, keyof typeof rolloutStates>(
                  rolloutStates,
                  ({ rollout }) => rollout.state,
                ),
                { name: "Traffic, %", kind: "number", cell: ({ rollout }) => rollout.percent },
                {
                  name: "Verdict",
                  cell: ({ figures }) => figures?.recommendation ?? "",
                },
                {
                  name: "Quality compared with active",
                  kind: "number",
                  cell: ({ figures }) =>
                    figures === null ? "" : deltaText(figures.quality_delta, figures.intervals.quality),
                },
                {
                  name: "Units",
                  kind: "number",
                  cell: ({ figures }) => (figures === null ? "" : unitsText(figures)),
                },
                {
                  name: "Next analysis",
                  kind: "nowrap",
                  cell: ({ rollout }) =>
                    rollout.ended_at !== null ? (
                      `ended ${formatDistance(rollout.ended_at, new Date())}`
                    ) : nextAnalysisAt == null ? (
                      ""
                    ) : (
                      <TimeText at={nextAnalysisAt} />
                    ),
                },
              ]}
            />
          );
        }}
      </Region>
    </Page>
  );
}

/** Active kill switch: who turned it on, why, and the button to turn it off. */
function KillSwitch({ status }: { status: CanaryStatus }) {
  const { missing } = usePermission();
  const { ask, dialog } = useActDialog();
  const { agent, release } = status;
  const blocked = missing("roll_back");
  const turnOff: Act = {
    title: `Turn off the kill switch of ${agent}?`,
    text: `Every unit continues to get ${release.active_bundle_id ?? "the agent's defaults"}. New rollouts can start.`,
    confirm: "Turn off",
    cancel: "Cancel",
    focus: "cancel",
    reason: "required",
    run: (reason) =>
      callApi("PUT", `/v1/agents/${encodeURIComponent(agent)}/kill-switch`, { body: { on: false, reason } }),
  };
  return (
    <Paper component="section" withBorder p="md" aria-label={`Kill switch of ${agent}`}>
      <p>
        <StateMark token="hold">Kill switch on</StateMark> {agent}, by {release.kill_switch_by ?? "someone"}:{" "}
        {release.kill_switch_reason ?? "no reason given"}
      </p>
      <Group>
        <Button disabled={blocked !== null} onClick={() => ask(turnOff)}>
          Turn off
        </Button>
        {blocked !== null && <span>{blocked}</span>}
      </Group>
      {dialog}
    </Paper>
  );
}
