import type { LogisticModelDocument, TreeModelDocument } from "@relearn/client";
import type { TableFile } from "../training/table-file.ts";
import type { TrainedModel } from "../training/train-model.ts";

/** Output of `relearn fit --json`, described in `docs/cli.md`. Held-out figures are null without evaluation. */
export interface FitDocument {
  readonly model_type: "LogisticRegression" | "DecisionTree";
  readonly classes: readonly string[];
  readonly positive: string;
  readonly features: readonly string[];
  readonly scaler?: LogisticModelDocument["scaler"];
  readonly coef?: LogisticModelDocument["coef"];
  readonly intercept?: LogisticModelDocument["intercept"];
  readonly tree?: TreeModelDocument["tree"];
  readonly calibration: LogisticModelDocument["calibration"];
  readonly rows: number;
  readonly label_distribution: Readonly<Record<string, number>>;
  readonly accuracy: number | null;
  readonly accuracy_interval: readonly [number, number] | null;
  readonly training_accuracy: number;
  readonly baseline_accuracy: number | null;
  readonly log_loss: number | null;
  readonly brier: number | null;
  readonly calibration_error: number | null;
  readonly confusion_matrix: readonly (readonly number[])[] | null;
  readonly per_class: Readonly<Record<string, unknown>> | null;
  readonly feature_importances: readonly number[];
  readonly permutation_importances: Readonly<Record<string, number>> | null;
  readonly thresholds: Readonly<Record<string, number>>;
  readonly threshold_sides: Readonly<Record<string, string>>;
  readonly warnings: readonly { readonly code: string; readonly message: string }[];
  readonly bad_rows: TableFile["badRows"];
  readonly bad_row_count: number;
  /** SHA-256 of all of the above: the same file and options give the same digest on every machine. */
  readonly digest: string;
  readonly timing: TrainedModel["timing"] & { readonly read_ms: number };
}
