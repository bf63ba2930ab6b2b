import type { Approval, LabelConflict } from "@relearn/contract";
import { expect, it } from "vitest";
import { listNeeds, type NeedFacts } from "./needs.ts";

const approval = (id: string, at: string, fields: Partial<Approval> = {}) =>
  ({
    id,
    agent: "inbox_triage",
    bundle_id: `b_${id}`,
    proposer: "ana",
    edited_by: [],
    approvals: [],
    created_at: at,
    expires_at: "2026-12-01T00:00:00Z",
    ...fields,
  }) as unknown as Approval;

const nothing: NeedFacts = {
  person: "ben",
  may: () => true,
  pending: [],
  approved: [],
  agents: [],
  jobs: [],
  conflicts: [],
  queues: [],
  overrides: [],
};
const queue = {
  agent: "inbox_triage",
  waiting: 3,
  leased: 0,
  disputed: 1,
  labeled: 0,
  skipped: 0,
  expired: 0,
};
const texts = (facts: Partial<NeedFacts>) => listNeeds({ ...nothing, ...facts }).map((need) => need.text);

it("asks nobody to approve what they proposed or put into the request", () => {
  const pending = [
    approval("1", "2026-11-29T08:00:00Z"),
    approval("2", "2026-11-29T07:00:00Z", { proposer: "ben" }),
    approval("3", "2026-11-29T06:00:00Z", { edited_by: ["ben"] }),
  ];
  expect(texts({ pending })).toEqual(["Approve b_1"]);
});

it("puts the oldest first and what has no time last", () => {
  const conflicts = [
    { agent: "inbox_triage", created_at: "2026-11-29T09:00:00Z" },
    { agent: "inbox_triage", created_at: "2026-11-28T09:00:00Z" },
  ] as LabelConflict[];
  expect(
    texts({
      pending: [approval("1", "2026-11-29T08:00:00Z")],
      conflicts,
      queues: [queue],
    }),
  ).toEqual(["Resolve 2 conflicts", "Approve b_1", "Resolve 1 disputed item", "Label 3 items"]);
});

it("names only what the person has the right to", () => {
  const facts = { pending: [approval("1", "2026-11-29T08:00:00Z")], queues: [queue] };
  expect(texts({ ...facts, may: () => false })).toEqual([]);
  expect(texts({ ...facts, may: (right) => right === "label" })).toEqual([
    "Resolve 1 disputed item",
    "Label 3 items",
  ]);
});
