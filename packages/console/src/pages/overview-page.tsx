import { Code, Group, Stack, Text } from "@mantine/core";
import type { AgentStatus, BundleWithStatus } from "@relearn/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import {
  auditQuery,
  bundlesQuery,
  labelCountsQuery,
  learningCurveQuery,
  queueQuery,
  rolloutQuery,
  statusQuery,
} from "../api/documents.ts";
import { GROWTH_DAYS, LabelCountsChart, LearningCurveChart } from "../chart/learning-charts.tsx";
import { useChosenAgent } from "../chosen-agent.ts";
import { formatCount, formatInterval, formatRatio } from "../format/numbers.ts";
import { formatDistance } from "../format/times.ts";
import { useNeeds } from "../frame/use-needs.ts";
import { CellLink } from "../parts/cell-link.tsx";
import { Columns } from "../parts/columns.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { EventList } from "../parts/event-list.tsx";
import { LinkButton } from "../parts/link-button.tsx";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";
import { Section } from "../parts/section.tsx";
import { StateMark } from "../parts/state-mark.tsx";
import { bundleStates, rolloutStates } from "../parts/state-words.ts";

/** Overview: what needs the person, the state of each agent, learning curves, latest events. */
export function OverviewPage() {
  const agent = useChosenAgent();
  const status = useQuery(statusQuery);
  const bundles = useQuery(bundlesQuery({ agent }));
  const events = useQuery(auditQuery({ agent }, 10));
  const needs = useNeeds(agent);
  const agents = (status.data?.agents ?? []).filter((one) => agent === undefined || one.agent === agent);
  const nothing =
    status.data !== undefined &&
    agents.every(
      (one) => one.labels.trainable === 0 && one.review_queue.open === 0 && one.newest_bundle === null,
    );
  // The charts are about one agent: the chosen one, else the one with the most labels.
  const charted =
    agent ?? [...agents].sort((a, b) => b.labels.trainable - a.labels.trainable)[0]?.agent ?? undefined;
  return (
    <Page title="Overview">
      {nothing && <Begin least={status.data.least_labels} />}
      {!nothing && (
        <Section id="needs" title="Needs me">
          {needs.length === 0 ? (
            <Text c="dimmed">Nothing needs you.</Text>
          ) : (
            <Stack component="ul" gap="xs" m={0} p={0} style={{ listStyle: "none" }}>
              {needs.map((need, index) => (
                <Group component="li" key={need.key} gap="4px 16px">
                  <LinkButton
                    to={need.to}
                    search={need.search ?? {}}
                    variant={index === 0 ? "filled" : "default"}
                  >
                    {need.text}
                  </LinkButton>
                  <Text span c="dimmed">
                    {need.about}
                    {need.since !== null &&
                      ` · waiting ${formatDistance(need.since, new Date()).replace(" ago", "")}`}
                    {need.until !== null && ` · expires ${formatDistance(need.until, new Date())}`}
                  </Text>
                </Group>
              ))}
            </Stack>
          )}
        </Section>
      )}
      <Section id="loop" title="Agents">
        <Region name="Agents" query={status}>
          {({ least_labels }) => (
            <DataTable
              caption="Agents, from label to rollout"
              rows={agents}
              rowKey={(one) => one.agent}
              columns={[
                {
                  name: "Agent",
                  cell: (one) => (
                    <Link to="/" search={{ agent: one.agent }}>
                      {one.agent}
                    </Link>
                  ),
                },
                { name: "Labels", cell: (one) => <Labels one={one} least={least_labels} /> },
                { name: "Model", cell: (one) => <Model one={one} bundles={bundles.data ?? []} /> },
                { name: "Bundle", cell: (one) => <Bundle one={one} /> },
                { name: "Rollout", cell: (one) => <RolloutCell one={one} /> },
                { name: "Review", cell: (one) => <People agent={one.agent} /> },
              ]}
            />
          )}
        </Region>
      </Section>
      {!nothing && charted !== undefined && (
        <Section id="learning" title={`Learning curve of ${charted}`}>
          <Charts agent={charted} />
        </Section>
      )}
      <Section
        id="events"
        title="Last 10 events"
        actions={
          <Link to="/audit" search={agent === undefined ? {} : { agent }}>
            Audit log
          </Link>
        }
      >
        <Region name="Events" query={events}>
          {(page) =>
            page.events.length === 0 ? (
              <Text c="dimmed">No events yet.</Text>
            ) : (
              <EventList events={page.events} />
            )
          }
        </Region>
      </Section>
    </Page>
  );
}

/** Introduction for a new installation: the steps of the loop, each with its page. */
function Begin({ least }: { least: number }) {
  return (
    <Empty>
      <Stack maw="68ch">
        <p>
          <strong>
            No signals yet. <Link to="/data/imports">Import a file</Link> or run <Code>relearn demo</Code>.
          </strong>
        </p>
        <Stack component="ol" gap="xs" m={0} pl="lg">
          <li>
            <Link to="/settings/agents">Agents</Link> defines what is decided, and from which features. Three
            agents are built in; you add your own with a form.
          </li>
          <li>
            Labels come from a file, from what the agent reports over HTTP (<a href="/docs">API reference</a>
            ), and from people in <Link to="/review">Review</Link>.
          </li>
          <li>
            {formatCount(least)} labels are enough to train a model: <Link to="/bundles">Bundles</Link>. A
            second person approves it.
          </li>
          <li>
            The model gets 10, 50, then 100 % of the traffic while it is proven not worse. It is rolled back
            automatically if it does harm.
          </li>
        </Stack>
      </Stack>
    </Empty>
  );
}

function Labels({ one, least }: { one: AgentStatus; least: number }) {
  const { trainable, last_7_days } = one.labels;
  return (
    <CellLink to="/data/learning" search={{ agent: one.agent }}>
      <span>
        <strong>{formatCount(trainable)}</strong>{" "}
        <Text span size="xs" c="dimmed">
          {last_7_days > 0 ? `+${formatCount(last_7_days)} in 7 d` : "none in 7 d"}
        </Text>
      </span>
      {trainable < least && (
        <Text span size="xs" c="dimmed">
          {formatCount(trainable)} of {formatCount(least)} labels needed
        </Text>
      )}
    </CellLink>
  );
}

function Model({ one, bundles }: { one: AgentStatus; bundles: readonly BundleWithStatus[] }): ReactNode {
  const newest = one.newest_bundle;
  if (newest === null)
    return (
      <Text span c="dimmed">
        No model
      </Text>
    );
  const bundle = bundles.find((each) => each.bundle_id === newest.bundle_id);
  return (
    <CellLink to="/bundles/$id" params={{ id: newest.bundle_id }}>
      <span>
        <strong>{formatRatio(newest.accuracy)}</strong>{" "}
        <Text span size="xs" c="dimmed">
          {bundle !== undefined && formatInterval(bundle.evaluation.accuracy_interval)} accuracy
        </Text>
      </span>
      <Text span size="xs" c="dimmed">
        baseline {formatRatio(newest.baseline_accuracy)}, n {formatCount(newest.training_count)}
      </Text>
    </CellLink>
  );
}

function Bundle({ one }: { one: AgentStatus }): ReactNode {
  const newest = one.newest_bundle;
  if (newest === null) return "";
  const state = bundleStates[newest.status as keyof typeof bundleStates];
  const [approval] = [...one.pending_approvals, ...one.approved];
  const inside = (
    <>
      <StateMark token={state.token}>{state.words}</StateMark>
      <Text span size="xs" c="dimmed" className="mono">
        {newest.bundle_id}
      </Text>
    </>
  );
  return approval === undefined ? (
    <CellLink to="/bundles/$id" params={{ id: newest.bundle_id }}>
      {inside}
    </CellLink>
  ) : (
    <CellLink to="/approvals/$id" params={{ id: approval }}>
      {inside}
    </CellLink>
  );
}

function RolloutCell({ one }: { one: AgentStatus }): ReactNode {
  const { rollout } = one;
  const found = useQuery({ ...rolloutQuery(rollout?.rollout_id ?? ""), enabled: rollout !== null });
  if (one.kill_switch !== null) {
    return (
      <CellLink to="/rollouts" search={{ agent: one.agent }}>
        <StateMark token="hold">Kill switch on</StateMark>
      </CellLink>
    );
  }
  if (rollout === null) {
    return one.active_bundle_id === null ? (
      <Text span c="dimmed">
        Nothing released
      </Text>
    ) : (
      <CellLink to="/bundles/$id" params={{ id: one.active_bundle_id }}>
        <StateMark token="active">Active</StateMark>
        <Text span size="xs" c="dimmed" className="mono">
          {one.active_bundle_id}
        </Text>
      </CellLink>
    );
  }
  const { token, words } = rolloutStates[rollout.state as keyof typeof rolloutStates];
  const startedAt = found.data?.rollout.started_at ?? null;
  return (
    <CellLink to="/rollouts/$id" params={{ id: rollout.rollout_id }}>
      <StateMark token={token}>
        {words} {rollout.percent} %{rollout.recommendation !== null && `: ${rollout.recommendation}`}
      </StateMark>
      {startedAt !== null && (
        <Text span size="xs" c="dimmed">
          day {toDay(startedAt)}
        </Text>
      )}
    </CellLink>
  );
}

function toDay(startedAt: string): number {
  return Math.floor((Date.now() - Date.parse(startedAt)) / 86_400_000) + 1;
}

function People({ agent }: { agent: string }) {
  const queue = useQuery(queueQuery(agent));
  const { waiting = 0, disputed = 0 } = queue.data ?? {};
  return (
    <CellLink to="/review" search={disputed > 0 && waiting === 0 ? { agent, view: "disputed" } : { agent }}>
      <span>
        <strong>{formatCount(waiting)}</strong>{" "}
        <Text span size="xs" c="dimmed">
          waiting
        </Text>
      </span>
      {disputed > 0 && (
        <Text span size="xs" c="dimmed">
          {formatCount(disputed)} disputed
        </Text>
      )}
    </CellLink>
  );
}

function Charts({ agent }: { agent: string }) {
  const labelCounts = useQuery(labelCountsQuery(agent, GROWTH_DAYS));
  const curve = useQuery(learningCurveQuery(agent));
  const bundles = useQuery(bundlesQuery({ agent }));
  return (
    <Columns wide>
      <Region name="Label counts" query={labelCounts}>
        {(loaded) => <LabelCountsChart labelCounts={loaded} bundles={bundles.data ?? []} />}
      </Region>
      <Region name="Learning curve" query={curve}>
        {(loaded) => <LearningCurveChart curve={loaded} />}
      </Region>
    </Columns>
  );
}
