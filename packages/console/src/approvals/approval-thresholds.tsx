import { Text } from "@mantine/core";
import type { Approval, BundleWithStatus } from "@relearn/contract";
import { formatNumber } from "../format/numbers.ts";
import { DataTable } from "../parts/data-table.tsx";

/** Each threshold, old and new. */
export function ApprovalThresholds({ approval, next }: { approval: Approval; next: BundleWithStatus }) {
  const { changes } = approval.diff;
  const rows = Object.entries(next.thresholds).map(([name, value]) => {
    const change = changes[`thresholds.${name}`];
    return {
      name,
      value,
      old: change === undefined ? (approval.base_bundle_id === null ? null : value) : Number(change.old),
      changed: change !== undefined || approval.base_bundle_id === null,
    };
  });
  if (rows.length === 0)
    return <Text c="dimmed">The agent defines no thresholds: the model's prediction decides.</Text>;
  return (
    <DataTable
      caption="Thresholds, old and new"
      rows={rows}
      rowKey={(row) => row.name}
      isMarked={(row) => row.changed}
      columns={[
        { name: "Threshold", cell: (row) => <span className="mono">{row.name}</span> },
        { name: "Old", kind: "number", cell: (row) => (row.old === null ? "none" : formatNumber(row.old)) },
        { name: "New", kind: "number", cell: (row) => formatNumber(row.value) },
        {
          name: "Change",
          kind: "number",
          cell: (row) =>
            row.old === null
              ? "new"
              : row.old === row.value
                ? "unchanged"
                : `${row.value > row.old ? "+" : ""}${formatNumber(row.value - row.old)}`,
        },
        { name: "Derivation", kind: "wrap", cell: (row) => next.threshold_formulas[row.name] ?? "" },
      ]}
    />
  );
}
