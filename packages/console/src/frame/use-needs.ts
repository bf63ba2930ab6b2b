import { useQuery } from "@tanstack/react-query";
import { approvalsQuery, conflictsQuery, overridesQuery, queueQuery, statusQuery } from "../api/documents.ts";
import { usePermission } from "../parts/rights.ts";
import { listNeeds, type Need } from "./needs.ts";

/** Lists what waits for the person, for one agent or for all. */
export function useNeeds(agent?: string): readonly Need[] {
  const { session, missing } = usePermission();
  const pending = useQuery(approvalsQuery({ agent, status: "pending" }));
  const approved = useQuery(approvalsQuery({ agent, status: "approved" }));
  const conflicts = useQuery(conflictsQuery(agent));
  const queue = useQuery(queueQuery(agent));
  const overrides = useQuery(overridesQuery(agent));
  const status = useQuery(statusQuery);
  if (session === undefined) return [];
  return listNeeds({
    person: session.actor.name,
    may: (right) => missing(right) === null,
    pending: pending.data ?? [],
    approved: approved.data ?? [],
    agents: (status.data?.agents ?? []).filter((one) => agent === undefined || one.agent === agent),
    jobs: status.data?.jobs ?? [],
    conflicts: conflicts.data ?? [],
    queues: queue.data?.queues ?? [],
    overrides: overrides.data ?? [],
  });
}
