import { Button } from "@mantine/core";
import type { CanaryStatus, RolloutWithApproval } from "@relearn/contract";
import { useQueries, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { callApi } from "../api/call-api.ts";
import { agentsQuery, canaryQuery, jobsQuery, rolloutsQuery } from "../api/documents.ts";
import { queryClient } from "../api/query-client.ts";
import { formatDistance } from "../format/times.ts";
import { agentColumn } from "../parts/agent-column.ts";
import { type Act, ConfirmAct } from "../parts/confirm-act.tsx";
import { Empty } from "../parts/empty.tsx";
import { LiveTable } from "../parts/live-table.tsx";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { deltaText, unitsText } from "../parts/rollout-words.ts";
import { StateMark } from "../parts/state-mark.tsx";
import { rolloutStates } from "../parts/state-words.ts";
import { TimeText } from "../parts/time-text.tsx";

const route = getRouteApi("/rollouts");

/** Releases, newest first, and how they do or did. */
export function RolloutsPage() {
  const { agent } = route.useSearch();
  const rollouts = useQuery(rolloutsQuery(agent));
  const { data: agents = [] } = useQuery(agentsQuery);
  const { data: jobs = [] } = useQuery(jobsQuery);
  const nextLook = jobs.find((job) => job.job === "guard")?.next_run_at;
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
              Nothing released. <Link to="/approvals">Approve a bundle first.</Link>
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
                {
                  name: "State",
                  cell: ({ rollout }) => (
                    <StateMark token={rolloutStates[rollout.state].token}>
                      {rolloutStates[rollout.state].words}
                    </StateMark>
                  ),
                },
                { name: "Traffic, %", kind: "number", cell: ({ rollout }) => rollout.percent },
                {
                  name: "Verdict",
                  cell: ({ figures }) => figures?.recommendation ?? "",
                },
                {
                  name: "Quality, canary to active",
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
                  name: "Next look",
                  kind: "nowrap",
                  cell: ({ rollout }) =>
                    rollout.ended_at !== null ? (
                      `ended ${formatDistance(rollout.ended_at, new Date())}`
                    ) : nextLook == null ? (
                      ""
                    ) : (
                      <TimeText at={nextLook} />
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

/** While it is on: who switched it on, why, and the way out. */
function KillSwitch({ status }: { status: CanaryStatus }) {
  const { missing } = usePermission();
  const [act, setAct] = useState<Act | null>(null);
  const { agent, release } = status;
  const blocked = missing("roll_back");
  const turnOff: Act = {
    title: `Turn off the kill switch of ${agent}?`,
    text: `Every unit goes on getting ${release.active_bundle_id ?? "the agent's defaults"}; a rollout can start again.`,
    confirm: "Turn off",
    cancel: "Cancel",
    focus: "cancel",
    reason: "required",
    run: (reason) =>
      callApi("PUT", `/v1/agents/${encodeURIComponent(agent)}/kill-switch`, { body: { on: false, reason } }),
  };
  return (
    <section className="panel stack" aria-label={`Kill switch of ${agent}`}>
      <p>
        <StateMark token="hold">Kill switch on</StateMark> {agent}, by {release.kill_switch_by ?? "somebody"}:{" "}
        {release.kill_switch_reason ?? "no reason given"}
      </p>
      <div className="row">
        <Button disabled={blocked !== null} onClick={() => setAct(turnOff)}>
          Turn off
        </Button>
        {blocked !== null && <span>{blocked}</span>}
      </div>
      <ConfirmAct
        act={act}
        onClose={() => setAct(null)}
        onDone={() => {
          setAct(null);
          void queryClient.invalidateQueries();
        }}
      />
    </section>
  );
}
