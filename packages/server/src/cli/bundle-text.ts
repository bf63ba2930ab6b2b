import type { BundleDocument } from "@relearn/client";
import type { BundleDiff } from "@relearn/contract";
import { formatBar, formatTable } from "./output.ts";

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** Maximum number of features in the table. */
const MAX_SHOWN_FEATURES = 15;

/** Formats the training data, accuracy, thresholds, importances and warnings of a bundle. */
export function formatBundle(bundle: BundleDocument & { readonly status: string }): string {
  const { evaluation } = bundle;
  const [low, high] = evaluation.accuracy_interval;
  const distribution = Object.entries(bundle.label_distribution).map(([label, count]) => `${count} ${label}`);
  const leftOut = Object.entries(bundle.left_out)
    .filter(([, count]) => count > 0)
    .map(([reason, count]) => `${count} ${reason.replaceAll("_", " ")}`);
  const largest = Math.max(...bundle.feature_importances, Number.MIN_VALUE);
  const importances = bundle.features
    .map((feature, index) => ({ name: feature.name, share: bundle.feature_importances[index] ?? 0 }))
    .sort((one, other) => other.share - one.share);
  return [
    `${bundle.bundle_id}  ${bundle.agent}  ${bundle.status}  ${bundle.model_type}`,
    "",
    `Trained on   ${bundle.training_count} examples (${distribution.join(", ")}) from ${bundle.sources_used.join(", ")}`,
    ...(leftOut.length === 0 ? [] : [`Skipped      ${leftOut.join(", ")}`]),
    `Accuracy     ${percent(bundle.accuracy)} on ${evaluation.folds === 0 ? "the training rows" : "held-out rows"} (95 %: ${percent(low)} to ${percent(high)}); baseline: ${percent(evaluation.baseline_accuracy)}`,
    `Probability  log-loss ${evaluation.log_loss.toFixed(3)}, Brier ${evaluation.brier.toFixed(3)}, calibration error ${evaluation.calibration_error.toFixed(3)}`,
    "",
    ...Object.entries(bundle.thresholds).map(([name, value]) =>
      `${name} = ${Number(value.toPrecision(6))}   ${bundle.threshold_formulas[name] ?? ""}`.trimEnd(),
    ),
    "",
    formatTable(
      ["feature", "importance", ""],
      importances
        .slice(0, MAX_SHOWN_FEATURES)
        .map(({ name, share }) => [name, percent(share), formatBar(share / largest)]),
      ["left", "right"],
    ),
    ...(importances.length > MAX_SHOWN_FEATURES
      ? [`… and ${importances.length - MAX_SHOWN_FEATURES} more; --json prints all.`]
      : []),
    ...(bundle.warnings.length === 0
      ? []
      : ["", ...bundle.warnings.map((warning) => `! ${warning.message}`)]),
  ].join("\n");
}

/** Formats a diff: thresholds first, then all other changes, additions and removals. */
export function formatDiff(diff: BundleDiff): string {
  const show = (value: unknown): string =>
    typeof value === "number" ? String(Number(value.toPrecision(6))) : String(value);
  const order = (paths: string[]): string[] =>
    paths.sort(
      (one, other) => Number(other.startsWith("thresholds.")) - Number(one.startsWith("thresholds.")),
    );
  const rows = [
    ...order(Object.keys(diff.changes)).map((path) => [
      "~",
      path,
      show(diff.changes[path]?.old),
      show(diff.changes[path]?.new),
    ]),
    ...order(Object.keys(diff.additions)).map((path) => ["+", path, "", show(diff.additions[path])]),
    ...order(Object.keys(diff.removals)).map((path) => ["-", path, show(diff.removals[path]), ""]),
  ];
  const head = `${diff.old_bundle_id ?? "nothing"} → ${diff.new_bundle_id}`;
  if (rows.length === 0) return `${head}: no difference.`;
  const accuracy =
    diff.accuracy_delta === null
      ? []
      : [
          `Held-out accuracy ${diff.accuracy_delta >= 0 ? "+" : ""}${(100 * diff.accuracy_delta).toFixed(1)} points`,
        ];
  return [
    head,
    ...accuracy,
    "",
    formatTable(["", "field", "old", "new"], rows, ["left", "left", "right", "right"]),
  ].join("\n");
}
