import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { agentsQuery, auditQuery, bundlesQuery } from "../api/documents.ts";
import { useChosenAgent } from "../chosen-agent.ts";
import { formatInterval, formatRatio } from "../format/numbers.ts";
import { formatDistance } from "../format/times.ts";
import { useNeeds } from "../frame/needs.ts";
import { AuditTable } from "../parts/audit-table.tsx";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";
import { StateMark } from "../parts/state-mark.tsx";
import { bundleStates } from "../parts/state-words.ts";

/** The loop as it stands, for each agent, and what waits for me. */
export function OverviewPage() {
  const agent = useChosenAgent();
  const agents = useQuery(agentsQuery);
  const bundles = useQuery(bundlesQuery({ agent }));
  const events = useQuery(auditQuery({ agent }, 10));
  const needs = useNeeds(agent);
  return (
    <Page title="Overview">
      <section className="stack" aria-labelledby="needs">
        <h2 id="needs">Needs me, oldest first</h2>
        {needs.length === 0 ? (
          <p className="muted">Nothing waits for you.</p>
        ) : (
          <DataTable
            caption="What needs me"
            rows={needs}
            rowKey={(need) => need.key}
            columns={[
              { name: "What", cell: (need) => <Link to={need.to}>{need.text}</Link> },
              { name: "Agent", cell: (need) => need.agent },
              { name: "Waits since", cell: (need) => formatDistance(need.since, new Date()) },
              {
                name: "Expires",
                cell: (need) => (need.until === null ? "" : formatDistance(need.until, new Date())),
              },
            ]}
          />
        )}
      </section>
      <section className="stack" aria-labelledby="agents">
        <h2 id="agents">Agents</h2>
        <Region name="Agents" query={agents}>
          {(all) => (
            <DataTable
              caption="Agents"
              rows={all.filter((one) => agent === undefined || one.definition.name === agent)}
              rowKey={(one) => one.definition.name}
              columns={[
                { name: "Agent", cell: (one) => one.definition.name },
                {
                  name: "Newest model",
                  cell: (one) => {
                    const newest = bundles.data?.find((bundle) => bundle.agent === one.definition.name);
                    if (newest === undefined) return <span className="muted">No bundle</span>;
                    return (
                      <Link to="/bundles/$id" params={{ id: newest.bundle_id }}>
                        {formatRatio(newest.accuracy)} {formatInterval(newest.evaluation.accuracy_interval)},
                        baseline {formatRatio(newest.evaluation.baseline_accuracy)}, n {newest.training_count}
                      </Link>
                    );
                  },
                },
                {
                  name: "Bundle",
                  cell: (one) => {
                    const newest = bundles.data?.find((bundle) => bundle.agent === one.definition.name);
                    if (newest === undefined) return "";
                    const { token, words } = bundleStates[newest.status];
                    return (
                      <StateMark token={token}>
                        {words} <span className="mono">{newest.bundle_id}</span>
                      </StateMark>
                    );
                  },
                },
              ]}
            />
          )}
        </Region>
      </section>
      <section className="stack" aria-labelledby="events">
        <h2 id="events">Last 10 events</h2>
        <Region name="Events" query={events}>
          {(page) =>
            page.events.length === 0 ? (
              <Empty>No signals yet. Import a file or run `relearn demo`.</Empty>
            ) : (
              <AuditTable events={page.events} />
            )
          }
        </Region>
      </section>
    </Page>
  );
}
