import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { agentsQuery } from "../api/documents.ts";
import { useReviewAgent } from "../chosen-agent.ts";
import { NavTabs } from "../parts/nav-tabs.tsx";
import { NoAgent } from "../parts/no-agent.tsx";
import { Page } from "../parts/page.tsx";
import { Loading, Region } from "../parts/region.tsx";
import { usePermission } from "../parts/rights.ts";
import { DisputedItems } from "../review/disputed-items.tsx";
import { FocusView } from "../review/focus-view.tsx";

const route = getRouteApi("/review");

/** Items that wait for a label: one at a time, or those that people disagree about. */
export function ReviewPage() {
  const { view } = route.useSearch();
  const agent = useReviewAgent();
  const { session, missing } = usePermission();
  const disputed = view === "disputed";
  const agents = useQuery(agentsQuery);
  if (agent === undefined || session === undefined) {
    return (
      <Page title="Review">
        <Region name="Agents" query={agents}>
          {(all) => (all.length === 0 ? <NoAgent /> : <Loading name="Review" />)}
        </Region>
      </Page>
    );
  }
  const blocked = missing("label");
  return (
    <Page title={`Review ${agent}`}>
      <NavTabs label="Review views">
        <Link to="/review" search={{ agent }} aria-current={disputed ? undefined : "page"}>
          Focus
        </Link>
        <Link to="/review" search={{ agent, view: "disputed" }} aria-current={disputed ? "page" : undefined}>
          Disputed
        </Link>
      </NavTabs>
      {blocked !== null ? (
        <p>{blocked}</p>
      ) : disputed ? (
        <DisputedItems key={agent} agent={agent} />
      ) : (
        <FocusView key={`${agent} ${session.actor.name}`} agent={agent} person={session.actor.name} />
      )}
    </Page>
  );
}
