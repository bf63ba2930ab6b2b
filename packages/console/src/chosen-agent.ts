import { useQuery } from "@tanstack/react-query";
import { useRouterState } from "@tanstack/react-router";
import { agentsQuery } from "./api/documents.ts";

/**
 * The agent that lists are about: the address's, else the one last chosen, so that a way through a detail,
 * whose address names no agent, comes back to it. Undefined: all agents.
 */
let lastChosen: string | undefined;

export function useChosenAgent(): string | undefined {
  const { pathname, agent } = useRouterState({
    select: ({ location }) => ({
      pathname: location.pathname,
      agent: (location.search as { agent?: string }).agent,
    }),
    structuralSharing: true,
  });
  if (isList(pathname)) lastChosen = agent;
  return lastChosen;
}

/** Review has no "All agents": key 1 keeps its meaning. */
export function useReviewAgent(): string | undefined {
  const chosen = useChosenAgent();
  const { data } = useQuery(agentsQuery);
  return chosen ?? data?.[0]?.definition.name;
}

/** Lists carry the agent in their address; details do not. */
export function isList(pathname: string): boolean {
  return /^\/(?:$|(?:review|approvals|rollouts|judges|bundles|audit|jobs)\/?$|data\/[^/]+\/?$)/.test(
    pathname,
  );
}

/** The list itself, or from a detail, which is about one thing, the list that it belongs to. */
export function getListPath(pathname: string): string {
  let at = pathname;
  while (at !== "" && !isList(at)) at = at.slice(0, at.lastIndexOf("/"));
  return at === "" ? "/" : at;
}
