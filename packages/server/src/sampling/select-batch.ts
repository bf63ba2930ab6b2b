/**
 * Selection of the next batch for reviewers: the tasks with the highest value of a review, without twins, spread over
 * the feature space, plus a uniformly drawn control share for estimates about the population.
 *
 * A store streams every eligible task through `offer`. Kept in memory: the best 10·k by value, and two uniform
 * samples (the control share, and 10·k for a cold start). On those, twins are collapsed, k-means weighted by value
 * finds as many centres as items are wanted, and the item nearest to each centre is selected
 * (Zhdanov, "Diverse mini-batch active learning", 2019).
 */
import type { Random } from "../numerics/random.ts";
import { squaredDistance, weightedKMeans } from "../numerics/weighted-k-means.ts";
import { startBoundedTop } from "./bounded-top.ts";
import { collapseTwins } from "./collapse-twins.ts";
import { byTieHash } from "./tie-hash.ts";

export interface BatchCandidate {
  readonly task_key: string;
  /** Value of a review by the query strategy; tasks at or below `minValue` are selected only as control items. */
  readonly value: number;
  /** The task's standardised features, of the same length for all; absent if the task has none. */
  readonly features?: Float64Array;
  /** The task already waits for a person: it is preferred over its twins and within its cluster. */
  readonly preferred?: boolean;
}

/** Why a task is in the batch. */
export type BatchReason =
  /** High value of a review. */
  | "value"
  /** Drawn uniformly from all eligible tasks. */
  | "control"
  /** Too few labels to compute values: typical of a group of tasks. */
  | "cold_start";

export type BatchItem<Candidate extends BatchCandidate> = {
  readonly candidate: Candidate;
  readonly reason: BatchReason;
  /** Inclusion probability of a control item; null for the others. */
  readonly inclusion_probability: number | null;
  /** Keys of the twins in the candidate pool that this item represents. */
  readonly twins: readonly string[];
};

export interface BatchOptions {
  readonly size: number;
  /** Share of the batch drawn uniformly at random, 0-1. */
  readonly controlShare?: number;
  /** True with fewer than 20 labels or labels of one class only (`isColdStart`). */
  readonly coldStart?: boolean;
  /** Tasks with this value or a lower one are not selected by value. */
  readonly minValue?: number;
  /**
   * Tasks whose standardised features differ by no more than this are twins: root mean square over the
   * features, in standard deviations. 0: exact duplicates only.
   */
  readonly twinTolerance?: number;
  readonly random: Random;
}

export interface BatchSelection<Candidate extends BatchCandidate> {
  readonly offer: (candidate: Candidate) => void;
  /** Returns the batch of all offered tasks: control items first, then by value. Call once, at the end. */
  readonly batch: () => BatchItem<Candidate>[];
}

/** Pool size per wanted item: a compromise between the spread of the batch and the value of its items. */
const POOL_FACTOR = 10;
const COLD_START_LABELS = 20;

/** Decides whether there are too few labels to value reviews: fewer than 20, or labels of one class only. */
export function isColdStart(labelsByClass: Readonly<Record<string, number>>): boolean {
  const counts = Object.values(labelsByClass).filter((count) => count > 0);
  return counts.length < 2 || counts.reduce((sum, count) => sum + count, 0) < COLD_START_LABELS;
}

/** Starts a selection. Time O(log size) per offered task; memory O(10 · size). */
export function startBatchSelection<Candidate extends BatchCandidate>(
  options: BatchOptions,
): BatchSelection<Candidate> {
  const { size, controlShare = 0.1, coldStart = false, minValue = 0, twinTolerance = 0.05, random } = options;
  // 10 % of 5 is one item in every other batch, so that the share holds on average for any size.
  const expectedControl = size * controlShare;
  const controlSize = Math.min(size, Math.floor(expectedControl + random.uniform()));
  const poolSize = POOL_FACTOR * size;
  const best = startBoundedTop<Candidate>(poolSize, byValue);
  const control = startReservoir<Candidate>(controlSize, random);
  const uniform = startReservoir<Candidate>(coldStart ? poolSize : 0, random);
  let eligible = 0;

  return {
    offer(candidate) {
      eligible += 1;
      control.offer(candidate);
      uniform.offer(candidate);
      if (!coldStart && candidate.value > minValue) best.offer(candidate);
    },
    batch() {
      const selectedKeys = new Set<string>();
      // A task with two results is offered twice and selected once.
      const isNew = ({ task_key }: Candidate): boolean => {
        if (selectedKeys.has(task_key)) return false;
        selectedKeys.add(task_key);
        return true;
      };
      const drawn = control.sample().sort(byValue).filter(isNew);
      const inclusion = Math.min(1, expectedControl / Math.max(1, eligible));
      const items: BatchItem<Candidate>[] = drawn.map((candidate) => ({
        candidate,
        reason: "control",
        inclusion_probability: inclusion,
        twins: [],
      }));
      const pool = (coldStart ? uniform.sample().sort(byValue) : best.ranked()).filter(isNew);
      const reason = coldStart ? "cold_start" : "value";
      for (const chosen of spread(pool, size - items.length, coldStart, twinTolerance, random)) {
        items.push({ ...chosen, reason, inclusion_probability: null });
      }
      return items;
    },
  };
}

/** Selects up to `wanted` of the pool (best first), spread over its features if it has any. */
function spread<Candidate extends BatchCandidate>(
  pool: readonly Candidate[],
  wanted: number,
  even: boolean,
  tolerance: number,
  random: Random,
): { candidate: Candidate; twins: string[] }[] {
  const dimensions = pool.find((one) => one.features !== undefined)?.features?.length ?? 0;
  if (dimensions === 0) return pool.slice(0, wanted).map((candidate) => ({ candidate, twins: [] }));
  const rows = new Float64Array(pool.length * dimensions);
  pool.forEach(({ features }, row) => {
    for (let d = 0; d < dimensions; d++) {
      // Replace missing and non-finite values by the mean, so that one bad payload does not distort the batch.
      const value = features?.[d] ?? 0;
      rows[row * dimensions + d] = Number.isFinite(value) ? value : 0;
    }
  });
  const representatives = collapseTwins(rows, dimensions, tolerance * Math.sqrt(dimensions), random);
  // Tasks without features lie at the mean and have no twins.
  pool.forEach(({ features }, row) => {
    if (features === undefined) representatives[row] = row;
    else if (pool[representatives[row]!]!.features === undefined) representatives[row] = row;
  });
  putPreferredFirst(representatives, pool);
  const distinct: number[] = [];
  const twins = new Map<number, string[]>();
  representatives.forEach((representative, row) => {
    if (representative === row) distinct.push(row);
    else twins.set(representative, [...(twins.get(representative) ?? []), pool[row]!.task_key]);
  });
  const chosen =
    distinct.length <= wanted
      ? distinct
      : findNearestToCentres(pool, rows, dimensions, distinct, wanted, even, random);
  return chosen.map((row) => ({ candidate: pool[row]!, twins: twins.get(row) ?? [] }));
}

/** Makes a twin that already waits represent the others instead of the one with the highest value. */
function putPreferredFirst(representatives: Int32Array, pool: readonly BatchCandidate[]): void {
  const replacements = new Map<number, number>();
  representatives.forEach((representative, row) => {
    if (pool[row]!.preferred && !pool[representative]!.preferred && !replacements.has(representative))
      replacements.set(representative, row);
  });
  representatives.forEach((representative, row) => {
    representatives[row] = replacements.get(representative) ?? representative;
  });
}

/** Returns the row nearest to each centre, best first, filled up with the best other rows. */
function findNearestToCentres(
  pool: readonly BatchCandidate[],
  rows: Float64Array,
  dimensions: number,
  distinct: readonly number[],
  wanted: number,
  even: boolean,
  random: Random,
): number[] {
  const compact = new Float64Array(distinct.length * dimensions);
  distinct.forEach((row, index) => {
    compact.set(rows.subarray(row * dimensions, (row + 1) * dimensions), index * dimensions);
  });
  const values = distinct.map((row) => pool[row]!.value);
  // Keep weights above 0 even if values are negative or all equal.
  const floor = Math.min(0, ...values);
  const highest = Math.max(...values) - floor;
  const weights = Float64Array.from(values, (value) =>
    even ? 1 : Math.max(value - floor, 1e-6 * highest) || 1,
  );
  const { centres, k, assignments } = weightedKMeans(compact, dimensions, weights, wanted, random);
  const nearest = new Int32Array(k).fill(-1);
  const distances = new Float64Array(k).fill(Number.POSITIVE_INFINITY);
  assignments.forEach((centre, index) => {
    const isWaiting = pool[distinct[index]!]!.preferred === true;
    // A task that already waits goes before any other.
    const distance =
      squaredDistance(compact, index * dimensions, centres, centre * dimensions, dimensions) +
      (isWaiting ? Number.MIN_SAFE_INTEGER : 0);
    if (distance < distances[centre]!) {
      distances[centre] = distance;
      nearest[centre] = index;
    }
  });
  const picked = new Set(nearest.filter((index) => index >= 0));
  for (let index = 0; index < distinct.length && picked.size < wanted; index++) picked.add(index);
  return [...picked].sort((a, b) => a - b).map((index) => distinct[index]!);
}

function byValue(a: BatchCandidate, b: BatchCandidate): number {
  return b.value - a.value || byTieHash(a.task_key, b.task_key);
}

/** Starts a uniform sample without replacement of a stream (Vitter's algorithm R, 1985). */
function startReservoir<Item>(size: number, random: Random) {
  const kept: Item[] = [];
  let seen = 0;
  return {
    offer(item: Item): void {
      seen += 1;
      if (kept.length < size) {
        kept.push(item);
      } else if (size > 0) {
        const place = Math.floor(random.uniform() * seen);
        if (place < size) kept[place] = item;
      }
    },
    sample: (): Item[] => [...kept],
  };
}
