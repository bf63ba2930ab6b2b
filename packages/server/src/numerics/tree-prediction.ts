import type { DecisionTree } from "./decision-tree.ts";
import type { FeatureColumns } from "./feature-columns.ts";

/** The leaf that each of the rows given (null: all) ends in. Cost O(rows · depth). */
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

/** Shares of the classes in each node, nodes x classes, row-major. */
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

/** Class probabilities of the rows given (null: all): rows x classes, row-major. */
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
