import type { DecisionTree } from "./decision-tree.ts";
import type { FeatureColumns } from "./feature-columns.ts";

/**
 * Returns the number of the leaf that each row (`null`: all) ends in. Cost O(rows · depth).
 *
 * @example
 * const table = { rows: 4, columns: [Float64Array.of(1, 2, 3, 4)] };
 * treeLeaves(fitTree(table, Uint16Array.of(0, 0, 1, 1), 2).tree, table) // [1, 1, 2, 2]
 */
export function treeLeaves(
  tree: DecisionTree,
  table: FeatureColumns,
  rows: Int32Array | null = null,
): Int32Array {
  const nodes = tree.nodes;
  const feature = Int32Array.from(nodes, (node) => node.feature);
  const threshold = Float64Array.from(nodes, (node) => node.threshold);
  const left = Int32Array.from(nodes, (node) => node.left);
  const right = Int32Array.from(nodes, (node) => node.right);
  const count = rows === null ? table.rows : rows.length;
  const leaves = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    const row = rows === null ? i : rows[i]!;
    let node = 0;
    for (let split = feature[0]!; split >= 0; split = feature[node]!) {
      node = table.columns[split]![row]! <= threshold[node]! ? left[node]! : right[node]!;
    }
    leaves[i] = node;
  }
  return leaves;
}

/**
 * Computes the shares of the classes in each node: nodes x classes, row-major. Even shares in a node without rows.
 *
 * @example
 * const table = { rows: 4, columns: [Float64Array.of(1, 2, 3, 4)] };
 * leafShares(fitTree(table, Uint16Array.of(0, 0, 1, 1), 2).tree) // [0.5, 0.5, 1, 0, 0, 1]
 */
export function leafShares(tree: DecisionTree): Float64Array {
  const shares = new Float64Array(tree.nodes.length * tree.classes);
  tree.nodes.forEach((node, at) => {
    const total = node.counts.reduce((sum, count) => sum + count, 0);
    for (let k = 0; k < tree.classes; k++) {
      shares[at * tree.classes + k] = total > 0 ? node.counts[k]! / total : 1 / tree.classes;
    }
  });
  return shares;
}

/**
 * Computes class probabilities of rows (`null`: all): rows x classes, row-major. Cost O(rows · depth).
 *
 * @example
 * const table = { rows: 4, columns: [Float64Array.of(1, 2, 3, 4)] };
 * const { tree } = fitTree(table, Uint16Array.of(0, 1, 1, 1), 2);
 * treeProbabilities(tree, { rows: 2, columns: [Float64Array.of(1.4, 1.6)] }) // [1, 0, 0, 1]
 */
export function treeProbabilities(
  tree: DecisionTree,
  table: FeatureColumns,
  rows: Int32Array | null = null,
): Float64Array {
  const leaves = treeLeaves(tree, table, rows);
  const shares = leafShares(tree);
  const out = new Float64Array(leaves.length * tree.classes);
  for (let i = 0; i < leaves.length; i++) {
    const from = leaves[i]! * tree.classes;
    for (let k = 0; k < tree.classes; k++) out[i * tree.classes + k] = shares[from + k]!;
  }
  return out;
}
