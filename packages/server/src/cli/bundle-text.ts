import type { BundleDocument } from "@relearn/client";
import type { BundleDiff } from "@relearn/contract";
import { formatBar, formatTable } from "./output.ts";

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** More of them push what is above out of the window. */
const SHOWN_FEATURES = 15;

/** A bundle as a person reads it: what it was made of, how good it is, what it sets, what to beware of. */
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
    ...(leftOut.length === 0 ? [] : [`Left out     ${leftOut.join(", ")}`]),
    `Accuracy     ${percent(bundle.accuracy)} on ${evaluation.folds === 0 ? "the rows that trained it" : "data it has not seen"} (95 %: ${percent(low)} to ${percent(high)}); always the largest class: ${percent(evaluation.baseline_accuracy)}`,
    `Probability  log-loss ${evaluation.log_loss.toFixed(3)}, Brier ${evaluation.brier.toFixed(3)}, calibration error ${evaluation.calibration_error.toFixed(3)}`,
    "",
    ...Object.entries(bundle.thresholds).map(([name, value]) =>
      `${name} = ${Number(value.toPrecision(6))}   ${bundle.threshold_formulas[name] ?? ""}`.trimEnd(),
    ),
    "",
    formatTable(
      ["feature", "importance", ""],
      importances
        .slice(0, SHOWN_FEATURES)
        .map(({ name, share }) => [name, percent(share), formatBar(share / largest)]),
      ["left", "right"],
    ),
    ...(importances.length > SHOWN_FEATURES
      ? [`… and ${importances.length - SHOWN_FEATURES} more; --json has them all.`]
      : []),
    ...(bundle.warnings.length === 0
      ? []
      : ["", ...bundle.warnings.map((warning) => `! ${warning.message}`)]),
  ].join("\n");
}

/** A diff as a person reads it: thresholds first, then everything else that changed, came or went. */
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
    formatTable(["", "what", "old", "new"], rows, ["left", "left", "right", "right"]),
  ].join("\n");
}
