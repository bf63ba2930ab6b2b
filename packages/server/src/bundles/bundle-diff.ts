import type { BundleDocument } from "@relearn/client";
import type { BundleDiff, ValueChange } from "@relearn/contract";

/** Compares the parts that matter to an approver: thresholds, model, evaluation and data. Omits digests and times. */
export function diffBundles(old: BundleDocument | null, next: BundleDocument): BundleDiff {
  const before = old === null ? new Map<string, unknown>() : listComparedValues(old);
  const after = listComparedValues(next);
  const changes: Record<string, ValueChange> = {};
  const additions: Record<string, unknown> = {};
  const removals: Record<string, unknown> = {};
  for (const [path, value] of after) {
    if (!before.has(path)) additions[path] = value;
    else if (!Object.is(before.get(path), value)) changes[path] = { old: before.get(path), new: value };
  }
  for (const [path, value] of before) {
    if (!after.has(path)) removals[path] = value;
  }
  return {
    old_bundle_id: old?.bundle_id ?? null,
    new_bundle_id: next.bundle_id,
    changes,
    additions,
    removals,
    accuracy_delta: old === null ? null : next.accuracy - old.accuracy,
  };
}

/** Returns the compared values by path. The members of lists of features or classes are named by them. */
function listComparedValues(bundle: BundleDocument): Map<string, unknown> {
  const { evaluation, model } = bundle;
  const featureNames = bundle.features.map((feature) => feature.name);
  const parts: Record<string, unknown> = {
    model_type: bundle.model_type,
    thresholds: bundle.thresholds,
    training_count: bundle.training_count,
    label_distribution: bundle.label_distribution,
    sources_used: bundle.sources_used.join(", "),
    classes: bundle.classes.join(", "),
    positive: bundle.positive,
    label_map: bundle.label_map,
    features: Object.fromEntries(bundle.features.map(({ name, ...declaration }) => [name, declaration])),
    feature_importances: Object.fromEntries(
      featureNames.map((name, index) => [name, bundle.feature_importances[index]]),
    ),
    evaluation: {
      accuracy: evaluation.accuracy,
      baseline_accuracy: evaluation.baseline_accuracy,
      log_loss: evaluation.log_loss,
      brier: evaluation.brier,
      calibration_error: evaluation.calibration_error,
    },
    training_accuracy: bundle.training_accuracy,
    ...(model.model_type === "LogisticRegression"
      ? {
          coef: Object.fromEntries(
            model.coef.map((row, index) => [
              model.coef.length === 1 ? (model.classes[1] ?? "") : (model.classes[index] ?? ""),
              Object.fromEntries(row.map((value, feature) => [model.feature_names[feature] ?? "", value])),
            ]),
          ),
        }
      : { tree: { nodes: model.tree.nodes.length } }),
  };
  const values = new Map<string, unknown>();
  flatten(parts, "", values);
  return values;
}

function flatten(value: unknown, path: string, into: Map<string, unknown>): void {
  if (typeof value !== "object" || value === null) {
    into.set(path, value);
    return;
  }
  for (const [name, child] of Object.entries(value))
    flatten(child, path === "" ? name : `${path}.${name}`, into);
}
