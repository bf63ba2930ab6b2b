import { describe, expect, test } from "vitest";
import { seededRandom } from "../../numerics/random.ts";
import { emptyColumns } from "../rules/matured-units.ts";
import { createBaseline, hoursAfter, monday, rolloutIn, toUnits } from "./evidence.fixture.ts";
import { addUnits, startEvidence } from "./evidence.ts";

describe("a look over a million units", () => {
  const units = toUnits({
    hours: 1000,
    perHour: 1000,
    probability: 0.1,
    quality: [0.8, 0.8],
    latency: [1000, 1000],
  });
  const random = seededRandom(2);
  for (let unit = 0; unit < units.length; unit++) units.quality[unit] = random.uniform();

  test("of graded quality and latency, interval and all, takes under a second of the processor", () => {
    const { policy } = rolloutIn(0);
    const start = startEvidence(
      {
        policy,
        stage: 0,
        attempt: 1,
        baseline: createBaseline(0.8, true),
        judge_identity: null,
        with_interval: true,
      },
      monday,
    );
    addUnits(start, units, [], hoursAfter(1000));
    const before = process.cpuUsage();
    addUnits(start, units, [], hoursAfter(1000));
    const { user } = process.cpuUsage(before);
    expect(user / 1e6).toBeLessThan(1);
  });
});

/**
 * The streams by themselves, with no guard that stops a rollout for another reason: how often each is ever
 * proven in 72 hourly looks where its null holds just so.
 */
describe("streams at their borders, 2,000 runs each", () => {
  const runs = 2000;
  test.each([
    ["not worse by 20 % at 10/90", 0, 0.1, 0.64, 0.8],
    ["not worse by 5 % at 50/50", 1, 0.5, 0.76, 0.8],
    ["not worse by 5 % at 50/50, base 0.5", 1, 0.5, 0.475, 0.5],
    ["not worse by 2 points at 50/50, base 0.05", 1, 0.5, 0.03, 0.05],
    ["harm and gain at 10/90", 0, 0.1, 0.8, 0.8],
    ["harm and gain at 95/5", 2, 0.95, 0.8, 0.8],
  ])(
    "%s: at most one in twenty",
    { timeout: 600_000 },
    (name, stage, probability, canaryMean, activeMean) => {
      const { policy } = rolloutIn(stage);
      const proven = { harm: 0, gain: 0, notWorse: 0 };
      for (let run = 0; run < runs; run++) {
        const random = seededRandom(50_000 + run);
        let evidence = startEvidence(
          {
            policy,
            stage,
            attempt: 1,
            baseline: createBaseline(activeMean),
            judge_identity: null,
            with_interval: false,
          },
          monday,
        );
        for (let hour = 0; hour < 72; hour++) {
          const units = emptyColumns(100);
          // A day's wave on both arms alike.
          const drift = 1 - 0.1 * Math.sin((2 * Math.PI * hour) / 24) ** 2;
          for (let unit = 0; unit < 100; unit++) {
            const canary = random.uniform() < probability ? 1 : 0;
            units.canary[unit] = canary;
            units.probability[unit] = probability;
            units.exposedAt[unit] = monday.getTime() + hour;
            units.reported[unit] = 1;
            // The margin in points is a border only while nothing drifts.
            const factor = activeMean === 0.05 ? 1 : drift;
            units.quality[unit] =
              random.uniform() < factor * (canary === 1 ? canaryMean : activeMean) ? 1 : 0;
          }
          evidence = addUnits(evidence, units, [], hoursAfter(hour + 1));
        }
        if (evidence.harm.proven) proven.harm += 1;
        if (evidence.quality.gained.proven) proven.gain += 1;
        if (evidence.quality.not_worse?.proven) proven.notWorse += 1;
      }
      // Three standard errors of 2,000 runs at 5 %.
      const most = runs * 0.05 + 3 * Math.sqrt(runs * 0.05 * 0.95);
      if (name.startsWith("not worse")) expect(proven.notWorse).toBeLessThan(most);
      else {
        expect(proven.harm).toBeLessThan(most);
        expect(proven.gain).toBeLessThan(most);
      }
      console.log(name, JSON.stringify(proven), "of", runs);
    },
  );
});
