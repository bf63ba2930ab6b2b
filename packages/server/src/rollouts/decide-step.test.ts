import type { Rollout, RolloutPolicy } from "@relearn/contract";
import { describe, expect, test } from "vitest";
import { HOUR_MS } from "../clock.ts";
import { decideStep } from "./decide-step.ts";
import { proposeRollout, rolloutPolicy } from "./rollout.ts";
import {
  ana,
  approveBy,
  ben,
  by,
  changedTo,
  checkEventSequences,
  cleo,
  describeEvent,
  digests,
  edit,
  friday,
  guest,
  legal,
  mismatch,
  monday,
  monitor,
  outcome,
  promote,
  promoteBy,
  proposal,
  reach,
  rollback,
  says,
  small,
  stale,
  startBy,
  startNow,
  taken,
  tick,
  tuesday,
  type ways,
  written,
} from "./rollout-events.fixture.ts";
import type { RolloutEvent } from "./step.ts";

interface Row {
  readonly from: keyof typeof ways;
  readonly event: RolloutEvent;
  /** The next state (with its percent), `unchanged`, or the code of the refusal. */
  readonly to: string;
  /** Effects that must be among those returned, in this order. */
  readonly effects?: readonly string[];
  readonly now?: Date;
  readonly policy?: Partial<RolloutPolicy>;
}

const groups: Record<string, readonly Row[]> = {
  "the way of a good bundle": [
    { from: "proposed", event: approveBy(ben), to: "approved 0", effects: ["notify", "audit"] },
    {
      from: "approved",
      event: startBy(ben),
      to: "canary 10",
      effects: ["back_up_active", "set_traffic", "start_evidence", "write_receipt", "audit"],
    },
    {
      from: "canary10",
      event: promote,
      to: "canary 50",
      effects: ["set_traffic", "enter_stage", "write_receipt"],
    },
    {
      from: "canary50",
      event: promote,
      to: "full 95",
      effects: ["back_up_active", "make_active", "set_traffic", "enter_stage", "write_receipt"],
    },
    {
      from: "full",
      event: promote,
      to: "completed 100",
      effects: ["set_traffic", "mark_known_good", "write_receipt"],
    },
    {
      from: "canary50",
      event: promote,
      policy: { holdback_percent: 0 },
      to: "completed 100",
      effects: ["make_active", "mark_known_good"],
    },
    { from: "approved", event: startBy(ben, 25), to: "canary 25" },
    {
      from: "approved",
      event: startBy(ben, 100),
      to: "completed 100",
      effects: ["back_up_active", "make_active", "mark_known_good"],
    },
    { from: "approved", event: startBy(ben), policy: { stages: [100], not_worse: [] }, to: "full 95" },
    { from: "canary10", event: monitor, to: "unchanged" },
    // A stage has its time, whatever the guard says.
    { from: "canary10", event: promote, policy: { check_interval_hours: 25 }, to: "unchanged" },
    { from: "canary10", event: promote, policy: { check_interval_hours: 24 }, to: "canary 50" },
  ],
  "who may approve": [
    { from: "proposed", event: approveBy(cleo), to: "approved 0" },
    { from: "proposed", event: approveBy(guest), to: "lacks_right" },
    { from: "proposed", event: approveBy(ana), to: "lacks_right" },
    { from: "proposed", event: approveBy({ ...ana, rights: cleo.rights }), to: "self_approval" },
    {
      from: "proposed",
      event: approveBy({ ...ana, rights: cleo.rights }),
      policy: { four_eyes: false },
      to: "approved 0",
    },
    { from: "proposed", event: approveBy(ben), policy: { quorum: 2 }, to: "proposed 0" },
    { from: "approved", event: approveBy(cleo), to: "already_approved" },
    {
      from: "proposed",
      event: {
        kind: "approve",
        actor: cleo,
        rationale: "ok",
        bundle_digest: "d-other",
        active_digest: "d-old",
      },
      to: "digest_changed",
    },
    {
      from: "proposed",
      event: { kind: "approve", actor: cleo, rationale: "ok", bundle_digest: "d-new", active_digest: "d-x" },
      to: "active_changed",
    },
    { from: "proposed", event: approveBy(ben), now: friday, to: "expired" },
    {
      from: "proposed",
      event: {
        kind: "approve",
        actor: { ...ana, rights: cleo.rights },
        rationale: "outage",
        ...digests,
        break_glass: true,
      },
      policy: { quorum: 3 },
      to: "approved 0",
      effects: ["open_review", "notify", "audit"],
    },
    {
      from: "proposed",
      event: { kind: "approve", actor: cleo, rationale: "  ", ...digests, break_glass: true },
      to: "reason_missing",
    },
    {
      from: "proposed",
      event: { kind: "approve", actor: ben, rationale: "outage", ...digests, break_glass: true },
      to: "lacks_right",
    },
    { from: "proposed", event: { kind: "reject", actor: ben, rationale: "no" }, to: "rejected 0" },
    { from: "proposed", event: { kind: "reject", actor: guest, rationale: "no" }, to: "lacks_right" },
    { from: "approved", event: { kind: "reject", actor: ben, rationale: "no" }, to: "rejected 0" },
    { from: "canary10", event: { kind: "reject", actor: ben, rationale: "no" }, to: "wrong_state" },
  ],
  "what ends a proposal": [
    { from: "approved", event: edit(cleo), to: "proposed 0" },
    { from: "approved", event: edit(cleo), now: friday, to: "expired" },
    { from: "proposed", event: edit(cleo), to: "proposed 0" },
    { from: "proposed", event: edit(cleo, "d-new"), to: "already_so" },
    { from: "proposed", event: edit(ben), to: "lacks_right" },
    { from: "proposed", event: edit(cleo), now: friday, to: "expired" },
    { from: "canary10", event: edit(cleo), to: "wrong_state" },
    { from: "proposed", event: changedTo("d-x"), to: "superseded 0" },
    { from: "approved", event: changedTo("d-x"), to: "superseded 0" },
    { from: "proposed", event: changedTo("d-old"), to: "unchanged" },
    { from: "proposed", event: tick, to: "unchanged" },
    { from: "proposed", event: tick, now: friday, to: "expired 0" },
    { from: "approved", event: tick, now: friday, to: "expired 0" },
    { from: "canary10", event: tick, now: friday, to: "unchanged" },
    { from: "proposed", event: by("abort", ben), to: "rejected 0" },
  ],
  "what refuses a start": [
    { from: "proposed", event: startBy(ben), to: "wrong_state" },
    { from: "approved", event: startBy(guest), to: "lacks_right" },
    // Approving and releasing are two rights: an operator starts what others approved, and approves nothing.
    { from: "approved", event: startBy({ name: "olga", rights: ["release"] }), to: "canary 10" },
    { from: "approved", event: startBy({ name: "paul", rights: ["approve"] }), to: "lacks_right" },
    { from: "proposed", event: approveBy({ name: "olga", rights: ["release"] }), to: "lacks_right" },
    { from: "approved", event: startBy(ben), now: friday, to: "expired" },
    { from: "canary10", event: startBy(ben), to: "wrong_state" },
    {
      from: "approved",
      event: { kind: "start", actor: ben, ...startNow, kill_switch_on: true },
      to: "kill_switch_on",
    },
    {
      from: "approved",
      event: { kind: "start", actor: ben, ...startNow, running_rollout_id: "r2" },
      to: "already_running",
    },
    {
      from: "approved",
      event: { kind: "start", actor: ben, ...startNow, active_digest: "d-x" },
      to: "active_changed",
    },
    { from: "approved", event: startBy(ben, 0), to: "illegal_target" },
    { from: "approved", event: startBy(ben, 10.5), to: "illegal_target" },
    { from: "approved", event: startBy(ben, 101), to: "illegal_target" },
    { from: "approved", event: startBy(ben, Number.NaN), to: "illegal_target" },
  ],
  "taking back": [
    {
      from: "canary10",
      event: rollback,
      to: "rolling_back 0",
      effects: ["drop_canary", "write_receipt", "notify"],
    },
    { from: "canary50", event: rollback, to: "rolling_back 0", effects: ["drop_canary"] },
    {
      from: "full",
      event: rollback,
      to: "rolling_back 0",
      effects: ["restore_last_known_good", "write_receipt"],
    },
    { from: "asked", event: rollback, to: "rolling_back 0" },
    { from: "paused", event: rollback, to: "rolling_back 0" },
    { from: "stale", event: rollback, to: "rolling_back 0" },
    // Spoiled evidence counts in neither direction, but for what the spoiling itself proves.
    { from: "mismatched", event: rollback, to: "unchanged" },
    { from: "mismatched", event: says("rollback", "canary_outcomes_missing", true), to: "rolling_back 0" },
    { from: "canary10", event: rollback, policy: { automatic_rollback: false }, to: "ask 10" },
    { from: "canary10", event: by("roll_back", ben), to: "rolling_back 0" },
    { from: "full", event: by("roll_back", ben), to: "rolling_back 0", effects: ["restore_last_known_good"] },
    { from: "canary10", event: by("roll_back", ana), to: "lacks_right" },
    { from: "proposed", event: by("roll_back", ben), to: "wrong_state" },
    { from: "rolling_back", event: by("roll_back", ben), to: "already_so" },
    { from: "rolling_back", event: by("abort", ben), to: "already_so" },
    { from: "rolling_back", event: written, to: "rolled_back 0", effects: ["notify", "audit"] },
    { from: "canary10", event: written, to: "wrong_state" },
    { from: "rolling_back", event: rollback, to: "wrong_state" },
    { from: "rolling_back", event: promoteBy(cleo), to: "wrong_state" },
    { from: "mismatched", event: by("abort", ben), to: "rolling_back 0" },
    { from: "asked", event: by("abort", ben), to: "rolling_back 0" },
    { from: "canary10", event: by("abort", ana), to: "lacks_right" },
    {
      from: "canary10",
      event: by("kill_switch", ben),
      to: "rolling_back 0",
      effects: ["set_kill_switch", "drop_canary"],
    },
    {
      from: "full",
      event: by("kill_switch", ben),
      to: "rolling_back 0",
      effects: ["set_kill_switch", "restore_last_known_good"],
    },
    {
      from: "rolling_back",
      event: by("kill_switch", ben),
      to: "rolling_back 0",
      effects: ["set_kill_switch"],
    },
    { from: "approved", event: by("kill_switch", ben), to: "wrong_state" },
    { from: "canary10", event: by("kill_switch", ana), to: "lacks_right" },
  ],
  "hold, ask, pause": [
    { from: "canary10", event: mismatch, to: "hold 10", effects: ["write_receipt", "notify"] },
    { from: "mismatched", event: mismatch, to: "unchanged" },
    { from: "mismatched", event: stale, to: "unchanged" },
    { from: "mismatched", event: promote, to: "unchanged" },
    { from: "mismatched", event: monitor, to: "unchanged" },
    { from: "mismatched", event: small, to: "unchanged" },
    {
      from: "mismatched",
      event: by("resume", ben),
      to: "canary 10",
      effects: ["start_evidence", "write_receipt"],
    },
    { from: "mismatched", event: by("resume", ana), to: "lacks_right" },
    { from: "stale", event: monitor, to: "canary 10", effects: ["write_receipt"] },
    { from: "stale", event: promote, to: "canary 50" },
    { from: "stale", event: mismatch, to: "hold 10" },
    { from: "stale", event: by("resume", ben), to: "canary 10" },
    { from: "canary10", event: small, to: "ask 10", effects: ["write_receipt", "notify"] },
    { from: "asked", event: small, to: "unchanged" },
    { from: "asked", event: monitor, to: "canary 10" },
    { from: "asked", event: promote, to: "canary 50" },
    { from: "asked", event: by("resume", ben), to: "canary 10" },
    { from: "asked", event: by("pause", ben), to: "hold 10" },
    { from: "canary10", event: by("pause", ben), to: "hold 10" },
    { from: "canary10", event: by("pause", ana), to: "lacks_right" },
    { from: "proposed", event: by("pause", ben), to: "wrong_state" },
    { from: "paused", event: by("pause", ben), to: "wrong_state" },
    { from: "paused", event: promote, to: "unchanged" },
    { from: "paused", event: small, to: "unchanged" },
    { from: "paused", event: stale, to: "unchanged" },
    { from: "paused", event: mismatch, to: "hold 10" },
    { from: "paused", event: by("resume", ben), to: "canary 10" },
    { from: "canary10", event: by("resume", ben), to: "wrong_state" },
    { from: "canary10", event: changedTo("d-x"), to: "hold 10", effects: ["write_receipt", "notify"] },
    { from: "canary10", event: changedTo("d-old"), to: "unchanged" },
    { from: "full", event: changedTo("d-new"), to: "unchanged" },
    { from: "full", event: changedTo("d-old"), to: "hold 95" },
    { from: "rolling_back", event: changedTo("d-x"), to: "unchanged" },
  ],
  "people widen": [
    { from: "canary10", event: promoteBy(ben, undefined, true), to: "canary 50" },
    { from: "canary10", event: promoteBy(ben), to: "lacks_right" },
    { from: "canary10", event: promoteBy(cleo), to: "canary 50", effects: ["open_review", "set_traffic"] },
    { from: "canary10", event: promoteBy(cleo, undefined, false, " "), to: "reason_missing" },
    { from: "canary10", event: promoteBy(ben, 100, true), to: "lacks_right" },
    { from: "canary10", event: promoteBy(cleo, 100), to: "full 95", effects: ["make_active"] },
    { from: "canary50", event: promoteBy(cleo, 50), to: "illegal_target" },
    { from: "canary50", event: promoteBy(cleo, 10), to: "illegal_target" },
    { from: "canary50", event: promoteBy(cleo, 60), to: "illegal_target" },
    { from: "full", event: promoteBy(cleo, 100), to: "illegal_target" },
    {
      from: "full",
      event: promoteBy(cleo),
      to: "completed 100",
      effects: ["open_review", "mark_known_good"],
    },
    { from: "full", event: promoteBy(ben, undefined, true), to: "completed 100" },
    { from: "mismatched", event: promoteBy(ben, undefined, true), to: "lacks_right" },
    { from: "mismatched", event: promoteBy(cleo), to: "canary 50" },
    { from: "proposed", event: promoteBy(cleo), to: "wrong_state" },
  ],
  "ends stay ends": (["completed", "rolled_back", "rejected"] as const).flatMap((from) =>
    [
      by("abort", cleo),
      by("kill_switch", cleo),
      promote,
      rollback,
      startBy(cleo),
      approveBy(cleo),
      tick,
      written,
    ].map((event): Row => ({ from, event, to: "final" })),
  ),
};

for (const [group, rows] of Object.entries(groups)) {
  describe(group, () => {
    test.each(rows.map((row) => [`${row.from}, ${describeEvent(row.event)} → ${row.to}`, row] as const))(
      "%s",
      (_, row) => {
        const before = reach(row.from, row.policy);
        const step = decideStep(before, row.event, row.now ?? tuesday);
        expect(outcome(step)).toBe(row.to);
        if (step.kind === "refused") expect(step.reason).toMatch(/^[A-Za-z].{15,}\.$/);
        if (step.kind !== "transition") return;
        expect(step.next.generation).toBe(before.generation + 1);
        const kinds: string[] = step.effects.map((effect) => effect.kind);
        let from = 0;
        for (const effect of row.effects ?? []) {
          const at = kinds.indexOf(effect, from);
          expect(at, `${effect} after place ${from} of ${kinds.join(", ")}`).toBeGreaterThanOrEqual(from);
          from = at + 1;
        }
      },
    );
  });
}

describe("beside the table", () => {
  test("the watch at 100 % has its time too", () => {
    const full: Rollout = { ...reach("full"), policy: rolloutPolicy() };
    const early = new Date(tuesday.getTime() - 1);
    expect(outcome(decideStep(full, promote, early))).toBe("unchanged");
    expect(outcome(decideStep(full, promote, tuesday))).toBe("completed 100");
  });

  test("a person who looked at an older generation is refused", () => {
    const step = decideStep(
      reach("canary10"),
      { ...promoteBy(cleo), expected_generation: 2 } as RolloutEvent,
      tuesday,
    );
    expect(outcome(step)).toBe("stale_generation");
  });

  test("an edit gives new time to read, and the attempts are those of the bundle that comes in", () => {
    const approved = reach("approved");
    const event = { ...edit(cleo), attempt: 3 } as RolloutEvent;
    const step = decideStep(approved, event, tuesday);
    expect(step).toMatchObject({
      next: { state: "proposed", approvals: [], edited_by: ["cleo"], attempt: 3, bundle_id: "b-newer" },
      effects: [{ kind: "notify", event: "edited" }, { kind: "audit" }],
    });
    const { next } = step as Extract<typeof step, { kind: "transition" }>;
    expect(Date.parse(next.expires_at) - tuesday.getTime()).toBe(72 * HOUR_MS);
  });

  test("an editor may not approve what they edited", () => {
    const edited = taken(reach("proposed"), edit(cleo));
    const step = decideStep(
      edited,
      { kind: "approve", actor: cleo, rationale: "ok", bundle_digest: "d-newer", active_digest: "d-old" },
      tuesday,
    );
    expect(outcome(step)).toBe("self_approval");
  });

  test("two approvals of two people make a quorum of two, one person's two do not", () => {
    const first = taken(reach("proposed", { quorum: 2 }), approveBy(ben));
    expect(outcome(decideStep(first, approveBy(ben), tuesday))).toBe("already_approved");
    expect(outcome(decideStep(first, approveBy(cleo), tuesday))).toBe("approved 0");
  });

  test("evidence gathered again is one more attempt, and the stage's clock starts again", () => {
    const resumed = taken(reach("mismatched"), by("resume", ben), friday);
    expect(resumed.attempt).toBe(2);
    expect(resumed.stage_entered_at).toBe(friday.toISOString());
  });

  test.each([
    ["canary10", "canary 10", 2],
    ["canary50", "canary 50", 2],
    ["full", "full 95", 2],
    ["stale", "canary 10", 2],
    // A pause is a person's to end.
    ["paused", "hold 10", 2],
    // Harm was proven to a person who has not answered; an invalidating hold starts from scratch when somebody goes on.
    ["asked", "unchanged", 1],
    ["mismatched", "unchanged", 1],
  ] as const)("another judge in %s: %s, attempt %i", (from, to, attempt) => {
    const step = decideStep(reach(from), says("monitor", "judge_changed"), friday);
    expect(outcome(step)).toBe(to);
    if (step.kind !== "transition") return;
    expect(step.next).toMatchObject({ attempt, stage_entered_at: friday.toISOString() });
    expect(step.effects.map((effect) => effect.kind)).toEqual([
      "start_evidence",
      "write_receipt",
      "notify",
      "audit",
    ]);
  });

  test("what a person accepted is kept for the stage and forgotten in the next", () => {
    const resumed = taken(reach("asked"), by("resume", ben));
    expect(resumed.acknowledged).toEqual(["harm_small"]);
    expect(resumed.acknowledged_at).toBe(tuesday.toISOString());
    expect(taken(resumed, promote).acknowledged).toEqual([]);
  });

  test("the active bundle that changed under a canary becomes what it is compared with once resumed", () => {
    const held = taken(reach("canary10"), changedTo("d-x"));
    expect(held.active_digest).toBe("d-x");
    expect(taken(held, by("resume", ben)).state).toBe("canary");
  });

  test("a look that finds another bundle active: going on compares with that one", () => {
    const held = taken(reach("canary10"), says("hold", "active_changed"));
    const resume = { ...by("resume", ben), active: { bundle_id: "b-x", digest: "d-x" } } as RolloutEvent;
    expect(taken(held, resume)).toMatchObject({ state: "canary", active_digest: "d-x", attempt: 2 });
    const invalidatedOtherwise = taken(reach("mismatched"), resume);
    expect(invalidatedOtherwise.active_digest).toBe("d-old");
  });

  test("at 100 % there is no going on beside another active bundle", () => {
    const held = taken(reach("full"), says("hold", "active_changed"));
    const resume = { ...by("resume", ben), active: { bundle_id: "b-x", digest: "d-x" } } as RolloutEvent;
    expect(outcome(decideStep(held, resume, tuesday))).toBe("active_changed");
  });

  test("a first bundle starts as a canary too, beside what the agent does without one", () => {
    const first = proposeRollout(
      { ...proposal(rolloutPolicy()), active_bundle_id: null, active_digest: null },
      monday,
    );
    const approved = taken(first, {
      kind: "approve",
      actor: ben,
      rationale: "",
      bundle_digest: "d-new",
      active_digest: null,
    });
    const started = taken(approved, {
      kind: "start",
      actor: ben,
      active_digest: null,
      kill_switch_on: false,
      running_rollout_id: null,
    });
    expect(started).toMatchObject({ state: "canary", percent: 10, active_digest: null });
  });

  test("abort beats every other command, whichever of the two comes first", () => {
    const inOrder = (events: readonly RolloutEvent[]): Rollout =>
      events.reduce((rollout, event) => {
        const step = decideStep(rollout, event, tuesday);
        return step.kind === "transition" ? step.next : rollout;
      }, reach("canary10"));
    const abort = by("abort", ben);
    for (const other of [
      promote,
      promoteBy(cleo),
      by("pause", ben),
      by("kill_switch", ben),
      rollback,
      mismatch,
    ]) {
      const gone = { state: "rolled_back", percent: 0 };
      expect(inOrder([abort, other, written]), describeEvent(other)).toMatchObject(gone);
      expect(inOrder([other, abort, written]), describeEvent(other)).toMatchObject(gone);
    }
  });
});

test("10,000 random sequences of events: nothing illegal, nobody approves their own, every transition met", () => {
  const all = Object.entries(legal).flatMap(([from, targets]) => targets.map((to) => `${from} → ${to}`));
  expect([...checkEventSequences(10_000)].sort()).toEqual(all.sort());
});
