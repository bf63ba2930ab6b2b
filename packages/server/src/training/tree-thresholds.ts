import type { TreeModelDocument } from "@relearn/client";
import type { DerivedValue, FeatureBounds } from "./derived-value.ts";

/**
 * Finds the threshold of the first split on a feature, breadth first. `positive`: index of the positive class, whose
 * larger share determines the side. Cost O(nodes).
 *
 * @example
 * const leaf = { feature: -1, threshold: 0, left: -1, right: -1 };
 * const root = { feature: 0, threshold: 45, left: 1, right: 2, counts: [6, 4] };
 * const tree = { nodes: [root, { ...leaf, counts: [5, 1] }, { ...leaf, counts: [1, 3] }] };
 * const model = { model_type: "DecisionTree", classes: ["safe", "quarantine"], feature_names: ["risk"], tree, calibration: null };
 * const { value, side } = findFirstSplit(model, { name: "risk" }, 1);
 * [value, side] // [45, "above"]
 */
export function findFirstSplit(
  model: TreeModelDocument,
  { name }: FeatureBounds,
  positive: number,
): DerivedValue {
  const index = model.feature_names.indexOf(name);
  const { nodes } = model.tree;
  const queue = [0];
  for (let at = 0; at < queue.length; at++) {
    const node = nodes[queue[at]!]!;
    if (node.feature === -1) continue;
    if (node.feature === index) {
      const share = (child: number): number => {
        const counts = nodes[child]!.counts;
        return counts[positive]! / counts.reduce((sum, count) => sum + count, 0);
      };
      const left = share(node.left);
      const right = share(node.right);
      return {
        value: node.threshold,
        side: right > left ? "above" : left > right ? "at_or_below" : "none",
        formula: `The first split of the tree on ${name}, breadth first.`,
      };
    }
    queue.push(node.left, node.right);
  }
  return { value: null, reason: `the tree never splits on ${name}` };
}
