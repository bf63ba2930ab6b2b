import type { Rollout, RolloutPolicy, Verdict } from "@relearn/contract";
import { describe, expect, test } from "vitest";
import { evidenceAfter, hoursAfter, rolloutIn, type Traffic } from "./evidence.fixture.ts";
import type { Evidence } from "./evidence.ts";
import { evidencePolicy } from "./evidence-policy.ts";
import type { PolicyInput } from "./guard-policy.ts";

interface Case {
  readonly name: string;
  readonly stage?: number;
  readonly policy?: Partial<RolloutPolicy>;
  readonly traffic?: Partial<Traffic>;
  readonly rollout?: Partial<Rollout>;
  readonly input?: Partial<PolicyInput>;
  /** Hours after entering the stage; the hours of traffic and one of maturity where left out. */
  readonly at?: number;
  readonly says: readonly [recommendation: Verdict["recommendation"], code: Verdict["code"]];
  readonly reason?: RegExp;
  readonly page?: boolean;
  readonly result?: Verdict["result"];
}

const groups: Record<string, readonly Case[]> = {
  "2. spoiled data": [
    {
      name: "the planned split is not what arrives",
      traffic: { assigned: 0.15, perHour: 300, hours: 48 },
      says: ["hold", "sample_ratio_mismatch"],
      reason: /^Held: 1[45]\.\d % of units reached the canary, 10\.0 % planned\.$/,
    },
    {
      name: "and no harm counts while it does not",
      traffic: { assigned: 0.15, perHour: 300, hours: 48, quality: [0.4, 0.8] },
      says: ["hold", "sample_ratio_mismatch"],
    },
    {
      name: "the canary loses outcomes: back to 0 and somebody is woken",
      traffic: { missing: [0.3, 0] },
      says: ["rollback", "canary_outcomes_missing"],
      page: true,
      reason: /^Rolled back: units without an outcome, canary (2\d|3\d)\.\d %, active 0\.0 %\.$/,
    },
    {
      name: "the same where nothing is taken back by itself",
      policy: { automatic_rollback: false },
      traffic: { missing: [0.3, 0] },
      says: ["hold", "canary_outcomes_missing"],
      page: true,
    },
    {
      name: "the active arm loses outcomes",
      traffic: { missing: [0, 0.3] },
      says: ["hold", "missing_outcomes"],
    },
    { name: "both lose them alike", traffic: { missing: [0.1, 0.1] }, says: ["promote", "not_worse_proven"] },
    { name: "another active bundle", input: { active_digest: "d-x" }, says: ["hold", "active_changed"] },
    {
      name: "at 100 % the active bundle is this one",
      stage: 2,
      traffic: { probability: 0.95 },
      input: { active_digest: "d-old" },
      says: ["hold", "active_changed"],
    },
    { name: "another judge", input: { judge_identity: "gpt-5" }, says: ["monitor", "judge_changed"] },
    {
      name: "no outcome of either arm for a day: nothing is said about an arm",
      at: 49,
      says: ["promote", "not_worse_proven"],
    },
  ],
  "3. latency": [
    {
      name: "doubled",
      traffic: { latency: [2200, 1000] },
      says: ["rollback", "latency_doubled"],
      page: true,
      reason: /^Rolled back: latency 2\.\d times/,
    },
    {
      name: "doubled, told only",
      policy: { automatic_rollback: false },
      traffic: { latency: [2200, 1000] },
      says: ["rollback", "latency_doubled"],
      page: true,
      reason: /^Advised: relearn canary rollback inbox_triage: latency 2\.\d times/,
    },
    {
      name: "half slower",
      traffic: { latency: [1500, 1000] },
      says: ["rollback", "harm_proven"],
      reason: /latency \+\d\d/,
    },
  ],
  "4. harm": [
    {
      name: "a tenth worse",
      traffic: { quality: [0.7, 0.8], hours: 60 },
      says: ["rollback", "harm_proven"],
      reason: /^Rolled back: quality -\d+\.\d %, e-value [\d,]+\.$/,
    },
    {
      name: "a tenth worse, told only",
      policy: { automatic_rollback: false },
      traffic: { quality: [0.7, 0.8], hours: 60 },
      says: ["rollback", "harm_proven"],
      page: true,
      reason: /^Advised to roll back/,
    },
    {
      name: "told, and accepted by a person: the rules go on",
      policy: { automatic_rollback: false },
      traffic: { quality: [0.7, 0.8], hours: 60 },
      rollout: { acknowledged: ["harm_proven"] },
      says: ["promote", "not_worse_proven"],
    },
    {
      name: "proven but small: a question",
      stage: 1,
      traffic: { quality: [0.775, 0.8], probability: 0.5, perHour: 2000 },
      says: ["ask", "harm_small"],
      reason:
        /^Worse is proven, but by less than 5 %: quality -[234]\.\d %, e-value [\d,]+\. Go on, or roll back\?$/,
    },
    {
      name: "small, and accepted: the other gates decide",
      stage: 1,
      traffic: { quality: [0.775, 0.8], probability: 0.5, perHour: 2000 },
      rollout: { acknowledged: ["harm_small"] },
      says: ["promote", "not_worse_proven"],
    },
    {
      name: "accepted small harm does not cover a large one",
      traffic: { quality: [0.5, 0.8] },
      rollout: { acknowledged: ["harm_small"] },
      says: ["rollback", "harm_proven"],
    },
  ],
  "5. widening": [
    {
      name: "a day, enough units, not worse",
      says: ["promote", "not_worse_proven"],
      reason: /^Not worse by 20 %: proven at [\d,]+ units\.$/,
      result: "not_worse",
    },
    {
      name: "better by a lot",
      traffic: { quality: [0.95, 0.8], hours: 36 },
      says: ["promote", "better_proven"],
      result: "better",
      reason: /^Better: quality \+[12]\d\.\d %, proven at [\d,]+ units\.$/,
    },
    {
      name: "an hour short of a day",
      traffic: { hours: 22 },
      at: 23,
      says: ["monitor", "gates_waiting"],
      reason: /until 2026-03-10 08:00 UTC/,
    },
    {
      name: "too few canary units",
      traffic: { perHour: 15, hours: 25 },
      says: ["monitor", "gates_waiting"],
      reason: /^\d+ of 50 canary units; about 2026-03-1\d/,
    },
    {
      name: "stage 50 needs the narrow margin",
      stage: 1,
      traffic: { probability: 0.5, perHour: 60, hours: 24 },
      says: ["monitor", "gates_waiting"],
      reason: /Not worse by 5 %: e-value \d+\.\d+ of 20; about 2026-03-1\d/,
    },
    {
      name: "latency has to be proven too",
      traffic: { latency: [1100, 1000], perHour: 10, hours: 60 },
      says: ["monitor", "gates_waiting"],
      reason: /Latency not worse by 20 %/,
    },
    {
      name: "the watch at 100 %",
      stage: 2,
      traffic: { probability: 0.95 },
      says: ["promote", "watch_passed"],
      reason: /^24 h at 100 % without proven harm, \d+ units held back\.$/,
    },
    {
      name: "the watch, too early",
      stage: 2,
      traffic: { probability: 0.95, hours: 20 },
      says: ["monitor", "gates_waiting"],
    },
    {
      name: "harm during the watch",
      stage: 2,
      traffic: { probability: 0.95, perHour: 500, quality: [0.5, 0.8] },
      says: ["rollback", "harm_proven"],
    },
  ],
  "6. undecided": [
    {
      name: "a week without an answer",
      stage: 1,
      traffic: { probability: 0.5, perHour: 10, hours: 168, quality: [0.78, 0.8] },
      says: ["ask", "undecided"],
      reason:
        /^Undecided after 7\.\d days: quality -\d+\.\d % to [+-]?\d+\.\d %, \d+ units exposed in this stage; expected 2026-0\d/,
    },
    {
      name: "a person said go on yesterday",
      stage: 1,
      traffic: { probability: 0.5, perHour: 10, hours: 168, quality: [0.78, 0.8] },
      rollout: { acknowledged_at: hoursAfter(150).toISOString() },
      says: ["monitor", "gates_waiting"],
    },
  ],
  "7. nothing yet": [
    { name: "no unit", traffic: { hours: 0 }, at: 1, says: ["monitor", "no_data"] },
    { name: "no evidence", input: { evidence: null }, says: ["monitor", "no_data"] },
  ],
};

const plain: Traffic = { hours: 24, perHour: 100, probability: 0.1, quality: [0.8, 0.8] };

for (const [group, cases] of Object.entries(groups)) {
  describe(group, () => {
    test.each(cases.map((each) => [each.name, each] as const))("%s", (_, each) => {
      const { verdict, evidence } = judge(each);
      expect([verdict.recommendation, verdict.code]).toEqual(each.says);
      if (each.reason) expect(verdict.reason).toMatch(each.reason);
      expect(verdict.page).toBe(each.page ?? false);
      if (each.result !== undefined) expect(verdict.result).toBe(each.result);
      expect(verdict.has_regression).toBe(each.input?.evidence !== null && evidence.harm.proven !== null);
      // A verdict is a document: nothing in it may be lost on the way through JSON.
      expect(JSON.parse(JSON.stringify(verdict))).toEqual(verdict);
    });
  });
}

describe("beside the rules", () => {
  test("an arm that stopped while the other reports is stale, and is not after it reports again", () => {
    const rollout = rolloutIn(0);
    const evidence = evidenceAfter(rollout, { ...plain, hours: 30 });
    const stoppedWith = (active: number): Evidence => ({
      ...evidence,
      stage: {
        ...evidence.stage,
        newest: { ...evidence.stage.newest, canary: hoursAfter(25).toISOString() },
        others_since: { canary: active, active: 0 },
      },
    });
    const stopped = stoppedWith(500);
    const now = hoursAfter(31);
    const analyze = (seen: Evidence): Verdict => evidencePolicy.analyze(createInput(rollout, seen), now);
    expect(analyze(stopped)).toMatchObject({ recommendation: "hold", code: "arm_stale" });
    expect(analyze(stopped).reason).toMatch(
      /^Held: the newest matured canary unit is 6\.0 h old, the active arm reports\.$/,
    );
    expect(analyze(evidence).code).toBe("not_worse_proven");
    // After a quiet night the arm with nine units in ten reports first.
    expect(analyze(stoppedWith(30)).code).toBe("not_worse_proven");
  });

  test("both arms silent is nobody's fault: nothing is held", () => {
    const rollout = rolloutIn(0);
    const evidence = evidenceAfter(rollout, { ...plain, hours: 20 });
    expect(evidencePolicy.analyze(createInput(rollout, evidence), hoursAfter(40)).recommendation).toBe(
      "promote",
    );
  });

  test("an arm that sends nothing from the start on is found", () => {
    const rollout = rolloutIn(0);
    const evidence = evidenceAfter(rollout, { ...plain, hours: 12, assigned: 0 });
    const silent: Evidence = { ...evidence, split_peak: 0 };
    expect(evidencePolicy.analyze(createInput(rollout, silent), hoursAfter(13))).toMatchObject({
      code: "arm_stale",
    });
  });

  test("the specification's answer stands beside intervals, e-values, units and gates", () => {
    const rollout = rolloutIn(0);
    const evidence = evidenceAfter(
      rollout,
      { ...plain, hours: 22, latency: [1000, 1000] },
      { withInterval: true },
    );
    const verdict = evidencePolicy.analyze(createInput(rollout, evidence), hoursAfter(23));
    expect(verdict.quality_delta).toBeCloseTo(0, 1);
    expect(verdict.latency_delta).toBeCloseTo(0, 1);
    expect(verdict.gates.map((gate) => [gate.name, gate.status])).toEqual([
      ["time", "waiting"],
      ["harm", "met"],
      ["units", "met"],
      ["not_worse.quality", "met"],
      ["not_worse.latency", expect.stringMatching(/met|waiting/)],
    ]);
    expect(Object.keys(verdict.e_values)).toEqual(
      expect.arrayContaining([
        "harm",
        "harm.quality",
        "harm.latency",
        "not_worse.quality",
        "gain.quality",
        "split",
        "missing",
      ]),
    );
    const { quality, latency } = verdict.intervals;
    expect(quality!.lower!).toBeLessThan(verdict.quality_delta!);
    expect(quality!.upper!).toBeGreaterThan(verdict.quality_delta!);
    expect(latency!.lower!).toBeLessThan(0);
    expect(latency!.upper!).toBeGreaterThan(0);
    expect(verdict.units).toEqual({
      canary: evidence.units.canary,
      active: evidence.units.active,
      stage_canary: evidence.units.canary,
      stage_active: evidence.units.active,
    });
  });

  test("the same input gives the same verdict", () => {
    const { verdict } = judge(groups["4. harm"]![0]!);
    expect(judge(groups["4. harm"]![0]!).verdict).toEqual(verdict);
  });
});

function judge(each: Case): { verdict: Verdict; evidence: Evidence } {
  const rollout: Rollout = { ...rolloutIn(each.stage ?? 0, each.policy), ...each.rollout };
  const traffic = { ...plain, ...each.traffic };
  const evidence = evidenceAfter(rollout, traffic, { withInterval: each.says[1] === "undecided" });
  const now = hoursAfter(each.at ?? traffic.hours + 1);
  return {
    verdict: evidencePolicy.analyze({ ...createInput(rollout, evidence), ...each.input }, now),
    evidence,
  };
}

function createInput(rollout: Rollout, evidence: Evidence): PolicyInput {
  return {
    rollout,
    evidence,
    window: null,
    active_digest: rollout.state === "full" ? rollout.bundle_digest : rollout.active_digest,
    judge_identity: null,
  };
}
