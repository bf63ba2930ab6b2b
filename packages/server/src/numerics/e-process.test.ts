import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addToTotals, emptyArmTotals, type PredictableMeans, predictableMeans } from "./arm-means.ts";
import {
  growWealth,
  logEValue,
  logWeightedMean,
  meanBets,
  payoff,
  rareBets,
  startWealth,
} from "./e-process.ts";
import { seededRandom } from "./random.ts";
import { countCells } from "./unit-cells.ts";

const harm = { canary: -1, active: 1, constant: 0 };
const notWorse = { canary: 1, active: -0.95, constant: 0 };

function columns(units: readonly (readonly [canary: 0 | 1, probability: number, value: number])[]) {
  return {
    arms: {
      canary: Uint8Array.from(units, (unit) => unit[0]),
      probability: Float64Array.from(units, (unit) => unit[1]),
    },
    values: Float64Array.from(units, (unit) => unit[2]),
  };
}

describe("betting on a batch", () => {
  // The formulas of docs/methods/e-process.md written down once more, plainly, in Python:
  // units=[(1,.1,0),(0,.1,1),(0,.1,.5),(1,.5,1),(0,.5,0),(1,.1,.25)]
  // m,m1,m0,v=.7,.6,.75,.2; g=[.01*(40)**(k/11) for k in range(12)]
  // T=lambda a,p,y: m1+(y-m1)/p if a else m1; C=lambda a,p,y: m0 if a else m0+(y-m0)/(1-p)
  // W=lambda a,p,y: C(a,p,y)-T(a,p,y)
  // cap=lambda p: .75/-min(W(a,p,y) for a in (0,1) for y in (0,1))
  // E=sum(math.prod(1+min(x*m*p*(1-p)/v,cap(p))*W(a,p,y) for a,p,y in units) for x in g)/12; print(repr(math.log(E)))
  const means: PredictableMeans = { pooled: 0.7, canary: 0.6, active: 0.75, variance: 0.2 };
  const { arms, values } = columns([
    [1, 0.1, 0],
    [0, 0.1, 1],
    [0, 0.1, 0.5],
    [1, 0.5, 1],
    [0, 0.5, 0],
    [1, 0.1, 0.25],
  ]);
  test.each([
    ["harm", harm, 0.08263046705315295],
    ["not worse by 5 %", notWorse, -0.22603329001808706],
  ])("%s equals the reference", (_, stream, expected) => {
    const wealth = startWealth(meanBets);
    growWealth(wealth, meanBets, stream, means, countCells(arms, values, 0, 6));
    expect(logEValue(wealth)).toBeCloseTo(expected, 12);
  });

  test("the order of units and batches of equal means do not matter", () => {
    const whole = startWealth(meanBets);
    growWealth(whole, meanBets, harm, means, countCells(arms, values, 0, 6));
    const parts = startWealth(meanBets);
    growWealth(parts, meanBets, harm, means, countCells(arms, values, 0, 2));
    growWealth(parts, meanBets, harm, means, countCells(arms, values, 2, 6));
    expect(logEValue(parts)).toBeCloseTo(logEValue(whole), 12);
  });

  test("equal units are a power: 3,000 at once pay what they pay one by one", () => {
    const many = columns(
      Array.from(
        { length: 3000 },
        (_, unit) => [unit % 10 === 0 ? 1 : 0, 0.1, unit % 3 === 0 ? 0 : 1] as const,
      ),
    );
    const atOnce = startWealth(rareBets);
    growWealth(atOnce, rareBets, harm, means, countCells(many.arms, many.values, 0, 3000));
    const oneByOne = startWealth(rareBets);
    for (let unit = 0; unit < 3000; unit++) {
      growWealth(oneByOne, rareBets, harm, means, countCells(many.arms, many.values, unit, unit + 1));
    }
    expect(logEValue(atOnce)).toBeCloseTo(logEValue(oneByOne), 8);
  });
});

const share = fc.double({ min: 0, max: 1, noNaN: true });
const inside = fc.double({ min: 0.005, max: 0.995, noNaN: true });
const anyMeans = fc.record({
  pooled: inside,
  canary: inside,
  active: inside,
  variance: fc.double({ min: 0.001, max: 0.25, noNaN: true }),
});
const anyStream = fc.oneof(
  fc.constant(harm),
  fc.constant({ canary: 1, active: -1, constant: 0 }),
  inside.map((d) => ({ canary: 1, active: -(1 - d), constant: 0 })),
  share.map((points) => ({ canary: 1, active: -1, constant: points })),
);

describe("what makes the bound true", () => {
  test("whatever the means bet with, the payoff's expectation is the stream at the arms' true means", () => {
    fc.assert(
      fc.property(
        anyMeans,
        anyStream,
        inside,
        share,
        share,
        (means, stream, probability, inCanary, inActive) => {
          // Over both arms, each with a fixed outcome of its own: the potential outcomes of one unit.
          const expectation =
            probability * payoff(stream, means, 1, inCanary, probability) +
            (1 - probability) * payoff(stream, means, 0, inActive, probability);
          const target = stream.canary * inCanary + stream.active * inActive + stream.constant;
          expect(expectation).toBeCloseTo(target, 9);
        },
      ),
    );
  });

  test("no single unit takes more than three quarters of any wealth", () => {
    fc.assert(
      fc.property(
        anyMeans,
        anyStream,
        inside,
        share,
        fc.constantFrom(0, 1),
        (means, stream, probability, value, arm) => {
          const wealth = startWealth(rareBets);
          const unit = columns([[arm as 0 | 1, probability, value]]);
          growWealth(wealth, rareBets, stream, means, countCells(unit.arms, unit.values, 0, 1));
          for (const log of wealth) expect(log).toBeGreaterThanOrEqual(Math.log(0.25) - 1e-9);
        },
      ),
    );
  });

  test("under the null the expected wealth after a unit is at most 1, exactly, for every bet", () => {
    fc.assert(
      fc.property(anyMeans, inside, share, share, (means, probability, one, other) => {
        // Harm, canary not worse than active.
        const inCanary = Math.max(one, other);
        const inActive = Math.min(one, other);
        const after = (arm: 0 | 1, value: number): number[] => {
          const wealth = startWealth(meanBets);
          const unit = columns([[arm, probability, value]]);
          growWealth(wealth, meanBets, harm, means, countCells(unit.arms, unit.values, 0, 1));
          return wealth;
        };
        const canary = after(1, inCanary);
        const active = after(0, inActive);
        for (const [bet, log] of canary.entries()) {
          const expected = probability * Math.exp(log) + (1 - probability) * Math.exp(active[bet]!);
          expect(expected).toBeLessThanOrEqual(1 + 1e-9);
        }
      }),
    );
  });

  test("splitting values on the grid never raises the wealth, and hardly lowers it", () => {
    const random = seededRandom(4);
    const units = Array.from(
      { length: 2000 },
      () => [random.uniform() < 0.3 ? 1 : 0, 0.3, random.uniform() ** 2] as [0 | 1, number, number],
    );
    const { arms, values } = columns(units);
    const means = predictableMeans(emptyArmTotals());
    const split = startWealth(meanBets);
    growWealth(split, meanBets, harm, means, countCells(arms, values, 0, 2000));
    const exact = startWealth(meanBets);
    for (let from = 0; from < 2000; from += 500)
      growWealth(exact, meanBets, harm, means, countCells(arms, values, from, from + 500));
    for (const [bet, log] of split.entries()) {
      expect(log).toBeLessThanOrEqual(exact[bet]! + 1e-9);
      expect(log).toBeGreaterThan(exact[bet]! - 0.01);
    }
  });
});

describe("predictable means", () => {
  test("before any unit: one half and the variance of a coin", () => {
    expect(predictableMeans(emptyArmTotals())).toEqual({
      pooled: 0.5,
      canary: 0.5,
      active: 0.5,
      variance: 0.25,
    });
  });

  test("shrunk by 50 pseudo-observations", () => {
    const totals = emptyArmTotals();
    const { arms, values } = columns([...Array(10).fill([1, 0.5, 1]), ...Array(30).fill([0, 0.5, 0])] as [
      0 | 1,
      number,
      number,
    ][]);
    addToTotals(totals, countCells(arms, values, 0, 40));
    const means = predictableMeans(totals);
    const pooled = 11 / 42;
    expect(means.pooled).toBeCloseTo(pooled, 14);
    expect(means.canary).toBeCloseTo((10 + 50 * pooled) / 60, 14);
    expect(means.active).toBeCloseTo((50 * pooled) / 80, 14);
    expect(means.variance).toBeCloseTo((40 * 0.1875 + 50 * pooled * (1 - pooled)) / 90, 14);
  });

  test("a constant measure keeps a variance to bet with", () => {
    const totals = emptyArmTotals();
    const { arms, values } = columns(
      Array.from({ length: 100_000 }, (_, unit) => [(unit % 2) as 0 | 1, 0.5, 1]),
    );
    addToTotals(totals, countCells(arms, values, 0, 100_000));
    expect(predictableMeans(totals).variance).toBe(0.001);
  });
});

test("a mean of huge e-values does not overflow", () => {
  expect(logEValue([5000, 5000])).toBeCloseTo(5000, 9);
  expect(logWeightedMean([5000, 0], [0.5, 0.5])).toBeCloseTo(5000 - Math.log(2), 9);
  expect(logWeightedMean([Number.NEGATIVE_INFINITY, 1], [0, 1])).toBe(1);
});
