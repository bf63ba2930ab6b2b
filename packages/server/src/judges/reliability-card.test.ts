import { describe, expect, it } from "vitest";
import { seededRandom } from "../numerics/random.ts";
import { reliabilityCard } from "./reliability-card.ts";
import {
  addReliabilityEvidence,
  emptyReliabilityEvidence,
  type JudgedLabel,
} from "./reliability-evidence.ts";

const start = new Date("2026-01-01T00:00:00Z");
const day = (days: number): Date => new Date(start.getTime() + days * 86_400_000);

const record = (
  verdict: string | null,
  label: string,
  confidence: number | null = 100,
  at?: Date,
): JudgedLabel => ({
  score: { verdict, confidence },
  label,
  at: at ?? null,
});
const times = <Item>(count: number, item: Item): Item[] => Array.from({ length: count }, () => item);
const collect = (records: readonly JudgedLabel[], asOf = start) =>
  addReliabilityEvidence(emptyReliabilityEvidence("j", asOf), records, asOf);

describe("the reliability card", () => {
  const card = reliabilityCard(
    collect([
      ...times(40, record("spam", "spam", 90)),
      ...times(10, record("ham", "spam", 90)),
      ...times(5, record("spam", "ham", 60)),
      ...times(45, record("ham", "ham", 60)),
      ...times(3, record(null, "ham")),
    ]),
    "spam",
  );

  it("computes the smoothed hit and false alarm rates", () => {
    expect(card.sensitivity.value).toBeCloseTo((2 + 40) / (3 + 50), 12);
    expect(card.false_alarm_rate.value).toBeCloseTo((1 + 5) / (3 + 50), 12);
    // /usr/bin/python3 -c "from scipy.stats import beta; print(beta.ppf([.025,.975], 42, 11), beta.ppf([.025,.975], 85.5, 15.5))"
    expect(card.sensitivity.interval[0]).toBeCloseTo(0.6746586852838, 9);
    expect(card.sensitivity.interval[1]).toBeCloseTo(0.8893884896891, 9);
    expect(card.agreement.interval[0]).toBeCloseTo(0.770469340769, 9);
    expect(card.agreement.interval[1]).toBeCloseTo(0.9096304836474, 9);
  });

  it("has kappa, base rate, Brier score, log-loss and calibration of the stated confidences", () => {
    // sklearn.metrics.cohen_kappa_score(["s"]*50+["h"]*50, ["s"]*40+["h"]*10+["s"]*5+["h"]*45)
    expect(card.cohen_kappa).toBeCloseTo(0.7, 12);
    expect(card.base_rate).toBe(0.5);
    expect(card.brier).toBeCloseTo((40 * 0.01 + 10 * 0.81 + 5 * 0.36 + 45 * 0.16) / 100, 12);
    expect(card.log_loss).toBeCloseTo(
      -(40 * Math.log(0.9) + 10 * Math.log(0.1) + 5 * Math.log(0.4) + 45 * Math.log(0.6)) / 100,
      12,
    );
    // Bin of 60 %: 45 of 50 agree; of 90 %: 40 of 50.
    expect(card.calibration_error).toBeCloseTo((Math.abs(0.6 - 0.9) + Math.abs(0.9 - 0.8)) / 2, 12);
    expect(card.calibration_curve.map(({ confidence, agreement }) => [confidence, agreement])).toEqual([
      [expect.closeTo(0.6, 12), 0.9],
      [expect.closeTo(0.9, 12), 0.8],
    ]);
    const [low, high] = card.calibration_curve[1]!.band;
    // Binomial(50, .8): 95 % within about .8 ± .11.
    expect(low).toBeGreaterThan(0.64);
    expect(low).toBeLessThan(0.75);
    expect(high).toBeGreaterThan(0.85);
  });

  it("counts abstentions separately and reports whether there are enough labels", () => {
    expect([card.labels, card.abstentions, card.effective_sample_size]).toEqual([100, 3, 100]);
    expect(card.enough_labels).toBe(true);
    expect(reliabilityCard(collect(times(24, record("a", "a"))), "a").enough_labels).toBe(false);
  });

  it("is the prior without evidence", () => {
    const empty = reliabilityCard(emptyReliabilityEvidence("gpt-4@2024-08#9f2c", start), "spam");
    expect(empty).toMatchObject({
      name: "gpt-4",
      model_version: "2024-08",
      rubric_digest: "9f2c",
      enough_labels: false,
      cohen_kappa: null,
      brier: null,
      base_rate: null,
      drift: null,
      last_evidence: null,
      effective_sample_size: 0,
    });
    expect(empty.sensitivity.value).toBeCloseTo(2 / 3, 12);
    expect(empty.false_alarm_rate.value).toBeCloseTo(1 / 3, 12);
  });

  it("returns to the prior without new verdicts, unlike a decayed ratio", () => {
    const evidence = collect(times(100, record("a", "a")));
    const later = addReliabilityEvidence(evidence, [], day(300));
    const fresh = reliabilityCard(evidence, "a").sensitivity;
    const stale = reliabilityCard(later, "a").sensitivity;
    expect(fresh.value).toBeGreaterThan(0.98);
    // 100 labels after ten half-lives of 30 days: 0.098 labels.
    expect(stale.value).toBeCloseTo((2 + 100 / 1024) / (3 + 100 / 1024), 9);
    expect(reliabilityCard(later, "a").enough_labels).toBe(false);
  });

  it("accepts verdicts and labels named like members of Object.prototype", () => {
    const hostile = reliabilityCard(
      collect([record("constructor", "__proto__"), record("__proto__", "__proto__")]),
      "__proto__",
    );
    expect(hostile.labels).toBe(2);
    expect(hostile.sensitivity.value).toBeCloseTo((2 + 1) / (3 + 2), 12);
  });

  it("counts the verdicts that changed with the order of the answers", () => {
    const turned = { score: { verdict: "a", order_consistent: false }, label: "a" };
    const steady = { score: { verdict: "a", order_consistent: true }, label: "a" };
    expect(reliabilityCard(collect([turned, steady, steady, steady]), "a").order_inconsistency).toBe(0.25);
    expect(reliabilityCard(collect([record("a", "a")]), "a").order_inconsistency).toBeNull();
  });
});

describe("reliability evidence", () => {
  const random = seededRandom(2);
  const records = Array.from({ length: 200 }, (_, index) =>
    record(
      random.uniform() < 0.8 ? "a" : "b",
      random.uniform() < 0.7 ? "a" : "b",
      random.below(101),
      day(index / 4),
    ),
  );

  it("is the same in one step as in daily steps", () => {
    const atOnce = addReliabilityEvidence(emptyReliabilityEvidence("j", day(0)), records, day(50));
    let nightly = emptyReliabilityEvidence("j", day(0));
    for (let night = 1; night <= 50; night++) {
      const since = records.filter(({ at }) => at! > day(night - 1) && at! <= day(night));
      nightly = addReliabilityEvidence(nightly, night === 1 ? [records[0]!, ...since] : since, day(night));
    }
    expect(nightly.labels).toBe(atOnce.labels);
    expect(nightly.days).toEqual(atOnce.days);
    expect(nightly.weight).toBeCloseTo(atOnce.weight, 10);
    expect(nightly.squared_weight).toBeCloseTo(atOnce.squared_weight, 10);
    expect(nightly.counts["a"]!["b"]).toBeCloseTo(atOnce.counts["a"]!["b"]!, 10);
    const [one, other] = [reliabilityCard(nightly, "a"), reliabilityCard(atOnce, "a")];
    expect(one.log_loss).toBeCloseTo(other.log_loss!, 10);
    expect(one.sensitivity.interval[0]).toBeCloseTo(other.sensitivity.interval[0], 9);
  });

  it("is unchanged by JSON serialisation", () => {
    const evidence = collect(records, day(50));
    expect(JSON.parse(JSON.stringify(evidence))).toEqual(evidence);
  });

  it("keeps daily counts of ninety days", () => {
    const old = collect([record("a", "a", 100, day(0)), record("a", "a", 100, day(100))], day(100));
    expect(Object.keys(old.days)).toEqual(["2026-04-11"]);
    expect(old.labels).toBe(2);
  });

  it("counts a verdict from the future as current", () => {
    const evidence = collect([record("a", "a", 100, day(1000))]);
    expect(evidence.weight).toBe(1);
    expect(evidence.last_evidence).toBe(start.toISOString());
  });
});

describe("the drift warning", () => {
  const week = (from: number, right: number, wrong: number): JudgedLabel[] => [
    ...times(right, record("a", "a", 100, day(from))),
    ...times(wrong, record("b", "a", 100, day(from))),
  ];
  const findDrift = (records: JudgedLabel[]) => reliabilityCard(collect(records, day(60)), "a").drift;

  it("appears if the last two weeks differ from the weeks before", () => {
    const drift = findDrift([...week(10, 90, 10), ...week(55, 25, 25)])!;
    expect(drift.before).toBeCloseTo(0.9, 12);
    expect(drift.recent).toBeCloseTo(0.5, 12);
    expect(drift.message).toContain("from 90 % (100 labels) to 50 % (50 labels)");
  });
  it.each([
    ["nothing changed", [...week(10, 90, 10), ...week(55, 45, 5)]],
    ["too few recent labels", [...week(10, 90, 10), ...week(55, 5, 10)]],
    ["nothing before", week(55, 25, 25)],
    ["a judge that is always right", [...week(10, 50, 0), ...week(55, 50, 0)]],
  ])("does not appear: %s", (_name, records) => {
    expect(findDrift(records)).toBeNull();
  });
});
