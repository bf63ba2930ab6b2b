import { skipReasons } from "@relearn/contract/values";
import { describe, expect, it } from "vitest";
import { decideAfterLabel, decideAfterSkip, decideLease, type LeaseFacts } from "./decide-answer.ts";

const now = new Date("2026-03-02T12:00:00Z");
const at = (ms: number): Date => new Date(now.getTime() + ms);
const leased = (changes: Partial<LeaseFacts> = {}): LeaseFacts => ({
  state: "leased",
  leased_to: "ana",
  lease_token: "t1",
  lease_expires_at: at(1),
  ...changes,
});

describe("a lease", () => {
  it.each<[string, LeaseFacts, ReturnType<typeof decideLease>]>([
    ["is held by its holder with its token", leased(), { kind: "held" }],
    [
      "has ended at its end time, and the item is free",
      leased({ lease_expires_at: now }),
      { kind: "lost", ended_at: now, free: true },
    ],
    [
      "is not held with another token",
      leased({ lease_token: "t2" }),
      { kind: "lost", ended_at: null, free: false },
    ],
    [
      "is not held by another person",
      leased({ leased_to: "ben" }),
      { kind: "lost", ended_at: null, free: false },
    ],
    [
      "of another person that has ended leaves the item free",
      leased({ leased_to: "ben", lease_token: "t2", lease_expires_at: at(-1) }),
      { kind: "lost", ended_at: null, free: true },
    ],
    ...(["labeled", "skipped", "disputed", "expired"] as const).map(
      (state): [string, LeaseFacts, ReturnType<typeof decideLease>] => [
        `of an item that is ${state} is lost and not free`,
        leased({ state, leased_to: null, lease_token: null, lease_expires_at: null }),
        { kind: "lost", ended_at: null, free: false },
      ],
    ),
    [
      "of an item that waits again is lost and free",
      leased({ state: "pending", leased_to: null, lease_token: null, lease_expires_at: null }),
      { kind: "lost", ended_at: null, free: true },
    ],
  ])("%s", (_name, item, expected) => {
    expect(decideLease(item, "ana", "t1", now)).toEqual(expected);
  });
});

describe("after a label", () => {
  it.each<[readonly string[], number, ReturnType<typeof decideAfterLabel>]>([
    [["a"], 1, { state: "labeled", label: "a" }],
    [["a"], 2, { state: "pending", label: null }],
    [["a", "a"], 2, { state: "labeled", label: "a" }],
    [["a", "b"], 2, { state: "disputed", label: null }],
    [["a", "b"], 3, { state: "pending", label: null }],
    [["a", "a", "b"], 3, { state: "disputed", label: null }],
    [["a", "a", "a", "a", "a"], 5, { state: "labeled", label: "a" }],
  ])("%j of %i", (labels, needed, expected) => {
    expect(decideAfterLabel(labels, needed)).toEqual(expected);
  });
});

describe("after a skip", () => {
  it("offers the item to other people only after `not_my_field`", () => {
    expect(skipReasons.filter((reason) => decideAfterSkip(reason).state === "pending")).toEqual([
      "not_my_field",
    ]);
  });
});
