import type { ModelType } from "@relearn/contract";
import { type Command, InvalidArgumentError, Option } from "commander";
import { documentDigest } from "../digest.ts";
import { RelearnError } from "../errors.ts";
import { groupRepeatedRows } from "../training/repeated-rows.ts";
import type { TableFile } from "../training/table-file.ts";
import { featureBoundaries } from "../training/thresholds.ts";
import {
  MODEL_TYPES,
  type TrainedModel,
  type TrainingProgress,
  trainModel,
} from "../training/train-model.ts";
import { addEncodingOption, type EncodingOptions } from "./encoding-option.ts";
import type { FitDocument } from "./fit-document.ts";
import { formatFitReport } from "./fit-report.ts";
import { describeTraining, shareOfTraining } from "./follow-training.ts";
import { printJson, printText } from "./output.ts";
import { ProgressLine } from "./progress.ts";
import { describeFile, readTableFile } from "./read-table-file.ts";

/**
 * Defines `relearn fit`, which trains on a table in a file with the code that trains bundles. It needs no
 * database.
 */
export function define(command: Command): void {
  addEncodingOption(command)
    .argument("<file>", "CSV with a header line, or JSONL (one object per line); - for standard input")
    .requiredOption("--label <column>", "column with the labels")
    .option("--features <columns>", "comma-separated feature columns (default: all numeric columns)", toNames)
    .option("--positive <label>", "label that probabilities and thresholds refer to (default: the last)")
    .addOption(
      new Option("--model <model>", "kind of model; auto selects the one with the lower held-out log-loss")
        .choices(MODEL_TYPES)
        .default("logistic"),
    )
    .option("--no-evaluate", "skip the cross-validation")
    .option("--repeat <n>", "number of fits; fit_ms is the median of the fits after the first", toRepeats, 1)
    .option("--json", "print JSON, for programs")
    .addHelpText(
      "after",
      "\nExample:\n  relearn fit mails.csv --label quarantined --positive yes --model auto",
    )
    .action((file: string, options: FitCommandOptions) => {
      const line = new ProgressLine();
      const { document, table } = fitFile(file, options, (progress) =>
        line.show(shareOfTraining(progress), describeTraining(progress)),
      );
      line.clear();
      if (options.json === true) printJson(document);
      else printText(formatFitReport(describeFile(file), document, table));
    });
}

export interface FitCommandOptions extends EncodingOptions {
  readonly label: string;
  readonly features?: readonly string[];
  readonly positive?: string;
  readonly model: ModelType;
  readonly evaluate: boolean;
  readonly repeat: number;
  readonly json?: true;
}

export function fitFile(
  file: string,
  options: FitCommandOptions,
  onProgress: (progress: TrainingProgress) => void = () => {},
): { document: FitDocument; table: TableFile } {
  const start = performance.now();
  const table = readTableFile(file, {
    label: options.label,
    encoding: options.encoding,
    ...(options.features === undefined ? {} : { features: options.features }),
  });
  const readMs = performance.now() - start;
  const { input, warnings: repeats } = options.evaluate
    ? groupRepeatedRows(table.input)
    : { input: table.input, warnings: [] };
  const positive = options.positive ?? input.classes.at(-1)!;
  if (!input.classes.includes(positive)) {
    throw new RelearnError(
      "invalid_input",
      `--positive "${positive}" is not a label of the file. Accepted: ${input.classes.join(", ")}.`,
    );
  }
  const trained = trainModel(input, input.classes.indexOf(positive), {
    modelType: options.model,
    evaluate: options.evaluate,
    repeat: options.repeat,
    clockMs: () => performance.now(),
    onProgress,
  });
  const content = toContent(table, positive, trained, [
    ...badRowWarnings(table),
    ...table.warnings,
    ...repeats,
    ...trained.warnings,
  ]);
  return {
    document: {
      ...content,
      digest: documentDigest(content),
      timing: { read_ms: readMs, ...trained.timing },
    },
    table,
  };
}

function toContent(
  { input, badRows, badRowCount }: TableFile,
  positive: string,
  trained: TrainedModel,
  warnings: FitDocument["warnings"],
): Omit<FitDocument, "digest" | "timing"> {
  const { model, evaluation } = trained;
  const counts = new Array<number>(input.classes.length).fill(0);
  for (const label of input.labels) counts[label]! += 1;
  const boundaries = featureBoundaries(model, input.classes.indexOf(positive));
  return {
    model_type: model.model_type,
    classes: input.classes,
    positive,
    features: input.featureNames,
    ...(model.model_type === "LogisticRegression"
      ? { scaler: model.scaler, coef: model.coef, intercept: model.intercept }
      : { tree: model.tree }),
    calibration: model.calibration,
    rows: input.table.rows,
    label_distribution: Object.fromEntries(input.classes.map((name, k) => [name, counts[k]!])),
    accuracy: evaluation?.accuracy ?? null,
    accuracy_interval: evaluation?.accuracy_interval ?? null,
    training_accuracy: trained.trainingAccuracy,
    baseline_accuracy: evaluation?.baseline_accuracy ?? null,
    log_loss: evaluation?.log_loss ?? null,
    brier: evaluation?.brier ?? null,
    calibration_error: evaluation?.calibration_error ?? null,
    confusion_matrix: evaluation?.confusion_matrix ?? null,
    per_class: evaluation?.per_class ?? null,
    feature_importances: trained.featureImportances,
    permutation_importances: evaluation?.permutation_importances ?? null,
    thresholds: boundaries.thresholds,
    threshold_sides: boundaries.sides,
    warnings,
    bad_rows: badRows,
    bad_row_count: badRowCount,
  };
}

function badRowWarnings(table: TableFile): { code: string; message: string }[] {
  if (table.badRowCount === 0) return [];
  const first = table.badRows[0]!;
  return [
    {
      code: "bad_rows",
      message: `${table.badRowCount} of ${table.records} rows were skipped; the first is line ${first.line}: ${first.reason}.`,
    },
  ];
}

function toNames(text: string): string[] {
  const names = text.split(",").map((name) => name.trim());
  const fault = names.includes("") ? "an empty name" : names.find((name, at) => names.indexOf(name) !== at);
  if (fault !== undefined)
    throw new InvalidArgumentError(`It names ${fault === "an empty name" ? fault : `${fault} twice`}.`);
  return names;
}

function toRepeats(text: string): number {
  const repeats = Number(text);
  if (!Number.isInteger(repeats) || repeats < 1 || repeats > 10_000) {
    throw new InvalidArgumentError("Accepted: a whole number from 1 to 10000.");
  }
  return repeats;
}
