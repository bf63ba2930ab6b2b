import { Text } from "@mantine/core";
import type { Approval } from "@relearn/contract";
import { formatAmount } from "../format/numbers.ts";
import { comparedRows } from "../parts/compared-rows.ts";
import { DataTable } from "../parts/data-table.tsx";

/** Every difference from the active bundle. */
export function ApprovalChanges({ approval }: { approval: Approval }) {
  const rows = comparedRows(approval.diff);
  if (rows.length === 0) return <Text c="dimmed">No differences.</Text>;
  return (
    <details>
      <summary>{formatAmount(rows.length, "row")}</summary>
      <DataTable
        caption="All changes"
        rows={rows}
        rowKey={(row) => row.path}
        columns={[
          { name: "Field", cell: (row) => <span className="mono">{row.path}</span> },
          { name: "Old", kind: "number", cell: (row) => row.old },
          { name: "New", kind: "number", cell: (row) => row.next },
        ]}
      />
    </details>
  );
}
