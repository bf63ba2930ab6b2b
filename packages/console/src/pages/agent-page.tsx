import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { agentsQuery } from "../api/documents.ts";
import { Page } from "../parts/page.tsx";
import { Region } from "../parts/region.tsx";
import { SettingsTabs } from "../parts/settings-tabs.tsx";
import { AgentForm } from "../settings/agent-form.tsx";

const route = getRouteApi("/settings/agents/$agent");

/** Definition of one agent. */
export function AgentPage() {
  const { agent } = route.useParams();
  const agents = useQuery(agentsQuery);
  return (
    <Page title={agent === "new" ? "Define an agent" : agent}>
      <SettingsTabs />
      <Region name="Agents" query={agents}>
        {(all) => {
          const stored = all.find((one) => one.definition.name === agent)?.definition;
          if (stored === undefined && agent !== "new") {
            return (
              <p>
                There is no agent {agent}. <Link to="/settings/agents">All agents</Link>
              </p>
            );
          }
          return <AgentForm key={agent} stored={stored} />;
        }}
      </Region>
    </Page>
  );
}
