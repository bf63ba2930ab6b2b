import { Stack, Text, Title } from "@mantine/core";
import type { BundleDocument, EvaluationDocument } from "@relearn/client";

import { formatCount, formatInterval, formatRatio, formatShare } from "../format/numbers.ts";
import { Columns } from "./columns.tsx";
import { DataTable } from "./data-table.tsx";

interface EvaluationViewProps {
  /** Bundle to compare with; null if none was active. */
  readonly old: BundleDocument | null;
  readonly next: BundleDocument;
  /** True if a person chose the two bundles, so that neither is "active" or "new". */
  readonly chosen?: boolean;
}

interface Figure {
  readonly name: string;
  readonly better: "higher" | "lower" | null;
  readonly of: (evaluation: EvaluationDocument, bundle: BundleDocument) => string;
}

const figures: readonly Figure[] = [
  {
    name: "Held-out accuracy (95 %)",
    better: "higher",
    of: (evaluation) =>
      `${formatRatio(evaluation.accuracy, 3)} ${formatInterval(evaluation.accuracy_interval, 3)}`,
  },
  {
    name: "Baseline: most common class",
    better: null,
    of: (evaluation) => formatRatio(evaluation.baseline_accuracy, 3),
  },
  { name: "Log-loss", better: "lower", of: (evaluation) => formatRatio(evaluation.log_loss, 3) },
  { name: "Brier score", better: "lower", of: (evaluation) => formatRatio(evaluation.brier, 3) },
  {
    name: "Calibration error",
    better: "lower",
    of: (evaluation) => formatRatio(evaluation.calibration_error, 3),
  },
  { name: "Training accuracy", better: null, of: (_, bundle) => formatRatio(bundle.training_accuracy, 3) },
  { name: "Examples (n)", better: null, of: (_, bundle) => formatCount(bundle.training_count) },
];

/** Held-out evaluation of two bundles, side by side. */
export function EvaluationView({ old, next, chosen = false }: EvaluationViewProps) {
  const describeBundle = (role: string, bundle: BundleDocument) =>
    chosen ? bundle.bundle_id : `${role} ${bundle.bundle_id}`;
  return (
    <Stack>
      <DataTable
        caption="Evaluation side by side"
        rows={figures}
        rowKey={(figure) => figure.name}
        columns={[
          {
            name: "Measure",
            cell: (figure) => (
              <>
                {figure.name}{" "}
                {figure.better !== null && (
                  <Text span size="xs" c="dimmed">
                    {figure.better} is better
                  </Text>
                )}
              </>
            ),
          },
          ...(old === null
            ? []
            : [
                {
                  name: describeBundle("Active", old),
                  kind: "number" as const,
                  cell: (figure: Figure) => figure.of(old.evaluation, old),
                },
              ]),
          {
            name: describeBundle("New", next),
            kind: "number",
            cell: (figure) => figure.of(next.evaluation, next),
          },
        ]}
      />
      <Text size="xs" c="dimmed">
        Measured by {next.evaluation.folds}-fold cross-validation, on examples that the model was not trained
        on.
        {old !== null && " The two were evaluated on their own training data, not on one common set."}
      </Text>
      <Columns>
        {old !== null && (
          <Confusion bundle={old} title={`Confusion matrix of ${old.bundle_id}${chosen ? "" : ", active"}`} />
        )}
        <Confusion bundle={next} title={`Confusion matrix of ${next.bundle_id}${chosen ? "" : ", new"}`} />
      </Columns>
    </Stack>
  );
}

/** Confusion matrix: label in the row, prediction in the column, with counts and shares of the row. */
export function Confusion({ bundle, title }: { bundle: BundleDocument; title: string }) {
  const matrix = bundle.evaluation.confusion_matrix;
  return (
    <Stack>
      <Title order={3}>{title}</Title>
      <DataTable
        caption={`${title}: label in the row, prediction in the column`}
        rows={bundle.classes.map((name, index) => ({ name, counts: matrix[index] ?? [] }))}
        rowKey={(row) => row.name}
        columns={[
          { name: "Label", cell: (row) => row.name },
          ...bundle.classes.map((answer, index) => ({
            name: `Predicted ${answer}`,
            kind: "number" as const,
            cell: (row: { name: string; counts: readonly number[] }) => {
              const count = row.counts[index] ?? 0;
              const total = row.counts.reduce((sum, each) => sum + each, 0);
              return total === 0 ? "0" : `${formatCount(count)} (${formatShare(count / total, 0)})`;
            },
          })),
          {
            name: "n",
            kind: "number",
            cell: (row) => formatCount(row.counts.reduce((sum, each) => sum + each, 0)),
          },
        ]}
      />
    </Stack>
  );
}
