import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Arm, assignArm, canaryBorder, prepareSplit } from "./assign-arm.ts";
import { murmurHash3 } from "./murmur-hash.ts";

describe("the rule", () => {
  test("the bucket is the hash of salt, colon, unit", () => {
    expect(prepareSplit({ salt: "salt", canaryBasisPoints: 0 }).bucketOf("u1")).toBe(3256169155);
    expect(prepareSplit({ salt: "sält", canaryBasisPoints: 0 }).bucketOf("ü")).toBe(murmurHash3("sält:ü"));
  });

  test("borders are floor(p * 2^32), the same as in whole numbers", () => {
    for (let basisPoints = 0; basisPoints <= 10_000; basisPoints++) {
      expect(canaryBorder(basisPoints)).toBe(Number((BigInt(basisPoints) << 32n) / 10_000n));
    }
  });

  const cases: readonly (readonly [string, number, number, number, Arm])[] = [
    ["nothing is canary at 0", 0, 0, 0, "active"],
    ["everything is canary at 100 %", 10_000, 0, 2 ** 32 - 1, "canary"],
    ["the last bucket below a tenth", 1000, 0, 429496728, "canary"],
    ["the border itself is active", 1000, 0, 429496729, "active"],
    ["a holdback starts at 0.95 * 2^32", 10_000, 500, 4080218932, "holdback"],
    ["and not before", 10_000, 500, 4080218931, "canary"],
    ["a holdback goes before canary", 9900, 500, 4290000000, "holdback"],
    ["all held back", 10_000, 10_000, 0, "holdback"],
  ];
  test.each(cases)("%s", (_, canaryBasisPoints, holdbackBasisPoints, bucket, expected) => {
    expect(prepareSplit({ salt: "s", canaryBasisPoints, holdbackBasisPoints }).armOfBucket(bucket)).toBe(
      expected,
    );
  });

  test.each([-1, 10_001, 0.5, Number.NaN, Number.POSITIVE_INFINITY])("refuses %s basis points", (points) => {
    expect(() => assignArm({ salt: "s", canaryBasisPoints: points }, "u")).toThrow(/whole number from 0/);
  });

  test("unleash has whole percents alone", () => {
    expect(() => assignArm({ salt: "s", canaryBasisPoints: 1250, method: "unleash" }, "u")).toThrow(
      /whole percents/,
    );
  });

  test("raising the share never takes a unit out, under any method", () => {
    fc.assert(
      fc.property(
        fc.constantFrom("relearn" as const, "growthbook-v2" as const, "unleash" as const),
        fc.string(),
        fc.string(),
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 0, max: 100 }),
        (method, salt, unit, one, other) => {
          const low = assignArm({ salt, canaryBasisPoints: Math.min(one, other) * 100, method }, unit);
          const high = assignArm({ salt, canaryBasisPoints: Math.max(one, other) * 100, method }, unit);
          expect(low === "canary" && high !== "canary").toBe(false);
          expect(assignArm({ salt, canaryBasisPoints: 0, method }, unit)).toBe("active");
          expect(assignArm({ salt, canaryBasisPoints: 10_000, method }, unit)).toBe("canary");
        },
      ),
    );
  });
});

test("the quick way to the arm and the way over the bucket agree", () => {
  const share = fc.integer({ min: 0, max: 10_000 });
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string(), share, share, (unit, salt, canary, held) => {
      const split = prepareSplit({ salt, canaryBasisPoints: canary, holdbackBasisPoints: held });
      expect(split.armOf(unit)).toBe(split.armOfBucket(split.bucketOf(unit)));
    }),
    { numRuns: 2000 },
  );
});

test("10^6 ids ramped 0, 10, 50, 95, 100 %: no move against the ramp, shares within 0.1 point", () => {
  const count = 1_000_000;
  const ramp = [0, 1000, 5000, 9500, 10_000].map((canaryBasisPoints) => ({
    canaryBasisPoints,
    split: prepareSplit({ salt: "r_2026-11-23", canaryBasisPoints }),
    canaries: 0,
  }));
  let movesAgainst = 0;
  for (let id = 0; id < count; id++) {
    let before: Arm = "active";
    for (const step of ramp) {
      const arm = step.split.armOf(`user-${id}`);
      if (arm === "canary") step.canaries += 1;
      else if (before === "canary") movesAgainst += 1;
      before = arm;
    }
  }
  expect(movesAgainst).toBe(0);
  for (const { canaryBasisPoints, canaries } of ramp) {
    expect(Math.abs(canaries / count - canaryBasisPoints / 10_000)).toBeLessThanOrEqual(0.001);
  }
});

test("a fresh salt shuffles afresh: the canaries of two salts overlap as chance has it", () => {
  const one = prepareSplit({ salt: "one", canaryBasisPoints: 1000 });
  const other = prepareSplit({ salt: "other", canaryBasisPoints: 1000 });
  let both = 0;
  for (let id = 0; id < 100_000; id++) {
    if (one.armOf(`${id}`) === "canary" && other.armOf(`${id}`) === "canary") both += 1;
  }
  // Binomial(100000, 0.01): mean 1000, standard deviation 31.5; five of those either side.
  expect(Math.abs(both - 1000)).toBeLessThan(158);
});
