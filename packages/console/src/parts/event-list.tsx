import type { AuditEvent } from "@relearn/contract";
import { Link } from "@tanstack/react-router";
import { formatDistance, formatUtc } from "../format/times.ts";
import { ObjectLink } from "./audit-table.tsx";
import { LiveTable } from "./live-table.tsx";

/** Events in a line each: what happened, to what, by whom; the audit has the rest. */
export function EventList({ events }: { events: readonly AuditEvent[] }) {
  return (
    <LiveTable
      caption="Latest events"
      rows={events}
      rowKey={(event) => String(event.sequence)}
      columns={[
        {
          name: "When",
          kind: "nowrap",
          cell: (event) => (
            <time dateTime={event.at} title={formatUtc(event.at)}>
              {formatDistance(event.at, new Date())}
            </time>
          ),
        },
        { name: "Actor", cell: (event) => event.actor },
        {
          name: "Event",
          cell: (event) => (
            <Link to="/audit" search={{ kind: event.kind }}>
              {event.kind.replace(".", " ").replaceAll("_", " ")}
            </Link>
          ),
        },
        { name: "Object", cell: (event) => <ObjectLink id={event.object} /> },
        { name: "Detail", kind: "wrap", cell: (event) => describeEvent(event) },
      ]}
    />
  );
}

function describeEvent({ detail, agent }: AuditEvent): string {
  const { reason, rationale } = detail as { reason?: unknown; rationale?: unknown };
  for (const text of [reason, rationale]) if (typeof text === "string" && text !== "") return text;
  return agent ?? "";
}
