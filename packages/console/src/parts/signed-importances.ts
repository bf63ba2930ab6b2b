import type { BundleContent } from "@relearn/client";

export interface Importance {
  readonly name: string;
  /** Share of the whole, with the sign of the coefficient for the positive class where the model has one. */
  readonly value: number;
}

/** The features' importances, the greatest first. */
export function signedImportances(
  bundle: Pick<BundleContent, "features" | "feature_importances" | "model" | "positive">,
): Importance[] {
  const signs = getSigns(bundle);
  return bundle.features
    .map((feature, index) => ({
      name: feature.name,
      value: (bundle.feature_importances[index] ?? 0) * (signs[index] ?? 1),
    }))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value) || a.name.localeCompare(b.name));
}

function getSigns({ model, positive }: Pick<BundleContent, "model" | "positive">): readonly number[] {
  if (model.model_type !== "LogisticRegression") return [];
  const [only, ...more] = model.coef;
  // Two classes have one row, about the second.
  if (more.length === 0) {
    const about = model.classes.indexOf(positive) === 0 ? -1 : 1;
    return (only ?? []).map((value) => (value < 0 ? -about : about));
  }
  const row = model.coef[model.classes.indexOf(positive)] ?? [];
  return row.map((value) => (value < 0 ? -1 : 1));
}
