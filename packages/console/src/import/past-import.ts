import type { AuditEvent } from "@relearn/contract";

/** What came in, as the address names it: kinds of events that tell of an import. */
export const importKinds = {
  examples: "examples.added",
  signals: "signals.received",
} as const;
export type ImportKind = keyof typeof importKinds;

/** A batch that came in, by a file or over the API, as its audit event tells of it. */
export interface PastImport {
  readonly event: AuditEvent;
  readonly kind: ImportKind;
  /** "labeled examples", "approvals". */
  readonly what: string;
  readonly agents: readonly string[];
  /** In the order in which they are told; undefined where an event of earlier times has no such count. */
  readonly counts: readonly (readonly [name: string, count: number | undefined])[];
}

/** The import that an event tells of; null where it tells of something else. */
export function toPastImport(event: AuditEvent): PastImport | null {
  const { agents } = event.detail;
  const count = (name: string): number | undefined => {
    const value = event.detail[name];
    return typeof value === "number" ? value : undefined;
  };
  const shared = {
    event,
    agents: Array.isArray(agents) ? agents.map(String) : event.agent === null ? [] : [event.agent],
  };
  if (event.kind === importKinds.examples)
    return {
      ...shared,
      kind: "examples",
      what: "labeled examples",
      counts: [
        ["New", count("stored")],
        ["Duplicates", count("duplicates")],
        ["Conflicts", count("conflicts")],
        ["Rejected", count("rejected")],
      ],
    };
  if (event.kind === importKinds.signals)
    return {
      ...shared,
      kind: "signals",
      what: event.object,
      counts: [
        ["New", count("stored")],
        ["Changed", count("updated")],
        ["Duplicates", count("duplicates")],
        ["Rejected", count("rejected")],
      ],
    };
  return null;
}
