import { growthbookBucket } from "./growthbook-hash.ts";
import { signedMurmurHash3After } from "./murmur-hash.ts";
import { prepareUnleashBucket } from "./unleash-hash.ts";

/**
 * Arm of a unit of traffic.
 *
 * The unit's bucket is h = MurmurHash3-x86-32(UTF-8 of salt + ":" + unit) in [0, 2^32); it is canary when
 * h < floor(p * 2^32). Because the bucket does not depend on p, raising p only adds units and lowering it
 * removes the last added; 0 and 100 % are exact. p is in whole basis points, so the limit is computed in
 * whole numbers and is the same on every machine. A holdback takes the top of the range,
 * h >= (1 - q) * 2^32, and takes precedence over canary.
 *
 * The methods of other systems keep each unit in the arm that it had there: `growthbook-v2` (hash version 2,
 * 10,000 buckets, canary when the bucket is below p as in their experiments' ranges) and `unleash`
 * (gradual rollout with 100 buckets, so whole percents only; the salt is the group).
 */
export type Arm = "active" | "canary" | "holdback";

export const ASSIGNMENT_METHODS = ["relearn", "growthbook-v2", "unleash"] as const;
export type AssignmentMethod = (typeof ASSIGNMENT_METHODS)[number];

export interface Split {
  readonly salt: string;
  /** Canary share of traffic, a whole number in [0, 10000]. */
  readonly canaryBasisPoints: number;
  /** Share at the top of the range that is held back, a whole number in [0, 10000]; 0 by default. */
  readonly holdbackBasisPoints?: number | undefined;
  readonly method?: AssignmentMethod | undefined;
}

/** A split prepared for many units. Its functions never throw, and do not allocate for ASCII ids. */
export interface PreparedSplit {
  /** relearn: 0 to 2^32 - 1; growthbook-v2: 0 to 0.9999; unleash: 1 to 100. */
  bucketOf(unitId: string): number;
  armOfBucket(bucket: number): Arm;
  armOf(unitId: string): Arm;
}

/** Returns the arm of one unit. For many units, call `prepareSplit` once. Throws `RangeError` as `prepareSplit` does. */
export function assignArm(split: Split, unitId: string): Arm {
  return prepareSplit(split).armOf(unitId);
}

/** Prepares a split for many units. Throws `RangeError` if a share is not a whole number of basis points that the method supports. */
export function prepareSplit(split: Split): PreparedSplit {
  const { salt, canaryBasisPoints, holdbackBasisPoints = 0, method = "relearn" } = split;
  requireBasisPoints("canaryBasisPoints", canaryBasisPoints);
  requireBasisPoints("holdbackBasisPoints", holdbackBasisPoints);
  switch (method) {
    case "relearn":
      return prepareHashSplit(salt, canaryBorder(canaryBasisPoints), holdbackBorder(holdbackBasisPoints));
    case "growthbook-v2":
      return createPreparedSplit(
        (unitId) => growthbookBucket(salt, unitId) / 10_000,
        canaryBasisPoints / 10_000,
        (10_000 - holdbackBasisPoints) / 10_000,
      );
    case "unleash":
      requireWholePercent("canaryBasisPoints", canaryBasisPoints);
      requireWholePercent("holdbackBasisPoints", holdbackBasisPoints);
      return createPreparedSplit(
        prepareUnleashBucket(salt),
        canaryBasisPoints / 100 + 1,
        101 - holdbackBasisPoints / 100,
      );
  }
}

/** Returns the bucket below which a unit is canary: floor(p * 2^32). Exact, since the product is below 2^53. */
export function canaryBorder(basisPoints: number): number {
  return Math.floor((basisPoints * 2 ** 32) / 10_000);
}

/** Returns the first bucket that is held back: the smallest whole number >= (1 - q) * 2^32. */
function holdbackBorder(basisPoints: number): number {
  return Math.ceil(((10_000 - basisPoints) * 2 ** 32) / 10_000);
}

/** Prepares Relearn's own method. Compares signed numbers (bucket - 2^31), which takes half the time. */
function prepareHashSplit(salt: string, canaryBelow: number, heldFrom: number): PreparedSplit {
  const hash = signedMurmurHash3After(`${salt}:`);
  const signedCanaryBelow = canaryBelow - 2 ** 31;
  const signedHeldFrom = heldFrom - 2 ** 31;
  return {
    ...createPreparedSplit((unitId) => hash(unitId) >>> 0, canaryBelow, heldFrom),
    armOf(unitId) {
      const bucket = hash(unitId) ^ -0x80000000;
      return bucket >= signedHeldFrom ? "holdback" : bucket < signedCanaryBelow ? "canary" : "active";
    },
  };
}

function createPreparedSplit(
  bucketOf: (unitId: string) => number,
  canaryBelow: number,
  heldFrom: number,
): PreparedSplit {
  const armOfBucket = (bucket: number): Arm =>
    bucket >= heldFrom ? "holdback" : bucket < canaryBelow ? "canary" : "active";
  return { bucketOf, armOfBucket, armOf: (unitId) => armOfBucket(bucketOf(unitId)) };
}

function requireBasisPoints(name: string, value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > 10_000) {
    throw new RangeError(
      `${name} is ${value}: it must be a whole number from 0 to 10000 (1 percent is 100).`,
    );
  }
}

function requireWholePercent(name: string, basisPoints: number): void {
  if (basisPoints % 100 !== 0) {
    throw new RangeError(
      `${name} is ${basisPoints}: the method unleash has 100 buckets, so only whole percents (multiples of 100 basis points) exist.`,
    );
  }
}
