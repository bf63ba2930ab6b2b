import type { AuditEvent } from "@relearn/contract";
import { documentDigest } from "../digest.ts";

/** Fields of an export: all that is hashed, and the hash. */
export const auditExportColumns = [
  "sequence",
  "at",
  "actor",
  "actor_kind",
  "kind",
  "agent",
  "object",
  "detail",
  "previous_hash",
  "hash",
] as const satisfies readonly (keyof AuditEvent)[];

/** What the first event names as its predecessor. */
export const GENESIS_HASH = "0".repeat(64);

/** SHA-256 over the canonical JSON of everything in the event but its own hash. */
export function auditHash(event: Omit<AuditEvent, "hash">): string {
  const { sequence, at, actor, actor_kind, kind, agent, object, detail, previous_hash } = event;
  return documentDigest({ sequence, at, actor, actor_kind, kind, agent, object, detail, previous_hash });
}

export type ChainFault =
  | { readonly sequence: number; readonly fault: "missing"; readonly message: string }
  | { readonly sequence: number; readonly fault: "altered"; readonly message: string }
  | { readonly sequence: number; readonly fault: "relinked"; readonly message: string };

export interface ChainPosition {
  readonly sequence: number;
  readonly hash: string;
}

/**
 * Checks one page of events against what went before. Returns where the page ends, or the first fault.
 * Finds changed fields, removed, inserted and reordered events; not the loss of the newest events, which only
 * a copy of the head kept elsewhere can show.
 */
export function verifyChainPage(
  before: ChainPosition,
  events: readonly AuditEvent[],
): ChainPosition | ChainFault {
  let position = before;
  for (const event of events) {
    const expected = position.sequence + 1;
    if (event.sequence !== expected) {
      return {
        sequence: expected,
        fault: "missing",
        message: `Event ${expected} is missing; the next is ${event.sequence}.`,
      };
    }
    if (event.previous_hash !== position.hash) {
      return {
        sequence: event.sequence,
        fault: "relinked",
        message: `Event ${event.sequence} names ${event.previous_hash.slice(0, 12)} as its predecessor; event ${position.sequence} has ${position.hash.slice(0, 12)}.`,
      };
    }
    if (auditHash(event) !== event.hash) {
      return {
        sequence: event.sequence,
        fault: "altered",
        message: `Event ${event.sequence} was changed after it was written.`,
      };
    }
    position = { sequence: event.sequence, hash: event.hash };
  }
  return position;
}
