import type { BundleDocument, EvaluationDocument } from "@relearn/client";
import { formatCount, formatInterval, formatRatio, formatShare } from "../format/numbers.ts";
import { DataTable } from "./data-table.tsx";

interface EvaluationViewProps {
  /** What is compared with; null where nothing was active. */
  readonly old: BundleDocument | null;
  readonly next: BundleDocument;
  /** True: two bundles of one's choice, neither of them active or new. */
  readonly chosen?: boolean;
}

interface Figure {
  readonly name: string;
  readonly better: "higher" | "lower" | null;
  readonly of: (evaluation: EvaluationDocument, bundle: BundleDocument) => string;
}

const figures: readonly Figure[] = [
  {
    name: "Accuracy, held out (95 %)",
    better: "higher",
    of: (evaluation) =>
      `${formatRatio(evaluation.accuracy, 3)} ${formatInterval(evaluation.accuracy_interval, 3)}`,
  },
  {
    name: "Always the commonest class",
    better: null,
    of: (evaluation) => formatRatio(evaluation.baseline_accuracy, 3),
  },
  { name: "Log-loss", better: "lower", of: (evaluation) => formatRatio(evaluation.log_loss, 3) },
  { name: "Brier", better: "lower", of: (evaluation) => formatRatio(evaluation.brier, 3) },
  {
    name: "Calibration error",
    better: "lower",
    of: (evaluation) => formatRatio(evaluation.calibration_error, 3),
  },
  { name: "Accuracy in training", better: null, of: (_, bundle) => formatRatio(bundle.training_accuracy, 3) },
  { name: "Examples (n)", better: null, of: (_, bundle) => formatCount(bundle.training_count) },
];

/** How two bundles do on data they have not seen, side by side. */
export function EvaluationView({ old, next, chosen = false }: EvaluationViewProps) {
  const nameOf = (role: string, bundle: BundleDocument) =>
    chosen ? bundle.bundle_id : `${role} ${bundle.bundle_id}`;
  return (
    <div className="stack">
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
                {figure.better !== null && <span className="meta">{figure.better} is better</span>}
              </>
            ),
          },
          ...(old === null
            ? []
            : [
                {
                  name: nameOf("Active", old),
                  kind: "number" as const,
                  cell: (figure: Figure) => figure.of(old.evaluation, old),
                },
              ]),
          {
            name: nameOf("New", next),
            kind: "number",
            cell: (figure) => figure.of(next.evaluation, next),
          },
        ]}
      />
      <p className="meta">
        Measured by {next.evaluation.folds}-fold cross-validation: no figure is from examples that the model
        was trained on.
        {old !== null && " The two were evaluated on their own training data, not on one common set."}
      </p>
      <div className="columns">
        {old !== null && (
          <Confusion bundle={old} title={`Confusion of ${old.bundle_id}${chosen ? "" : ", active"}`} />
        )}
        <Confusion bundle={next} title={`Confusion of ${next.bundle_id}${chosen ? "" : ", new"}`} />
      </div>
    </div>
  );
}

/** Label in the row, answer in the column: count and share of the row. */
export function Confusion({ bundle, title }: { bundle: BundleDocument; title: string }) {
  const matrix = bundle.evaluation.confusion_matrix;
  return (
    <div className="stack">
      <h3>{title}</h3>
      <DataTable
        caption={`${title}: label in the row, the model's answer in the column`}
        rows={bundle.classes.map((name, index) => ({ name, counts: matrix[index] ?? [] }))}
        rowKey={(row) => row.name}
        columns={[
          { name: "Label", cell: (row) => row.name },
          ...bundle.classes.map((answer, index) => ({
            name: `says ${answer}`,
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
    </div>
  );
}
