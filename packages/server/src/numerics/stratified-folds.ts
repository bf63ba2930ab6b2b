import { seededRandom } from "./random.ts";

/**
 * Distributes rows over `folds` folds (at most 255) so that each class is spread evenly and rows of one group stay together.
 * Returns the fold of each row, from 0.
 *
 * Groups of several rows are assigned first, in descending order of size, each to the fold in which its classes are
 * scarcest; single rows then fill up the folds class by class. Equal choices are ordered by a seeded shuffle, so that the
 * folds do not depend on patterns in the order of the input, and the same input gives the same folds.
 * `groups[row]`: a group's number, whole and not negative, or `null` if every row is its own.
 * Cost O(rows + groups · folds · classes).
 *
 * @example
 * stratifiedFolds(Uint16Array.of(0, 0, 0, 1, 1, 1), 2, 3, null, 1) // [1, 0, 2, 1, 0, 2]
 * stratifiedFolds(Uint16Array.of(0, 0, 1, 1), 2, 2, Int32Array.of(7, 7, 8, 9), 1) // [0, 0, 0, 1]
 */
export function stratifiedFolds(
  labels: Uint16Array,
  classes: number,
  folds: number,
  groups: Int32Array | null,
  seed: number,
): Uint8Array {
  const rows = labels.length;
  const foldByRow = new Uint8Array(rows);
  const classCounts = new Float64Array(folds * classes);
  const sizes = new Float64Array(folds);
  const order = shuffleRows(rows, seed);
  const singles =
    groups === null
      ? order
      : assignGroups(order, labels, classes, folds, groups, foldByRow, classCounts, sizes);
  for (let i = 0; i < singles.length; i++) {
    const row = singles[i]!;
    const label = labels[row]!;
    let best = 0;
    for (let fold = 1; fold < folds; fold++) {
      const fewer = classCounts[fold * classes + label]! - classCounts[best * classes + label]!;
      if (fewer < 0 || (fewer === 0 && sizes[fold]! < sizes[best]!)) best = fold;
    }
    foldByRow[row] = best;
    classCounts[best * classes + label]! += 1;
    sizes[best]! += 1;
  }
  return foldByRow;
}

/** Assigns the groups of more than one row, and returns the other rows in the order given. */
function assignGroups(
  order: Int32Array,
  labels: Uint16Array,
  classes: number,
  folds: number,
  groups: Int32Array,
  foldByRow: Uint8Array,
  classCounts: Float64Array,
  sizes: Float64Array,
): Int32Array {
  const members = new Map<number, number[]>();
  for (let i = 0; i < order.length; i++) {
    const row = order[i]!;
    const list = members.get(groups[row]!);
    if (list === undefined) members.set(groups[row]!, [row]);
    else list.push(row);
  }
  const largeGroups = [...members.values()].filter((list) => list.length > 1);
  largeGroups.sort((a, b) => b.length - a.length);
  const counts = new Float64Array(classes);
  for (const list of largeGroups) {
    counts.fill(0);
    for (const row of list) counts[labels[row]!]! += 1;
    let best = 0;
    let bestLoad = Number.POSITIVE_INFINITY;
    for (let fold = 0; fold < folds; fold++) {
      // The sum of squares grows least in the fold in which the group's classes are scarcest.
      let load = 0;
      for (let k = 0; k < classes; k++)
        load += counts[k]! * (2 * classCounts[fold * classes + k]! + counts[k]!);
      if (load < bestLoad || (load === bestLoad && sizes[fold]! < sizes[best]!)) {
        best = fold;
        bestLoad = load;
      }
    }
    for (const row of list) foldByRow[row] = best;
    for (let k = 0; k < classes; k++) classCounts[best * classes + k]! += counts[k]!;
    sizes[best]! += list.length;
  }
  return order.filter((row) => members.get(groups[row]!)!.length === 1);
}

function shuffleRows(rows: number, seed: number): Int32Array {
  const random = seededRandom(seed);
  const order = new Int32Array(rows);
  for (let row = 0; row < rows; row++) order[row] = row;
  for (let last = rows - 1; last > 0; last--) {
    const other = random.below(last + 1);
    const swapped = order[last]!;
    order[last] = order[other]!;
    order[other] = swapped;
  }
  return order;
}
