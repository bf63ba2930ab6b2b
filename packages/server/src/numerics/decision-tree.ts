import { type FeatureColumns, firstNotFinite } from "./feature-columns.ts";
import { NEW_VALUE, type PresortedColumn, presortColumns, ROW_BITS } from "./presorted-columns.ts";

/**
 * CART classification tree with the gini impurity (Breiman, Friedman, Olshen, Stone 1984), as scikit-learn's
 * DecisionTreeClassifier(max_depth=5): thresholds half-way between neighbouring values, a node is split as
 * long as it is impure and shallow enough, even if the split gains nothing (so that an exclusive-or is found). scikit-learn breaks ties between equal splits at random; here the lowest feature wins, then the
 * lowest threshold, so that a tree depends on the data alone.
 *
 * Algorithm: columns are sorted once; then level by level, each column is scanned once for all nodes of the level
 * together. Rejected: sorting per node (what scikit-learn does: five times the sorting), and
 * histograms of binned values (not exact).
 */
export interface TreeNode {
  /** -1 in a leaf. */
  readonly feature: number;
  /** Values at or below go left; 0 in a leaf. */
  readonly threshold: number;
  readonly left: number;
  readonly right: number;
  /** Weight of each class that reached the node. */
  readonly counts: Float64Array;
}

export interface DecisionTree {
  readonly classes: number;
  /** Breadth first; node 0 is the root. */
  readonly nodes: readonly TreeNode[];
  /** Decrease of impurity by feature, sum 1; all 0 if the tree is a single leaf or no split gains. */
  readonly importances: Float64Array;
}

export interface TreeOptions {
  readonly maxDepth?: number;
  /** Non-negative weight of each row; rows of weight 0 are left out. `null` by default: all 1. */
  readonly weights?: Float64Array | null;
  /** 1 marks rows to leave out, so that the trees of all folds share one sorting. `null` by default: none. */
  readonly excluded?: Uint8Array | null;
  /** The table's presorted columns, for several trees on one table. */
  readonly presorted?: readonly PresortedColumn[];
  /** Called after each column of each level; may throw to end the fit. */
  readonly onColumn?: (level: number, column: number) => void;
}

export type TreeFit =
  | { readonly ok: true; readonly tree: DecisionTree }
  | { readonly ok: false; readonly reason: "no_rows" }
  | { readonly ok: false; readonly reason: "not_finite"; readonly column: number; readonly row: number };

/**
 * Fits the tree; `labels[row]` is a class in [0, classes). The same table gives the same bits everywhere. A table
 * without rows or with a value that is not finite gives a reason in place of a tree.
 * Cost O(rows · columns · depth) after the sorting; memory 4 bytes a value for the order.
 *
 * @example
 * const table = { rows: 4, columns: [Float64Array.of(1, 2, 3, 4)] };
 * const fit = fitTree(table, Uint16Array.of(0, 0, 1, 1), 2);
 * fit.tree.nodes[0].threshold // 2.5
 * fit.tree.nodes[1].counts // [2, 0]
 * fit.tree.importances // [1]
 */
export function fitTree(
  table: FeatureColumns,
  labels: Uint16Array,
  classes: number,
  options: TreeOptions = {},
): TreeFit {
  const fault = firstNotFinite(table);
  if (fault !== undefined) return { ok: false, reason: "not_finite", ...fault };
  const weights = options.weights ?? null;
  const presorted = options.presorted ?? presortColumns(table);
  const maxDepth = options.maxDepth ?? 5;
  const excluded = options.excluded ?? null;
  const root = createLeaf(classes);
  // For each row: index of its node among the open nodes of the level, times the number of classes, plus its class.
  const places = new Uint16Array(table.rows);
  for (let row = 0; row < table.rows; row++) {
    const weight = excluded?.[row] === 1 ? 0 : weights === null ? 1 : weights[row]!;
    places[row] = weight === 0 ? CLOSED : labels[row]!;
    root.counts[labels[row]!]! += weight;
  }
  if (sumValues(root.counts) === 0) return { ok: false, reason: "no_rows" };
  const nodes: GrowingNode[] = [root];
  const importances = new Float64Array(table.columns.length);
  let open: number[] = isImpure(root.counts) ? [0] : [];
  for (let level = 0; level < maxDepth && open.length > 0; level++) {
    const search = new LevelSearch(
      open.map((node) => nodes[node]!.counts),
      classes,
      places,
      weights,
    );
    for (let column = 0; column < presorted.length; column++) {
      search.scan(column, presorted[column]!);
      options.onColumn?.(level, column);
    }
    open = splitLevel(
      table,
      classes,
      nodes,
      open,
      search,
      importances,
      places,
      weights,
      level + 1 < maxDepth,
    );
  }
  const total = sumValues(importances);
  if (total > 0) for (let column = 0; column < importances.length; column++) importances[column]! /= total;
  return { ok: true, tree: { classes, nodes, importances } };
}

/** Marks a row that is in no open node. */
const CLOSED = 0xffff;

interface GrowingNode {
  feature: number;
  threshold: number;
  left: number;
  right: number;
  counts: Float64Array;
}

/** The best split of each open node over the columns scanned so far. */
class LevelSearch {
  readonly score: Float64Array;
  readonly feature: Int32Array;
  readonly threshold: Float64Array;
  readonly #totals: Float64Array;
  readonly #classes: number;
  readonly #places: Uint16Array;
  readonly #weights: Float64Array | null;
  readonly #nodes: number;
  /** A score must be above this to replace the best one; larger than the rounding error of a tie. */
  readonly #bar: Float64Array;
  readonly #left: Float64Array;
  readonly #lastGroup: Int32Array;
  readonly #lastRow: Int32Array;

  constructor(
    counts: readonly Float64Array[],
    classes: number,
    places: Uint16Array,
    weights: Float64Array | null,
  ) {
    const nodes = counts.length;
    this.#nodes = nodes;
    this.#classes = classes;
    this.#places = places;
    this.#weights = weights;
    this.score = new Float64Array(nodes).fill(-1);
    this.feature = new Int32Array(nodes).fill(-1);
    this.threshold = new Float64Array(nodes);
    this.#bar = new Float64Array(nodes).fill(-1);
    this.#totals = new Float64Array(nodes * classes);
    for (let node = 0; node < nodes; node++) this.#totals.set(counts[node]!, node * classes);
    this.#left = new Float64Array(nodes * classes);
    this.#lastGroup = new Int32Array(nodes);
    this.#lastRow = new Int32Array(nodes);
  }

  scan(column: number, presorted: PresortedColumn): void {
    if (presorted.kind === "codes") this.#scanCodes(column, presorted.codes, presorted.distinct);
    else if (this.#classes === 2 && this.#weights === null) {
      this.#scanTwoClasses(column, presorted.order, presorted.values);
    } else this.#scanOrder(column, presorted.order, presorted.values);
  }

  /** Handles any number of classes, weighted or not. */
  #scanOrder(column: number, order: Uint32Array, values: Float64Array): void {
    const classes = this.#classes;
    const left = this.#left.fill(0);
    const lastGroup = this.#lastGroup.fill(-1);
    const lastRow = this.#lastRow;
    let group = 0;
    for (let at = 0; at < order.length; at++) {
      const entry = order[at]!;
      if (entry >= NEW_VALUE) group++;
      const row = entry & ROW_BITS;
      const place = this.#places[row]!;
      if (place === CLOSED) continue;
      const node = (place / classes) | 0;
      if (lastGroup[node] !== group) {
        if (lastGroup[node] !== -1) {
          const score = this.#computeScore(node, left);
          if (score > this.#bar[node]!) {
            this.#keep(node, score, column, computeMidpoint(values[lastRow[node]!]!, values[row]!));
          }
        }
        lastGroup[node] = group;
        lastRow[node] = row;
      }
      left[place]! += this.#weights === null ? 1 : this.#weights[row]!;
    }
  }

  /** Handles the common case with unrolled sums, about four times as fast as the general one. */
  #scanTwoClasses(column: number, order: Uint32Array, values: Float64Array): void {
    const left = this.#left.fill(0);
    const lastGroup = this.#lastGroup.fill(-1);
    const lastRow = this.#lastRow;
    const totals = this.#totals;
    const bar = this.#bar;
    const places = this.#places;
    let group = 0;
    for (let at = 0; at < order.length; at++) {
      const entry = order[at]!;
      group += entry >>> 31;
      const row = entry & ROW_BITS;
      const place = places[row]!;
      if (place === CLOSED) continue;
      const node = place >>> 1;
      const last = lastGroup[node]!;
      if (last !== group) {
        if (last !== -1) {
          const a = left[2 * node]!;
          const b = left[2 * node + 1]!;
          const c = totals[2 * node]! - a;
          const d = totals[2 * node + 1]! - b;
          const onLeft = a + b;
          const onRight = c + d;
          const score = ((a * a + b * b) * onRight + (c * c + d * d) * onLeft) / (onLeft * onRight);
          if (score > bar[node]!) {
            this.#keep(node, score, column, computeMidpoint(values[lastRow[node]!]!, values[row]!));
          }
        }
        lastGroup[node] = group;
        lastRow[node] = row;
      }
      left[place]! += 1;
    }
  }

  #scanCodes(column: number, codes: Uint16Array, distinct: Float64Array): void {
    const classes = this.#classes;
    const slots = this.#nodes * classes;
    const weights = this.#weights;
    const counts = new Float64Array(distinct.length * slots);
    const places = this.#places;
    if (weights === null) {
      for (let row = 0; row < codes.length; row++) {
        const place = places[row]!;
        if (place !== CLOSED) counts[codes[row]! * slots + place]! += 1;
      }
    } else {
      for (let row = 0; row < codes.length; row++) {
        const place = places[row]!;
        if (place !== CLOSED) counts[codes[row]! * slots + place]! += weights[row]!;
      }
    }
    const left = this.#left.fill(0);
    for (let node = 0; node < this.#nodes; node++) {
      let lastCode = -1;
      for (let code = 0; code < distinct.length; code++) {
        const at = code * slots + node * classes;
        let here = 0;
        for (let k = 0; k < classes; k++) here += counts[at + k]!;
        if (here === 0) continue;
        if (lastCode !== -1) {
          const score = this.#computeScore(node, left);
          if (score > this.#bar[node]!) {
            this.#keep(node, score, column, computeMidpoint(distinct[lastCode]!, distinct[code]!));
          }
        }
        for (let k = 0; k < classes; k++) left[node * classes + k]! += counts[at + k]!;
        lastCode = code;
      }
    }
  }

  /** Sum over both sides of (sum of squared class weights) / weight; the maximum has the lowest gini impurity. */
  #computeScore(node: number, left: Float64Array): number {
    const classes = this.#classes;
    let onLeft = 0;
    let onRight = 0;
    let leftSquares = 0;
    let rightSquares = 0;
    for (let at = node * classes; at < (node + 1) * classes; at++) {
      const a = left[at]!;
      const b = this.#totals[at]! - a;
      onLeft += a;
      onRight += b;
      leftSquares += a * a;
      rightSquares += b * b;
    }
    return (leftSquares * onRight + rightSquares * onLeft) / (onLeft * onRight);
  }

  #keep(node: number, score: number, column: number, threshold: number): void {
    this.score[node] = score;
    this.#bar[node] = score * (1 + TIE);
    this.feature[node] = column;
    this.threshold[node] = threshold;
  }
}

/** Relative difference below which two scores are a tie: a few thousand rounding errors. */
const TIE = 1e-12;

/** Splits the open nodes, moves the rows, and returns the nodes that are open on the next level. */
function splitLevel(
  table: FeatureColumns,
  classes: number,
  nodes: GrowingNode[],
  open: readonly number[],
  search: LevelSearch,
  importances: Float64Array,
  places: Uint16Array,
  weights: Float64Array | null,
  mayGrow: boolean,
): number[] {
  for (let place = 0; place < open.length; place++) {
    const node = nodes[open[place]!]!;
    const feature = search.feature[place]!;
    if (feature === -1) continue;
    node.feature = feature;
    node.threshold = search.threshold[place]!;
    node.left = nodes.push(createLeaf(classes)) - 1;
    node.right = nodes.push(createLeaf(classes)) - 1;
    importances[feature]! += Math.max(0, search.score[place]! - computeWholeScore(node.counts));
  }
  for (let row = 0; row < places.length; row++) {
    const place = places[row]!;
    if (place === CLOSED) continue;
    const node = nodes[open[(place / classes) | 0]!]!;
    if (node.feature === -1) continue;
    const child = table.columns[node.feature]![row]! <= node.threshold ? node.left : node.right;
    nodes[child]!.counts[place % classes]! += weights === null ? 1 : weights[row]!;
  }
  const next: number[] = [];
  const nextPlace = new Int32Array(nodes.length).fill(-1);
  for (const at of open) {
    const node = nodes[at]!;
    if (node.feature === -1 || !mayGrow) continue;
    for (const child of [node.left, node.right]) {
      if (isImpure(nodes[child]!.counts)) nextPlace[child] = next.push(child) - 1;
    }
  }
  for (let row = 0; row < places.length; row++) {
    const place = places[row]!;
    if (place === CLOSED) continue;
    const node = nodes[open[(place / classes) | 0]!]!;
    let to = -1;
    if (node.feature !== -1) {
      const goesLeft = table.columns[node.feature]![row]! <= node.threshold;
      to = nextPlace[goesLeft ? node.left : node.right]!;
    }
    places[row] = to === -1 ? CLOSED : to * classes + (place % classes);
  }
  return next;
}

/** Returns the midpoint, or the lower value if the midpoint rounds up to the higher one. */
function computeMidpoint(low: number, high: number): number {
  const middle = low / 2 + high / 2;
  return middle < high && middle >= low ? middle : low;
}

function createLeaf(classes: number): GrowingNode {
  return { feature: -1, threshold: 0, left: -1, right: -1, counts: new Float64Array(classes) };
}

function isImpure(counts: Float64Array): boolean {
  let present = 0;
  for (let k = 0; k < counts.length; k++) if (counts[k]! > 0) present++;
  return present > 1;
}

function computeWholeScore(counts: Float64Array): number {
  let squares = 0;
  for (let k = 0; k < counts.length; k++) squares += counts[k]! * counts[k]!;
  return squares / sumValues(counts);
}

function sumValues(values: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i]!;
  return sum;
}
