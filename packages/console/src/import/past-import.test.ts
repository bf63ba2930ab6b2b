import type { AuditEvent } from "@relearn/contract";
import { expect, it } from "vitest";
import { toPastImport } from "./past-import.ts";

const event = (kind: string, detail: AuditEvent["detail"]): AuditEvent => ({
  sequence: 7,
  at: "2026-03-02T12:00:00.000Z",
  actor: "ana",
  actor_kind: "key",
  kind,
  agent: null,
  object: "approvals",
  detail,
  previous_hash: "",
  hash: "",
});

it("reads counts and agents out of an event, and makes up none that it does not have", () => {
  expect(
    toPastImport(event("examples.added", { stored: 5, conflicts: 2, agents: ["a", "b"] })),
  ).toMatchObject({
    kind: "examples",
    what: "labeled examples",
    agents: ["a", "b"],
    counts: [
      ["New", 5],
      ["Duplicates", undefined],
      ["Conflicts", 2],
      ["Rejected", undefined],
    ],
  });
  expect(
    toPastImport(event("signals.received", { stored: 0, updated: 3, duplicates: 1, rejected: 0 })),
  ).toMatchObject({
    kind: "signals",
    what: "approvals",
    agents: [],
    counts: [
      ["New", 0],
      ["Changed", 3],
      ["Duplicates", 1],
      ["Rejected", 0],
    ],
  });
});

it("takes no other event for an import", () => {
  expect(toPastImport(event("feed.loaded", { loaded: 3 }))).toBeNull();
});
