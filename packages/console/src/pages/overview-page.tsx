import type { AgentStatus, BundleWithStatus } from "@relearn/contract";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import {
  auditQuery,
  bundlesQuery,
  growthQuery,
  labelCurveQuery,
  queueQuery,
  rolloutQuery,
  statusQuery,
} from "../api/documents.ts";
import { GROWTH_DAYS, LabelGrowthChart, LearningCurve } from "../chart/growth-charts.tsx";
import { useChosenAgent } from "../chosen-agent.ts";
import { formatCount, formatInterval, formatRatio } from "../format/numbers.ts";
import { formatDistance } from "../format/times.ts";
import { useNeeds } from "../frame/use-needs.ts";
import { DataTable } from "../parts/data-table.tsx";
import { EventList } from "../parts/event-list.tsx";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";
import { StateMark } from "../parts/state-mark.tsx";
import { bundleStates, rolloutStates } from "../parts/state-words.ts";

/** The loop as it stands, for each agent, and what waits for me. */
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
        <section className="stack" aria-labelledby="needs">
          <h2 id="needs">Needs me</h2>
          {needs.length === 0 ? (
            <p className="muted">Nothing waits for you.</p>
          ) : (
            <ul className="needs">
              {needs.map((need, index) => (
                <li key={need.key}>
                  <Link
                    to={need.to}
                    search={need.search ?? {}}
                    className={index === 0 ? "act act-primary" : "act"}
                  >
                    {need.text}
                  </Link>
                  <span className="muted">
                    {need.about}
                    {need.since !== null &&
                      ` · waits ${formatDistance(need.since, new Date()).replace(" ago", "")}`}
                    {need.until !== null && ` · expires ${formatDistance(need.until, new Date())}`}
                  </span>
                </li>
              ))}
            </ul>
          )}
        </section>
      )}
      <section className="stack" aria-labelledby="loop">
        <h2 id="loop">The loop</h2>
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
                { name: "People", cell: (one) => <People agent={one.agent} /> },
              ]}
            />
          )}
        </Region>
      </section>
      {!nothing && charted !== undefined && (
        <section className="stack" aria-labelledby="learning">
          <h2 id="learning">Learning of {charted}</h2>
          <Charts agent={charted} />
        </section>
      )}
      <section className="stack" aria-labelledby="events">
        <div className="row-apart">
          <h2 id="events">Last 10 events</h2>
          <Link to="/audit" search={agent === undefined ? {} : { agent }}>
            Audit
          </Link>
        </div>
        <Region name="Events" query={events}>
          {(page) =>
            page.events.length === 0 ? (
              <p className="muted">No event yet: nothing has changed.</p>
            ) : (
              <EventList events={page.events} />
            )
          }
        </Region>
      </section>
    </Page>
  );
}

/** What somebody sees who has just started: what this is, and the ways in, in the order of the loop. */
function Begin({ least }: { least: number }) {
  return (
    <section className="empty stack" aria-label="Begin">
      <p>
        <strong>
          No signals yet. <Link to="/data/imports">Import a file</Link> or run <code>relearn demo</code>.
        </strong>
      </p>
      <ol className="begin measure">
        <li>
          <Link to="/settings/agents">Agents</Link> says what is decided, from which features. Three come
          built in; yours is a form.
        </li>
        <li>
          Labels come from a file, from what the agent reports by HTTP (<a href="/docs">its page</a>), and
          from people in <Link to="/review">Review</Link>.
        </li>
        <li>
          {formatCount(least)} labels train a model: <Link to="/bundles">Bundles</Link>. A second person
          approves it.
        </li>
        <li>
          It gets 10, 50, then 100 % of traffic as long as it is proven not worse, and is taken back by itself
          where it does harm.
        </li>
      </ol>
    </section>
  );
}

function Labels({ one, least }: { one: AgentStatus; least: number }) {
  const { trainable, last_7_days } = one.labels;
  return (
    <Link to="/data/growth" search={{ agent: one.agent }} className="cell">
      <span>
        <strong>{formatCount(trainable)}</strong>{" "}
        <span className="meta">
          {last_7_days > 0 ? `+${formatCount(last_7_days)} in 7 d` : "none in 7 d"}
        </span>
      </span>
      {trainable < least && (
        <span className="meta">
          {formatCount(trainable)} of {formatCount(least)} labels; {formatCount(least - trainable)} more
          train.
        </span>
      )}
    </Link>
  );
}

function Model({ one, bundles }: { one: AgentStatus; bundles: readonly BundleWithStatus[] }): ReactNode {
  const newest = one.newest_bundle;
  if (newest === null) return <span className="muted">No model</span>;
  const bundle = bundles.find((each) => each.bundle_id === newest.bundle_id);
  return (
    <Link to="/bundles/$id" params={{ id: newest.bundle_id }} className="cell">
      <span>
        <strong>{formatRatio(newest.accuracy)}</strong>{" "}
        <span className="meta">
          {bundle !== undefined && formatInterval(bundle.evaluation.accuracy_interval)} right
        </span>
      </span>
      <span className="meta">
        baseline {formatRatio(newest.baseline_accuracy)}, n {formatCount(newest.training_count)}
      </span>
    </Link>
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
      <span className="meta mono">{newest.bundle_id}</span>
    </>
  );
  return approval === undefined ? (
    <Link to="/bundles/$id" params={{ id: newest.bundle_id }} className="cell">
      {inside}
    </Link>
  ) : (
    <Link to="/approvals/$id" params={{ id: approval }} className="cell">
      {inside}
    </Link>
  );
}

function RolloutCell({ one }: { one: AgentStatus }): ReactNode {
  const { rollout } = one;
  const found = useQuery({ ...rolloutQuery(rollout?.rollout_id ?? ""), enabled: rollout !== null });
  if (one.kill_switch !== null) {
    return (
      <Link to="/rollouts" search={{ agent: one.agent }} className="cell">
        <StateMark token="hold">Kill switch on</StateMark>
      </Link>
    );
  }
  if (rollout === null) {
    return one.active_bundle_id === null ? (
      <span className="muted">Nothing released</span>
    ) : (
      <Link to="/bundles/$id" params={{ id: one.active_bundle_id }} className="cell">
        <StateMark token="active">Active</StateMark>
        <span className="meta mono">{one.active_bundle_id}</span>
      </Link>
    );
  }
  const { token, words } = rolloutStates[rollout.state as keyof typeof rolloutStates];
  const startedAt = found.data?.rollout.started_at ?? null;
  return (
    <Link to="/rollouts/$id" params={{ id: rollout.rollout_id }} className="cell">
      <StateMark token={token}>
        {words} {rollout.percent} %{rollout.recommendation !== null && `: ${rollout.recommendation}`}
      </StateMark>
      {startedAt !== null && <span className="meta">day {dayOf(startedAt)}</span>}
    </Link>
  );
}

function dayOf(startedAt: string): number {
  return Math.floor((Date.now() - Date.parse(startedAt)) / 86_400_000) + 1;
}

function People({ agent }: { agent: string }) {
  const queue = useQuery(queueQuery(agent));
  const { waiting = 0, disputed = 0 } = queue.data ?? {};
  return (
    <Link
      to="/review"
      search={disputed > 0 && waiting === 0 ? { agent, view: "disputed" } : { agent }}
      className="cell"
    >
      <span>
        <strong>{formatCount(waiting)}</strong> <span className="meta">waiting</span>
      </span>
      {disputed > 0 && <span className="meta">{formatCount(disputed)} disputed</span>}
    </Link>
  );
}

function Charts({ agent }: { agent: string }) {
  const growth = useQuery(growthQuery(agent, GROWTH_DAYS));
  const curve = useQuery(labelCurveQuery(agent));
  const bundles = useQuery(bundlesQuery({ agent }));
  return (
    <div className="columns columns-wide">
      <Region name="Growth" query={growth}>
        {(loaded) => <LabelGrowthChart growth={loaded} bundles={bundles.data ?? []} />}
      </Region>
      <Region name="Learning curve" query={curve}>
        {(loaded) => <LearningCurve curve={loaded} />}
      </Region>
    </div>
  );
}
