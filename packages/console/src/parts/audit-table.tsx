import { Text } from "@mantine/core";
import type { AuditEvent } from "@relearn/contract";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { formatUtc } from "../format/times.ts";
import { LiveTable } from "./live-table.tsx";

/** Events of the audit log, newest first, in UTC as they are hashed. */
export function AuditTable({ events }: { events: readonly AuditEvent[] }) {
  return (
    <LiveTable
      caption="Events"
      rows={events}
      rowKey={(event) => String(event.sequence)}
      columns={[
        { name: "Number", kind: "number", cell: (event) => `#${event.sequence}` },
        { name: "Time (UTC)", kind: "nowrap", cell: (event) => formatUtc(event.at) },
        {
          name: "Actor",
          kind: "nowrap",
          cell: (event) => (
            <>
              {event.actor}{" "}
              {event.actor_kind === "asserted" && (
                <Text span size="xs" c="dimmed">
                  asserted
                </Text>
              )}
            </>
          ),
        },
        { name: "Event", kind: "nowrap", cell: (event) => event.kind },
        { name: "Object", cell: (event) => <ObjectLink id={event.object} /> },
        {
          name: "Detail",
          kind: "wrap",
          cell: (event) => (
            <Text span size="xs" c="dimmed">
              {detailText(event.detail)}
            </Text>
          ),
        },
      ]}
    />
  );
}

/** The object of an event, as a way to its page where it has one. */
export function ObjectLink({ id }: { id: string }): ReactNode {
  const text = <span className="mono">{id}</span>;
  if (id.startsWith("b_"))
    return (
      <Link to="/bundles/$id" params={{ id }}>
        {text}
      </Link>
    );
  if (id.startsWith("ap_"))
    return (
      <Link to="/approvals/$id" params={{ id }}>
        {text}
      </Link>
    );
  if (id.startsWith("ro_"))
    return (
      <Link to="/rollouts/$id" params={{ id }}>
        {text}
      </Link>
    );
  return text;
}

function detailText(detail: AuditEvent["detail"]): string {
  return Object.entries(detail)
    .map(([name, value]) => `${name.replaceAll("_", " ")} ${shortText(name, value)}`)
    .join(" · ");
}

/** Digests by their first 12 digits, and no marks of JSON: the export has everything whole. */
function shortText(name: string, value: unknown): string {
  if (Array.isArray(value)) return value.map((one) => shortText("", one)).join(", ") || "none";
  if (typeof value === "object" && value !== null) {
    return Object.entries(value)
      .map(([member, one]) => `${member} ${shortText(member, one)}`)
      .join(", ");
  }
  if (typeof value !== "string") return value === null ? "none" : String(value);
  return name.endsWith("digest") && value.length > 12 ? `${value.slice(0, 12)}…` : value;
}
