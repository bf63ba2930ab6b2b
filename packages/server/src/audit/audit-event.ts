import type { AuditEvent } from "@relearn/contract";
import { documentDigest } from "../digest.ts";

/** Fields of an export: those that are hashed, and the hash. */
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

/** Predecessor hash of the first event. */
export const GENESIS_HASH = "0".repeat(64);

/** Computes the SHA-256 of the canonical JSON of the event without its hash. */
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
 * Verifies one page of events against the preceding position. Returns the position after the page, or the first
 * fault. Detects changed fields and removed, inserted or reordered events, but not the loss of the newest
 * events, which only a copy of the head stored elsewhere can reveal.
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
        message: `Event ${event.sequence} has the previous hash ${event.previous_hash.slice(0, 12)}, but event ${position.sequence} has the hash ${position.hash.slice(0, 12)}.`,
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
