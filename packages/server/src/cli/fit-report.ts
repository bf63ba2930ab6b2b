import { FOLDS } from "../training/evaluate-model.ts";
import type { TableFile } from "../training/table-file.ts";
import type { FitDocument } from "./fit-document.ts";
import { formatBar, formatTable } from "./output.ts";

/** Maximum number of bad rows that are listed; the rest is counted. */
const MAX_LISTED_ROWS = 10;
const MAX_LISTED_LABELS = 10;
/** Maximum number of classes for which the confusion matrix fits a terminal; `--json` always has it. */
const MAX_MATRIX_CLASSES = 8;

/** Formats the result of `relearn fit` as text. */
export function formatFitReport(file: string, document: FitDocument, table: TableFile): string {
  const sections = [
    heading(file, document),
    figures(document),
    perClass(document),
    importances(document, table),
    badRows(table),
    document.warnings.length === 0
      ? ""
      : ["Warnings", ...document.warnings.map((one) => `  ! ${one.message}`)].join("\n"),
    footer(document),
  ];
  return sections.filter((section) => section !== "").join("\n\n");
}

function heading(file: string, document: FitDocument): string {
  const model = document.model_type === "LogisticRegression" ? "Logistic regression" : "Decision tree";
  const listed = document.classes.slice(0, MAX_LISTED_LABELS);
  const rest = document.classes.length - listed.length;
  const counts = listed.map((name) => `${name} (${document.label_distribution[name]})`).join(", ");
  const labels = rest > 0 ? `${counts} and ${rest} more` : counts;
  const features = document.features.length === 1 ? "1 feature" : `${document.features.length} features`;
  return `${model} on ${file}\n${document.rows} rows, ${features}; labels: ${labels}; positive: ${document.positive}`;
}

function figures(document: FitDocument): string {
  const rows: string[][] = [];
  const { accuracy, accuracy_interval: interval, baseline_accuracy: baseline } = document;
  if (accuracy !== null && interval !== null && baseline !== null) {
    rows.push([
      "accuracy",
      percent(accuracy),
      `95 % interval ${percent(interval[0])} to ${percent(interval[1])}`,
    ]);
    rows.push(["baseline accuracy", percent(baseline), "always the most frequent label"]);
  }
  rows.push(["training accuracy", percent(document.training_accuracy), "on the rows it was trained on"]);
  if (document.log_loss !== null) rows.push(["log-loss", document.log_loss.toFixed(4), "0 is perfect"]);
  if (document.brier !== null) rows.push(["Brier score", document.brier.toFixed(4), "0 is perfect"]);
  if (document.calibration_error !== null) {
    rows.push(["calibration error", document.calibration_error.toFixed(4), "10 equal-width bins"]);
  }
  const folds = Math.min(FOLDS, document.rows);
  const title = accuracy === null ? "not evaluated" : `on held-out rows (${folds} folds)`;
  return formatTable(["figure", "value", title], rows, ["left", "right"]);
}

function perClass(document: FitDocument): string {
  const { confusion_matrix: matrix, per_class: scores } = document;
  if (matrix === null || scores === null) return "";
  const shown = document.classes.length <= MAX_MATRIX_CLASSES ? document.classes : [];
  const rows = document.classes.map((name, k) => {
    const { precision, recall } = scores[name] as { precision: number | null; recall: number | null };
    const counts = shown.map((_, predicted) => String(matrix[k]![predicted]));
    return [name, ...counts, percentOrNone(precision), percentOrNone(recall)];
  });
  return formatTable(
    [shown.length === 0 ? "label" : "label ╲ predicted", ...shown, "precision", "recall"],
    rows,
    ["left", ...shown.map(() => "right" as const), "right", "right"],
  );
}

function importances(document: FitDocument, table: TableFile): string {
  const order = document.features
    .map((name, at) => ({ name, at, share: document.feature_importances[at]! }))
    .sort((a, b) => b.share - a.share || a.at - b.at);
  const largest = Math.max(...document.feature_importances, Number.MIN_VALUE);
  const coef = document.coef?.length === 1 ? document.coef[0] : undefined;
  const falls = document.permutation_importances;
  const rows = order.map(({ name, at, share }) => [
    name,
    percent(share),
    formatBar(share / largest, 16),
    // Held-out accuracy that is lost when the values of the feature are shuffled.
    ...(falls === null ? [] : [points(falls[name]!)]),
    ...(coef === undefined ? [] : [signed(coef[at]!)]),
    formatBoundary(document, name, table.input.table.columns[at]!),
  ]);
  return formatTable(
    [
      ...["feature", "importance", ""],
      ...(falls === null ? [] : ["accuracy drop"]),
      ...(coef === undefined ? [] : ["coefficient"]),
      `${document.positive} at`,
    ],
    rows,
    [
      "left",
      "right",
      "left",
      ...(falls === null ? [] : ["right" as const]),
      ...(coef === undefined ? [] : ["right" as const]),
    ],
  );
}

/** Returns the value at which the feature alone changes the decision, or "" if no value in the data does. */
function formatBoundary(document: FitDocument, name: string, values: Float64Array): string {
  const value = document.thresholds[name];
  if (value === undefined) return "";
  if (!values.some((seen) => seen <= value) || !values.some((seen) => seen >= value)) return "";
  const sign = { at_or_above: "≥", at_or_below: "≤", above: ">", none: "split at" }[
    document.threshold_sides[name] as "at_or_above" | "at_or_below" | "above" | "none"
  ];
  return `${sign} ${Number(value.toPrecision(4))}`;
}

function badRows(table: TableFile): string {
  if (table.badRowCount === 0) return "";
  const listed = table.badRows
    .slice(0, MAX_LISTED_ROWS)
    .map(({ line, reason }) => `  line ${line}: ${reason}`);
  const rest = table.badRowCount - listed.length;
  return ["Skipped rows", ...listed, ...(rest > 0 ? [`  and ${rest} more`] : [])].join("\n");
}

function footer(document: FitDocument): string {
  const { read_ms: read, fit_ms: fit, evaluate_ms: evaluate } = document.timing;
  const parts = [`read ${milliseconds(read)}`, `fit ${milliseconds(fit)}`];
  if (evaluate !== null) parts.push(`evaluate ${milliseconds(evaluate)}`);
  return `${parts.join(", ")}\ndigest ${document.digest}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Formats a share that may be negative as a percentage. */
function points(share: number): string {
  const tenths = Math.round(1000 * share);
  return `${tenths < 0 ? "−" : ""}${(Math.abs(tenths) / 10).toFixed(1)} %`;
}

function percentOrNone(share: number | null): string {
  return share === null ? "–" : percent(share);
}

function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}

function milliseconds(value: number): string {
  return value < 1000 ? `${value.toFixed(value < 10 ? 1 : 0)} ms` : `${(value / 1000).toFixed(1)} s`;
}
