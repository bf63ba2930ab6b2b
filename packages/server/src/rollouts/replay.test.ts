import type { Receipt } from "@relearn/contract";
import { describe, expect, test } from "vitest";
import { baselineOf, hoursAfter, monday } from "../guard/evidence.fixture.ts";
import { addUnits, type Evidence, enterStage, startEvidence } from "../guard/evidence.ts";
import { evidencePolicy } from "../guard/evidence-policy.ts";
import { columnsOf, type MaturedUnit } from "../guard/matured-units.ts";
import { seededRandom } from "../numerics/random.ts";
import { decideStep } from "./decide-step.ts";
import { receiptOf, verifyReceipts } from "./receipt.ts";
import { type JournalEntry, type RolloutJournal, replayRollout } from "./replay.ts";
import { proposeRollout, rolloutPolicy } from "./rollout.ts";
import { ben, by, digests, proposal, startNow } from "./rollout-events.fixture.ts";
import type { RolloutEvent } from "./step.ts";

/** A journal as a guard writes it: looks at every sixth hour until the rollout ends. */
function journalOf(effect: number, seed = 1): RolloutJournal {
  const random = seededRandom(seed);
  const proposed = proposeRollout(proposal(rolloutPolicy()), monday);
  const entries: JournalEntry[] = [];
  const receipts: Receipt[] = [];
  let rollout = proposed;
  let evidence: Evidence | null = null;
  const take = (event: RolloutEvent, now: Date): void => {
    const step = decideStep(rollout, event, now);
    if (step.kind !== "transition") return;
    const receipt = receiptOf(rollout, step, evidence, receipts.at(-1) ?? null, now);
    if (receipt) receipts.push(receipt);
    rollout = step.next;
    const entered = step.effects.find((each) => each.kind === "enter_stage");
    if (entered && evidence) evidence = enterStage(evidence, rollout.policy, entered.stage, now);
  };
  const command = (event: RolloutEvent, now: Date): void => {
    entries.push({ kind: "event", at: now.toISOString(), event });
    take(event, now);
  };
  command({ kind: "approve", actor: ben, rationale: "ok", ...digests }, monday);
  command({ kind: "start", actor: ben, ...startNow }, monday);
  const beginning = { baseline: baselineOf(0.8), judge_identity: null, with_interval: true };
  entries.push({ kind: "evidence", at: monday.toISOString(), ...beginning });
  evidence = startEvidence({ policy: rollout.policy, stage: 0, attempt: 1, ...beginning }, monday);
  for (let hour = 6; hour <= 240 && rollout.ended_at === null; hour += 6) {
    const now = hoursAfter(hour);
    const probability = rollout.percent / 100;
    const units = Array.from({ length: 600 }, (_, unit): MaturedUnit => {
      const canary = random.uniform() < probability;
      return {
        arm: canary ? "canary" : "active",
        probability,
        exposed_at: hoursAfter(hour - 7 + unit / 100).toISOString(),
        reported: true,
        quality: random.uniform() < 0.8 * (canary ? 1 + effect : 1) ? 1 : 0,
        latency_ms: null,
        cost: null,
        success: null,
      };
    });
    evidence = addUnits(evidence, columnsOf(units), [], now);
    const input = {
      rollout,
      evidence,
      window: null,
      active_digest: rollout.percent > 90 ? rollout.bundle_digest : rollout.active_digest,
      judge_identity: null,
    };
    const verdict = evidencePolicy.look(input, now);
    const { window, active_digest, judge_identity } = input;
    entries.push({
      kind: "look",
      at: now.toISOString(),
      units,
      assignments: [],
      window,
      active_digest,
      judge_identity,
      verdict,
    });
    take({ kind: "look", verdict }, now);
    if (rollout.state === "rolling_back") command({ kind: "rollback_written" }, now);
  }
  // Through JSON, as a database gives it back.
  return JSON.parse(JSON.stringify({ proposed, entries, receipts }));
}

const good = journalOf(0);
const bad = journalOf(-0.2);

describe("a journal replays to what it recorded", () => {
  test("of a rollout that completed", () => {
    const replay = replayRollout(good);
    expect(replay.differences).toEqual([]);
    expect(replay).toMatchObject({ identical: true, receipts: good.receipts.length });
    expect(replay.rollout).toMatchObject({ state: "completed", percent: 100 });
    expect(good.receipts.map((receipt) => receipt.action)).toEqual([
      "start",
      "guard_promote",
      "guard_promote",
      "guard_complete",
    ]);
  });

  test("of a rollout that was rolled back", () => {
    const replay = replayRollout(bad);
    expect(replay.differences).toEqual([]);
    expect(replay.rollout.state).toBe("rolled_back");
    expect(bad.receipts.at(-1)).toMatchObject({
      action: "guard_rollback",
      actor: "guard",
      to: "rolling_back",
    });
    expect(bad.receipts.at(-1)!.log_wealths!["harm"]).toBeGreaterThan(Math.log(20));
  });

  test("8 of them", () => {
    for (let seed = 10; seed < 18; seed++)
      expect(replayRollout(journalOf(seed % 2 ? -0.1 : 0, seed)).identical).toBe(true);
  });
});

describe("what was tampered with is found", () => {
  const changed = (
    journal: RolloutJournal,
    change: (copy: Mutable<RolloutJournal>) => void,
  ): RolloutJournal => {
    const copy: Mutable<RolloutJournal> = structuredClone(journal) as Mutable<RolloutJournal>;
    change(copy);
    return copy as RolloutJournal;
  };
  const looks = good.entries.flatMap((entry, place) => (entry.kind === "look" ? [place] : []));

  test.each<[string, (copy: Mutable<RolloutJournal>) => void]>([
    [
      "a receipt's reason",
      (copy) => {
        copy.receipts[1]!.reason = "Everything was fine.";
      },
    ],
    [
      "a receipt's actor",
      (copy) => {
        copy.receipts[0]!.actor = "cleo";
      },
    ],
    ["a receipt left out", (copy) => void copy.receipts.splice(1, 1)],
    ["the last receipt left out", (copy) => void copy.receipts.pop()],
    ["two receipts changed over", (copy) => void copy.receipts.reverse()],
    [
      "a receipt put in",
      (copy) => void copy.receipts.push({ ...copy.receipts[0]!, sequence: copy.receipts.length + 1 }),
    ],
    ["an outcome", (copy) => void flipQuality(copy, looks[0]!)],
    ["a unit left out", (copy) => void unitsAt(copy, looks[1]!).pop()],
    [
      "a unit's probability",
      (copy) => {
        unitsAt(copy, looks[0]!)[0]!.probability = 0.5;
      },
    ],
    ["a look left out", (copy) => void copy.entries.splice(looks[0]!, 1)],
    [
      "a verdict",
      (copy) => {
        verdictAt(copy, looks[0]!).recommendation = "promote";
      },
    ],
    [
      "a number in a verdict, by its last place",
      (copy) => {
        verdictAt(copy, looks[2]!).quality_delta! += 1e-15;
      },
    ],
    [
      "a command nobody may give",
      (copy) =>
        void copy.entries.push({
          kind: "event",
          at: monday.toISOString(),
          event: by("resume", ben) as never,
        }),
    ],
    [
      "the policy",
      (copy) => {
        copy.proposed.policy.alpha = 0.04;
      },
    ],
  ])("%s", (_, change) => {
    const replay = replayRollout(changed(good, change));
    expect(replay.identical).toBe(false);
    expect(replay.differences[0]!.reason).toMatch(/\.$/);
  });

  test("a chain made anew after a change holds by itself, and not against the journal", () => {
    const forged = changed(good, (copy) => {
      copy.entries.splice(looks[0]!, 1);
    });
    expect(verifyReceipts(forged.receipts).ok).toBe(true);
    expect(replayRollout(forged).identical).toBe(false);
  });

  test("an empty chain is whole", () => {
    expect(verifyReceipts([])).toEqual({ ok: true, receipts: 0 });
  });
});

type Mutable<Value> = Value extends object
  ? { -readonly [Member in keyof Value]: Mutable<Value[Member]> }
  : Value;

function unitsAt(copy: Mutable<RolloutJournal>, place: number): Mutable<MaturedUnit>[] {
  const entry = copy.entries[place]!;
  if (entry.kind !== "look") throw new Error(`Entry ${place} is no look.`);
  return entry.units;
}

function flipQuality(copy: Mutable<RolloutJournal>, place: number): void {
  const unit = unitsAt(copy, place)[5]!;
  unit.quality = 1 - unit.quality!;
}

function verdictAt(copy: Mutable<RolloutJournal>, place: number) {
  const entry = copy.entries[place]!;
  if (entry.kind !== "look") throw new Error(`Entry ${place} is no look.`);
  return entry.verdict;
}
