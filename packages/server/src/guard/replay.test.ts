import type { Receipt } from "@relearn/contract";
import { describe, expect, test } from "vitest";
import { documentDigest } from "../digest.ts";
import { seededRandom } from "../numerics/random.ts";
import { decideStep } from "../rollouts/decide-step.ts";
import { proposeRollout, rolloutPolicy } from "../rollouts/rollout.ts";
import { ben, by, digests, proposal, startNow } from "../rollouts/rollout-events.fixture.ts";
import type { RolloutEvent } from "../rollouts/step.ts";
import { createReceipt, verifyReceipts } from "./receipt.ts";
import { type JournalEntry, type RolloutJournal, replayRollout } from "./replay.ts";
import { type MaturedUnit, toColumns } from "./rules/matured-units.ts";
import { createBaseline, hoursAfter, monday } from "./rules-1/evidence.fixture.ts";
import { addUnits, type Evidence, enterStage, startEvidence } from "./rules-1/evidence.ts";
import { evidencePolicy } from "./rules-1/evidence-policy.ts";

/** A journal as a guard writes it: looks at every sixth hour until the rollout ends. */
function createJournal(effect: number, seed = 1): RolloutJournal {
  const random = seededRandom(seed);
  const proposed = proposeRollout(proposal(rolloutPolicy()), monday);
  const entries: JournalEntry[] = [];
  const receipts: Receipt[] = [];
  let rollout = proposed;
  let evidence: Evidence | null = null;
  const take = (event: RolloutEvent, now: Date): void => {
    const step = decideStep(rollout, event, now);
    if (step.kind !== "transition") return;
    const receipt = createReceipt(rollout, step, evidence, receipts.at(-1) ?? null, now);
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
  const beginning = { baseline: createBaseline(0.8), judge_identity: null, with_interval: true };
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
    evidence = addUnits(evidence, toColumns(units), [], now);
    const input = {
      rollout,
      evidence,
      window: null,
      active_digest: rollout.percent > 90 ? rollout.bundle_digest : rollout.active_digest,
      judge_identity: null,
    };
    const verdict = evidencePolicy.analyze(input, now);
    const { window, active_digest, judge_identity } = input;
    entries.push({
      kind: "analysis",
      at: now.toISOString(),
      units,
      assignments: [],
      window,
      active_digest,
      judge_identity,
      verdict,
    });
    take({ kind: "analysis", verdict }, now);
    if (rollout.state === "rolling_back") command({ kind: "rollback_written" }, now);
  }
  // Through JSON, as a database gives it back.
  return JSON.parse(JSON.stringify({ proposed, entries, receipts }));
}

const good = createJournal(0);
const bad = createJournal(-0.2);

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
      expect(replayRollout(createJournal(seed % 2 ? -0.1 : 0, seed)).identical).toBe(true);
  });
});

const changed = (
  journal: RolloutJournal,
  change: (copy: Mutable<RolloutJournal>) => void,
): RolloutJournal => {
  const copy: Mutable<RolloutJournal> = structuredClone(journal) as Mutable<RolloutJournal>;
  change(copy);
  return copy as RolloutJournal;
};
const analyses = good.entries.flatMap((entry, place) => (entry.kind === "analysis" ? [place] : []));

describe("what was tampered with is found", () => {
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
    ["an outcome", (copy) => void flipQuality(copy, analyses[0]!)],
    ["a unit left out", (copy) => void unitsAt(copy, analyses[1]!).pop()],
    [
      "a unit's probability",
      (copy) => {
        unitsAt(copy, analyses[0]!)[0]!.probability = 0.5;
      },
    ],
    ["an analysis left out", (copy) => void copy.entries.splice(analyses[0]!, 1)],
    [
      "a verdict",
      (copy) => {
        verdictAt(copy, analyses[0]!).recommendation = "promote";
      },
    ],
    [
      "a number in a verdict, by its last place",
      (copy) => {
        verdictAt(copy, analyses[2]!).quality_delta! += 1e-15;
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

  test("a chain recomputed after a change holds by itself, and not against the journal", () => {
    const forged = changed(good, (copy) => {
      copy.entries.splice(analyses[0]!, 1);
    });
    expect(verifyReceipts(forged.receipts).ok).toBe(true);
    expect(replayRollout(forged).identical).toBe(false);
  });

  test("an empty chain is whole", () => {
    expect(verifyReceipts([])).toEqual({ ok: true, receipts: 0 });
  });
});

describe("the version of the rules", () => {
  test("1 is written nowhere: documents of 0.1 keep their hashes", () => {
    expect(good.proposed).not.toHaveProperty("rules");
    for (const receipt of good.receipts) expect(receipt).not.toHaveProperty("rules");
    expect(replayRollout(good)).toMatchObject({ rules: 1, verdicts_replayed: true, note: null });
  });

  test("of rules that are not in code the chain is checked, and the result says what is not", () => {
    const later = { ...underRules(good, 7), entries: good.entries };
    const replay = replayRollout(later);
    expect(replay).toMatchObject({
      identical: true,
      rules: 7,
      verdicts_replayed: false,
      note: "verdicts not replayed: rules 7",
      analyses: analyses.length,
      receipts: good.receipts.length,
      differences: [],
    });
    const altered = changed(later, (copy) => {
      copy.receipts[1]!.reason = "All is well.";
    });
    expect(replayRollout(altered)).toMatchObject({
      identical: false,
      verdicts_replayed: false,
      differences: [{ in: "receipts", place: 1, reason: expect.stringContaining("was altered") }],
    });
  });

  test("another number does not keep a rollout from being replayed: its receipts tell", () => {
    const hidden = changed(good, (copy) => {
      copy.proposed.rules = 7;
    });
    const replay = replayRollout(hidden);
    expect(replay.identical).toBe(false);
    expect(replay.differences).toHaveLength(good.receipts.length);
    expect(replay.differences[0]).toMatchObject({
      in: "receipts",
      pointer: "/rules",
      recorded: 1,
      replayed: 7,
    });
  });

  test("a look that says another number than its rollout is a difference", () => {
    const mixed = changed(good, (copy) => {
      const entry = copy.entries[analyses[0]!]!;
      if (entry.kind === "analysis") entry.rules = 2;
    });
    expect(replayRollout(mixed).differences).toMatchObject([
      { in: "journal", place: analyses[0], pointer: "/rules", recorded: 2, replayed: 1 },
    ]);
  });

  test("a changed verdict is found under rules 1 as ever, by the place in it", () => {
    const mutated = changed(good, (copy) => {
      verdictAt(copy, analyses[1]!).gates[0]!.text = "All is well.";
    });
    expect(replayRollout(mutated).differences).toMatchObject([
      { in: "journal", place: analyses[1], pointer: "/gates/0/text", recorded: "All is well." },
    ]);
  });
});

/** The journal as rules of another number would have left it: each receipt says so, and the chain is made again. */
function underRules(journal: RolloutJournal, rules: number): RolloutJournal {
  let previous_hash = "0".repeat(64);
  const receipts = journal.receipts.map((receipt) => {
    const { hash: _hash, ...content } = { ...receipt, rules, previous_hash };
    previous_hash = documentDigest(content);
    return { ...content, hash: previous_hash };
  });
  return { ...journal, proposed: { ...journal.proposed, rules }, receipts };
}

type Mutable<Value> = Value extends object
  ? { -readonly [Member in keyof Value]: Mutable<Value[Member]> }
  : Value;

function unitsAt(copy: Mutable<RolloutJournal>, place: number): Mutable<MaturedUnit>[] {
  const entry = copy.entries[place]!;
  if (entry.kind !== "analysis") throw new Error(`Entry ${place} is no analysis.`);
  return entry.units;
}

function flipQuality(copy: Mutable<RolloutJournal>, place: number): void {
  const unit = unitsAt(copy, place)[5]!;
  unit.quality = 1 - unit.quality!;
}

function verdictAt(copy: Mutable<RolloutJournal>, place: number) {
  const entry = copy.entries[place]!;
  if (entry.kind !== "analysis") throw new Error(`Entry ${place} is no analysis.`);
  return entry.verdict;
}
