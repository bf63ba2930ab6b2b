/**
 * The next batch for reviewers: what a label is worth most for, without twins, spread over the kinds of tasks,
 * and a share that is drawn blindly, so that the population can still be described.
 *
 * A store streams every eligible task through `offer`. Kept in memory: the best 10·k by value, and two uniform
 * samples (the control share, and 10·k for a cold start). Then, on those alone: twins are collapsed, k-means
 * weighted by value finds as many centres as items are wanted, and the item nearest to each centre is taken
 * (Zhdanov, "Diverse mini-batch active learning", 2019).
 */
import type { Random } from "../numerics/random.ts";
import { squaredDistance, weightedKMeans } from "../numerics/weighted-k-means.ts";
import { startBoundedTop } from "./bounded-top.ts";
import { collapseTwins } from "./collapse-twins.ts";
import { byTieHash } from "./tie-hash.ts";

export interface BatchCandidate {
  readonly task_key: string;
  /** What a review is worth, from a query strategy; tasks at or below `minValue` come in by control alone. */
  readonly value: number;
  /** The task's features, standardised, the same length for all; left out where the task has none. */
  readonly features?: Float64Array;
  /** It waits for a person already: it stands for its twins, and for its kind, before any other. */
  readonly preferred?: boolean;
}

/** Why a task is in the batch: the line that a reviewer reads. */
export type BatchReason =
  /** A label is worth much here. */
  | "value"
  /** Drawn blindly from all eligible tasks. */
  | "control"
  /** Too few labels to value anything: typical of a kind of task. */
  | "cold_start";

export type BatchItem<Candidate extends BatchCandidate> = {
  readonly candidate: Candidate;
  readonly reason: BatchReason;
  /** Of a control item: the chance that any eligible task had to be drawn; null for the others. */
  readonly inclusion_probability: number | null;
  /** Twins in the candidate pool that this item stands for. */
  readonly twins: readonly string[];
};

export interface BatchOptions {
  readonly size: number;
  /** Share of the batch drawn uniformly at random, 0-1. */
  readonly controlShare?: number;
  /** True under 20 labels or with one class alone (`isColdStart`). */
  readonly coldStart?: boolean;
  /** Tasks worth no more than this are not asked about. */
  readonly minValue?: number;
  /**
   * Tasks whose standardised features differ by no more than this are twins: root mean square over the
   * features, in standard deviations. 0: exact duplicates alone.
   */
  readonly twinTolerance?: number;
  readonly random: Random;
}

export interface BatchSelection<Candidate extends BatchCandidate> {
  readonly offer: (candidate: Candidate) => void;
  /** The batch over all that was offered: control items first, then by value. Call once, at the end. */
  readonly batch: () => BatchItem<Candidate>[];
}

/** Pool per item wanted: wide enough to spread over, small enough that every item in it is worth asking. */
const POOL_FACTOR = 10;
const COLD_START_LABELS = 20;

/** Whether there is too little to value reviews by: under 20 labels, or labels of one class alone. */
export function isColdStart(labelsByClass: Readonly<Record<string, number>>): boolean {
  const counts = Object.values(labelsByClass).filter((count) => count > 0);
  return counts.length < 2 || counts.reduce((sum, count) => sum + count, 0) < COLD_START_LABELS;
}

/** Starts a selection. Time O(log size) a task offered; memory O(10 · size). */
export function startBatchSelection<Candidate extends BatchCandidate>(
  options: BatchOptions,
): BatchSelection<Candidate> {
  const { size, controlShare = 0.1, coldStart = false, minValue = 0, twinTolerance = 0.05, random } = options;
  // 10 % of 5 is one item every other time, so that the share holds for batches of any size.
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
      const taken = new Set<string>();
      // A task that was judged twice is offered twice; a person is asked once.
      const isNew = ({ task_key }: Candidate): boolean => {
        if (taken.has(task_key)) return false;
        taken.add(task_key);
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

/** Up to `wanted` of the pool (best first), spread over its features where it has any. */
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
      // What is missing or no number stands at the mean, so that one bad payload does not spoil the batch.
      const value = features?.[d] ?? 0;
      rows[row * dimensions + d] = Number.isFinite(value) ? value : 0;
    }
  });
  const standsFor = collapseTwins(rows, dimensions, tolerance * Math.sqrt(dimensions), random);
  // Nothing is known of these: they lie at the mean, and are nobody's twins.
  pool.forEach(({ features }, row) => {
    if (features === undefined) standsFor[row] = row;
    else if (pool[standsFor[row]!]!.features === undefined) standsFor[row] = row;
  });
  putPreferredFirst(standsFor, pool);
  const alone: number[] = [];
  const twins = new Map<number, string[]>();
  standsFor.forEach((stand, row) => {
    if (stand === row) alone.push(row);
    else twins.set(stand, [...(twins.get(stand) ?? []), pool[row]!.task_key]);
  });
  const chosen =
    alone.length <= wanted ? alone : nearestToCentres(pool, rows, dimensions, alone, wanted, even, random);
  return chosen.map((row) => ({ candidate: pool[row]!, twins: twins.get(row) ?? [] }));
}

/** Among twins the one that waits already stands for the others, in place of the most valuable. */
function putPreferredFirst(standsFor: Int32Array, pool: readonly BatchCandidate[]): void {
  const instead = new Map<number, number>();
  standsFor.forEach((stand, row) => {
    if (pool[row]!.preferred && !pool[stand]!.preferred && !instead.has(stand)) instead.set(stand, row);
  });
  standsFor.forEach((stand, row) => {
    standsFor[row] = instead.get(stand) ?? stand;
  });
}

/** One row for each centre, best first; where clusters fall short, the best of the rest. */
function nearestToCentres(
  pool: readonly BatchCandidate[],
  rows: Float64Array,
  dimensions: number,
  alone: readonly number[],
  wanted: number,
  even: boolean,
  random: Random,
): number[] {
  const compact = new Float64Array(alone.length * dimensions);
  alone.forEach((row, index) => {
    compact.set(rows.subarray(row * dimensions, (row + 1) * dimensions), index * dimensions);
  });
  const values = alone.map((row) => pool[row]!.value);
  // Weights above 0, also where values may be negative or all alike.
  const floor = Math.min(0, ...values);
  const highest = Math.max(...values) - floor;
  const weights = Float64Array.from(values, (value) =>
    even ? 1 : Math.max(value - floor, 1e-6 * highest) || 1,
  );
  const { centres, k, assignments } = weightedKMeans(compact, dimensions, weights, wanted, random);
  const nearest = new Int32Array(k).fill(-1);
  const distances = new Float64Array(k).fill(Number.POSITIVE_INFINITY);
  assignments.forEach((centre, index) => {
    const waits = pool[alone[index]!]!.preferred === true;
    // Any distance is behind that of one that waits already.
    const distance =
      squaredDistance(compact, index * dimensions, centres, centre * dimensions, dimensions) +
      (waits ? Number.MIN_SAFE_INTEGER : 0);
    if (distance < distances[centre]!) {
      distances[centre] = distance;
      nearest[centre] = index;
    }
  });
  const picked = new Set(nearest.filter((index) => index >= 0));
  for (let index = 0; index < alone.length && picked.size < wanted; index++) picked.add(index);
  return [...picked].sort((a, b) => a - b).map((index) => alone[index]!);
}

function byValue(a: BatchCandidate, b: BatchCandidate): number {
  return b.value - a.value || byTieHash(a.task_key, b.task_key);
}

/** A uniform sample without replacement of a stream (Vitter's algorithm R, 1985). */
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
