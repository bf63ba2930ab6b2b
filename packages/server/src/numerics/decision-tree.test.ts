import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type DecisionTree, fitTree, type TreeOptions } from "./decision-tree.ts";
import { columnsFromRowMajor, type FeatureColumns } from "./feature-columns.ts";
import { NEW_VALUE, type PresortedColumn, presortColumns } from "./presorted-columns.ts";
import { referenceTable } from "./reference-table.fixture.ts";
import reference from "./reference-values.json" with { type: "json" };
import { sortOrder } from "./sort-order.ts";
import { treeLeaves, treeProbabilities } from "./tree-prediction.ts";

function fit(
  table: FeatureColumns,
  labels: Uint16Array,
  classes: number,
  options?: TreeOptions,
): DecisionTree {
  const result = fitTree(table, labels, classes, options);
  if (!result.ok) throw new Error(`no tree: ${JSON.stringify(result)}`);
  return result.tree;
}

/** Gini impurity of the leaves, weighted by what they hold. */
function leafImpurity(tree: DecisionTree): number {
  let impurity = 0;
  for (const node of tree.nodes) {
    if (node.feature !== -1) continue;
    const total = node.counts.reduce((sum, count) => sum + count, 0);
    impurity += total - node.counts.reduce((sum, count) => sum + count * count, 0) / total;
  }
  return impurity / tree.nodes[0]!.counts.reduce((sum, count) => sum + count, 0);
}

function accuracy(tree: DecisionTree, table: FeatureColumns, labels: Uint16Array): number {
  const leaves = treeLeaves(tree, table);
  let right = 0;
  leaves.forEach((leaf, row) => {
    const { counts } = tree.nodes[leaf]!;
    if (counts.indexOf(Math.max(...counts)) === labels[row]) right++;
  });
  return right / labels.length;
}

// Values: /usr/bin/python3 scripts/trainer-reference.py > packages/server/src/numerics/reference-values.json
describe("the tree agrees with scikit-learn", () => {
  it.each(reference.tree)("on table $table, weighted: $weighted", (expected) => {
    const [rows, width, classes, seed] = expected.table as [number, number, number, number];
    const { table, labels, weights } = referenceTable(rows, width, classes, seed);
    const tree = fit(table, labels, classes, { weights: expected.weighted ? weights : null });
    expect(leafImpurity(tree)).toBeCloseTo(expected.impurity, 12);
    expect(accuracy(tree, table, labels)).toBe(expected.accuracy);
    expect(tree.nodes).toHaveLength(expected.nodes);
    expect(tree.nodes[0]!.feature).toBe(expected.root_feature);
    expect(tree.nodes[0]!.threshold).toBeCloseTo(expected.root_threshold, 9);
    // On few rows equal splits occur, and scikit-learn draws among them; what they gain is the same.
    if (rows < 10_000) return;
    tree.importances.forEach((share, column) => {
      expect(share).toBeCloseTo(expected.importances[column]!, 9);
    });
  });
});

describe("the tree", () => {
  const table = (rows: number[][]): FeatureColumns =>
    columnsFromRowMajor(Float64Array.from(rows.flat()), rows.length, rows[0]!.length);

  it("breaks ties by the lowest feature, then the lowest threshold", () => {
    const same = fit(
      table([
        [1, 1],
        [2, 2],
        [3, 3],
        [4, 4],
      ]),
      Uint16Array.of(0, 0, 1, 1),
      2,
    );
    expect([same.nodes[0]!.feature, same.nodes[0]!.threshold]).toEqual([0, 2.5]);
    const twoWays = fit(table([[1], [2], [3]]), Uint16Array.of(0, 1, 0), 2);
    expect(twoWays.nodes[0]!.threshold).toBe(1.5);
  });

  it("splits without gain, and so finds an exclusive-or", () => {
    const xor = table([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    const tree = fit(xor, Uint16Array.of(0, 1, 1, 0), 2);
    expect(tree.nodes).toHaveLength(7);
    expect(accuracy(tree, xor, Uint16Array.of(0, 1, 1, 0))).toBe(1);
  });

  it("keeps a threshold below the higher value where half-way rounds up", () => {
    const low = 1;
    const high = 1 + Number.EPSILON;
    const tree = fit(table([[low], [high]]), Uint16Array.of(0, 1), 2);
    expect(tree.nodes[0]!.threshold).toBe(low);
    expect(fit(table([[-1e308], [1.7e308]]), Uint16Array.of(0, 1), 2).nodes).toHaveLength(3);
  });

  it("is a leaf where nothing can be split: one class, constant columns", () => {
    expect(fit(table([[1], [2]]), Uint16Array.of(1, 1), 2).nodes).toHaveLength(1);
    const flat = fit(table([[0], [-0]]), Uint16Array.of(0, 1), 2);
    expect(flat.nodes).toHaveLength(1);
    expect([...flat.importances]).toEqual([0]);
  });

  it("stops at its depth", () => {
    const { table: wide, labels } = referenceTable(300, 4, 2, 3);
    for (const maxDepth of [0, 1, 3]) {
      expect(fit(wide, labels, 2, { maxDepth }).nodes.length).toBeLessThan(2 ** (maxDepth + 1));
    }
  });

  it("refuses no rows, only weights of 0, and values that are not finite", () => {
    const one = Uint16Array.of(0, 1);
    expect(fitTree({ rows: 0, columns: [new Float64Array(0)] }, new Uint16Array(0), 2)).toMatchObject({
      reason: "no_rows",
    });
    expect(fitTree(table([[1], [2]]), one, 2, { weights: new Float64Array(2) })).toMatchObject({
      reason: "no_rows",
    });
    expect(fitTree(table([[1], [Number.NaN]]), one, 2)).toMatchObject({ reason: "not_finite", row: 1 });
  });

  it("is the same from counts of few values as from the order of the rows, and without excluded rows", () => {
    const { table: base, labels } = referenceTable(4000, 3, 2, 8);
    const rounded = {
      rows: 4000,
      columns: base.columns.map((values, at) => values.map((value) => Math.round((16 * value) / 10 ** at))),
    };
    const presorted = presortColumns(rounded);
    expect(presorted.map((column) => column.kind)).toEqual(["codes", "codes", "codes"]);
    const ordered = rounded.columns.map((values): PresortedColumn => {
      const order = sortOrder(values, 4000);
      const marked = order.map((row, at) =>
        at > 0 && values[row]! > values[order[at - 1]!]! ? row | NEW_VALUE : row,
      );
      return { kind: "order", order: marked, values };
    });
    expect(fit(rounded, labels, 2, { presorted }).nodes).toEqual(
      fit(rounded, labels, 2, { presorted: ordered }).nodes,
    );

    const excluded = Uint8Array.from({ length: 4000 }, (_, row) => (row % 5 === 0 ? 1 : 0));
    const kept = Int32Array.from([...excluded.keys()].filter((row) => excluded[row] === 0));
    const small = {
      rows: kept.length,
      columns: rounded.columns.map((values) => Float64Array.from(kept, (row) => values[row]!)),
    };
    const smallLabels = Uint16Array.from(kept, (row) => labels[row]!);
    const left = fit(rounded, labels, 2, { excluded, presorted });
    const right = fit(small, smallLabels, 2);
    // Thresholds lie half-way between values that occur in the kept rows in both.
    expect(left.nodes).toEqual(right.nodes);
    const weights = Float64Array.from(excluded, (flag) => 1 - flag);
    expect(fit(rounded, labels, 2, { weights, presorted }).nodes).toEqual(right.nodes);
  });

  it("agrees with a search over every split, on small tables of few values", () => {
    const value = fc.integer({ min: 0, max: 4 });
    const row = fc.tuple(value, value, fc.integer({ min: 0, max: 2 }));
    fc.assert(
      fc.property(fc.array(row, { minLength: 2, maxLength: 25 }), (rows) => {
        const columns = table(rows.map(([a, b]) => [a, b]));
        const labels = Uint16Array.from(rows, ([, , label]) => label);
        const tree = fit(columns, labels, 3);
        const best = bestSplit(rows);
        const root = tree.nodes[0]!;
        expect(root.feature).toBe(best?.feature ?? -1);
        expect(root.threshold).toBe(best?.threshold ?? 0);
        const shares = treeProbabilities(tree, columns);
        for (let at = 0; at < rows.length; at++) {
          expect(shares[3 * at]! + shares[3 * at + 1]! + shares[3 * at + 2]!).toBeCloseTo(1, 12);
        }
      }),
    );
  });
});

/** The root split by brute force: the lowest impurity, then the lowest feature and threshold. */
function bestSplit(
  rows: readonly (readonly [number, number, number])[],
): { feature: number; threshold: number } | null {
  if (new Set(rows.map((row) => row[2])).size < 2) return null;
  let best: { feature: number; threshold: number; impurity: number } | null = null;
  for (const feature of [0, 1]) {
    const values = [...new Set(rows.map((row) => row[feature]!))].sort((a, b) => a - b);
    for (let at = 1; at < values.length; at++) {
      const threshold = (values[at - 1]! + values[at]!) / 2;
      const impurity = [true, false].reduce((sum, side) => {
        const labels = rows.filter((row) => row[feature]! <= threshold === side).map((row) => row[2]);
        const squares = [0, 1, 2].reduce(
          (total, k) => total + labels.filter((label) => label === k).length ** 2,
          0,
        );
        return sum + labels.length - squares / labels.length;
      }, 0);
      if (best === null || impurity < best.impurity - 1e-9) best = { feature, threshold, impurity };
    }
  }
  return best;
}
