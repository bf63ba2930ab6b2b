/**
 * Weighted k-means (Lloyd, 1982) from k-means++ seeds (Arthur and Vassilvitskii, 2007): items with a
 * higher weight have more influence on the centres. Memory rows x 2 + k x dimensions; no distance matrix.
 */
import type { Random } from "./random.ts";

export interface KMeansResult {
  /** k x dimensions; k is lower than requested if there are fewer distinct rows. */
  readonly centres: Float64Array;
  readonly k: number;
  /** Cluster of each row. */
  readonly assignments: Int32Array;
  /** Sum of weight x squared distance to the row's centre. */
  readonly inertia: number;
}

const MAX_ROUNDS = 100;

/**
 * Clusters rows: count x dimensions, row-major, finite. `weights`: one per row, above 0. The same random state gives the
 * same clusters. Cost per round: count x k x dimensions; at most 100 rounds.
 *
 * @example
 * const { centres, assignments } = weightedKMeans(Float64Array.of(0, 1, 10), 1, Float64Array.of(3, 1, 1), 2, seededRandom(1));
 * centres // [0.25, 10]
 * assignments // [0, 0, 1]
 */
export function weightedKMeans(
  rows: Float64Array,
  dimensions: number,
  weights: Float64Array,
  k: number,
  random: Random,
): KMeansResult {
  const count = weights.length;
  const { centres, found } = seedCentres(rows, dimensions, weights, Math.min(k, count), random);
  const assignments = new Int32Array(count).fill(-1);
  const sums = new Float64Array(found * dimensions);
  const totals = new Float64Array(found);
  let inertia = 0;
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let moved = false;
    inertia = 0;
    for (let row = 0; row < count; row++) {
      let nearest = 0;
      let minDistance = Number.POSITIVE_INFINITY;
      for (let centre = 0; centre < found; centre++) {
        const distance = squaredDistance(rows, row * dimensions, centres, centre * dimensions, dimensions);
        if (distance < minDistance) {
          minDistance = distance;
          nearest = centre;
        }
      }
      inertia += weights[row]! * minDistance;
      if (assignments[row] !== nearest) {
        assignments[row] = nearest;
        moved = true;
      }
    }
    if (!moved) break;
    sums.fill(0);
    totals.fill(0);
    for (let row = 0; row < count; row++) {
      const centre = assignments[row]!;
      totals[centre]! += weights[row]!;
      for (let d = 0; d < dimensions; d++) {
        sums[centre * dimensions + d]! += weights[row]! * rows[row * dimensions + d]!;
      }
    }
    for (let centre = 0; centre < found; centre++) {
      // A centre without rows is not moved.
      if (totals[centre] === 0) continue;
      for (let d = 0; d < dimensions; d++) {
        centres[centre * dimensions + d] = sums[centre * dimensions + d]! / totals[centre]!;
      }
    }
  }
  return { centres: centres.slice(0, found * dimensions), k: found, assignments, inertia };
}

/** Draws seeds, each with probability proportional to weight x squared distance to the nearest seed so far. */
function seedCentres(
  rows: Float64Array,
  dimensions: number,
  weights: Float64Array,
  k: number,
  random: Random,
): { centres: Float64Array; found: number } {
  const count = weights.length;
  const centres = new Float64Array(k * dimensions);
  const nearest = new Float64Array(count).fill(1);
  let found = 0;
  while (found < k) {
    const mass = (row: number): number => weights[row]! * nearest[row]!;
    let total = 0;
    for (let row = 0; row < count; row++) total += mass(row);
    // Every row lies on a seed: there are fewer distinct rows than requested clusters.
    if (!(total > 0)) break;
    let left = random.uniform() * total;
    let chosen = -1;
    for (let row = 0; row < count; row++) {
      if (mass(row) === 0) continue;
      chosen = row;
      left -= mass(row);
      if (left < 0) break;
    }
    centres.set(rows.subarray(chosen * dimensions, (chosen + 1) * dimensions), found * dimensions);
    for (let row = 0; row < count; row++) {
      const distance = squaredDistance(rows, row * dimensions, centres, found * dimensions, dimensions);
      nearest[row] = found === 0 ? distance : Math.min(nearest[row]!, distance);
    }
    found += 1;
  }
  return { centres, found };
}

/**
 * Computes the squared distance of the two vectors of `dimensions` values that start at the offsets.
 *
 * @example
 * squaredDistance(Float64Array.of(0, 0), 0, Float64Array.of(9, 3, 4), 1, 2) // 25
 */
export function squaredDistance(
  a: Float64Array,
  aOffset: number,
  b: Float64Array,
  bOffset: number,
  dimensions: number,
): number {
  let sum = 0;
  for (let d = 0; d < dimensions; d++) {
    const difference = a[aOffset + d]! - b[bOffset + d]!;
    sum += difference * difference;
  }
  return sum;
}
