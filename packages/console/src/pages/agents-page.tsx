import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { agentsQuery } from "../api/documents.ts";
import { DataTable } from "../parts/data-table.tsx";
import { Empty } from "../parts/empty.tsx";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";
import { SettingsTabs } from "../parts/settings-tabs.tsx";
import { TimeText } from "../parts/time-text.tsx";

/** Agents and their definitions. */
export function AgentsPage() {
  const agents = useQuery(agentsQuery);
  return (
    <Page
      title="Settings"
      part="Agents"
      actions={
        <Link to="/settings/agents/$agent" params={{ agent: "new" }}>
          Define an agent
        </Link>
      }
    >
      <SettingsTabs />
      <Region name="Agents" query={agents}>
        {(rows) =>
          rows.length === 0 ? (
            <Empty>No agents. Define one.</Empty>
          ) : (
            <DataTable
              caption="Agents"
              rows={rows}
              rowKey={(agent) => agent.definition.name}
              columns={[
                {
                  name: "Agent",
                  cell: ({ definition }) => (
                    <Link to="/settings/agents/$agent" params={{ agent: definition.name }}>
                      {definition.name}
                    </Link>
                  ),
                },
                {
                  name: "Classes",
                  cell: ({ definition }) => definition.classes?.join(", ") ?? "from the labels",
                },
                { name: "Features", kind: "number", cell: ({ definition }) => definition.features.length },
                {
                  name: "Thresholds",
                  kind: "number",
                  cell: ({ definition }) => definition.thresholds?.length ?? 0,
                },
                { name: "Built in", cell: (agent) => (agent.built_in ? "yes" : "no") },
                { name: "Changed", cell: (agent) => <TimeText at={agent.updated_at} /> },
              ]}
            />
          )
        }
      </Region>
    </Page>
  );
}
