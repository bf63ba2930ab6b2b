import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeWithSharedData } from "../../../scripts/testing/describe-with-shared-data.ts";
import { assignArm, prepareSplit } from "./assign-arm.ts";
import { growthbookHash } from "./growthbook-hash.ts";
import { murmurHash3 } from "./murmur-hash.ts";
import { UNLEASH_VARIANT_SEED, unleashBucket } from "./unleash-hash.ts";

const read = (...path: string[]) => JSON.parse(readFileSync(join(...path), "utf8"));

describeWithSharedData("bucketing/growthbook/bucketing-cases.json", "GrowthBook's vectors", (vectors) => {
  test("every hash", () => {
    const cases: [string, string, number, number | null][] = read(vectors).hash;
    expect(cases).toHaveLength(15);
    for (const [seed, value, version, expected] of cases) {
      expect(growthbookHash(seed, value, version), `${seed} ${value} v${version}`).toBe(expected);
    }
  });

  test("every hash of version 2 by the assignment mode, and the arm on both sides of it", () => {
    const cases: [string, string, number, number][] = read(vectors).hash;
    for (const [salt, unit, version, expected] of cases) {
      if (version !== 2) continue;
      const method = "growthbook-v2";
      expect(prepareSplit({ salt, canaryBasisPoints: 0, method }).bucketOf(unit)).toBe(expected);
      const own = Math.round(expected * 10_000);
      expect(assignArm({ salt, canaryBasisPoints: own, method }, unit)).toBe("active");
      expect(assignArm({ salt, canaryBasisPoints: own + 1, method }, unit)).toBe("canary");
    }
  });

  test("every choice of a variation between two adjoining ranges that start at 0", () => {
    const cases: [string, number, [number, number][], number][] = read(vectors).chooseVariation;
    let used = 0;
    for (const [name, bucket, ranges, expected] of cases) {
      if (ranges.length !== 2 || ranges[0]![1] !== ranges[1]![0] || ranges[1]![1] !== 1) continue;
      used += 1;
      const split = prepareSplit({
        salt: "",
        canaryBasisPoints: ranges[0]![1] * 10_000,
        method: "growthbook-v2",
      });
      expect(split.armOfBucket(bucket), name).toBe(expected === 0 ? "canary" : "active");
    }
    expect(used).toBe(6);
  });
});

interface UnleashStrategy {
  readonly name: string;
  readonly parameters?: Readonly<Record<string, string>>;
}
interface UnleashFile {
  readonly state: {
    readonly features: readonly {
      readonly name: string;
      readonly enabled: boolean;
      readonly strategies: readonly UnleashStrategy[];
      readonly variants?: readonly {
        readonly name: string;
        readonly weight: number;
        readonly overrides?: readonly { readonly values: readonly string[] }[];
      }[];
    }[];
  };
  readonly tests?: readonly UnleashCase<boolean>[];
  readonly variantTests?: readonly UnleashCase<{ readonly name: string }>[];
}
interface UnleashCase<Expected> {
  readonly description: string;
  readonly context: {
    readonly userId?: string;
    readonly sessionId?: string;
    readonly properties?: Readonly<Record<string, string>>;
  };
  readonly toggleName: string;
  readonly expectedResult: Expected;
}

describeWithSharedData("bucketing/unleash", "Unleash's vectors", (folder) => {
  test("published single values", () => {
    expect(murmurHash3("gr1:123")).toBe(538421172);
    expect(unleashBucket("gr1", "123")).toBe(73);
    expect(unleashBucket("groupX", "999")).toBe(25);
  });

  test.each([
    ["03-gradual-rollout-user-id-strategy.json", 4],
    ["04-gradual-rollout-session-id-strategy.json", 4],
    ["10-flexible-rollout-strategy.json", 7],
    ["12-custom-stickiness.json", 4],
  ] as const)("every rollout of %s that has a unit id", (file, expectedCount) => {
    const { state, tests = [] } = read(folder, file) as UnleashFile;
    let used = 0;
    for (const { context, toggleName, expectedResult, description } of tests) {
      const strategies = state.features.find((feature) => feature.name === toggleName)!.strategies;
      const { name, parameters } = strategies[0]!;
      if (strategies.length !== 1 || parameters === undefined) continue;
      const unit = findUnit(name, parameters["stickiness"], context);
      if (unit === undefined) continue;
      used += 1;
      const percent = Number(parameters["rollout"] ?? parameters["percentage"]);
      const arm = assignArm(
        { salt: parameters["groupId"]!, canaryBasisPoints: percent * 100, method: "unleash" },
        unit,
      );
      expect(arm, description).toBe(expectedResult ? "canary" : "active");
    }
    expect(used).toBe(expectedCount);
  });

  test("every variant by weight of 08-variants.json", () => {
    const { state, variantTests = [] } = read(folder, "08-variants.json") as UnleashFile;
    let used = 0;
    for (const { context, toggleName, expectedResult, description } of variantTests) {
      const feature = state.features.find(({ name }) => name === toggleName);
      const variants = feature?.variants ?? [];
      const unit = context.userId;
      const enabled = feature?.enabled && feature.strategies[0]?.parameters?.["rollout"] !== "0";
      const overridden = variants.some((v) => v.overrides?.some((o) => o.values.includes(unit ?? "")));
      if (unit === undefined || !enabled || variants.length === 0 || overridden) continue;
      used += 1;
      const total = variants.reduce((sum, { weight }) => sum + weight, 0);
      const bucket = unleashBucket(toggleName, unit, total, UNLEASH_VARIANT_SEED);
      const reach = (upTo: number) =>
        variants.slice(0, upTo + 1).reduce((sum, { weight }) => sum + weight, 0);
      const chosen = variants.find((_, at) => reach(at) >= bucket);
      expect(chosen?.name, description).toBe(expectedResult.name);
    }
    expect(used).toBe(11);
  });
});

function findUnit(
  strategy: string,
  stickiness: string | undefined,
  context: UnleashCase<unknown>["context"],
): string | undefined {
  if (strategy === "gradualRolloutUserId" || stickiness === "userId") return context.userId;
  if (strategy === "gradualRolloutSessionId" || stickiness === "sessionId") return context.sessionId;
  if (stickiness === "default") return context.userId ?? context.sessionId;
  return stickiness === undefined ? undefined : context.properties?.[stickiness];
}
