import type { Approval } from "@relearn/contract";
import { formatAmount } from "../format/numbers.ts";
import { comparedRows } from "../parts/compared-rows.ts";
import { DataTable } from "../parts/data-table.tsx";

/** All that differs from the active bundle. */
export function ApprovalChanges({ approval }: { approval: Approval }) {
  const rows = comparedRows(approval.diff);
  if (rows.length === 0) return <p className="muted">Nothing that a person decides on differs.</p>;
  return (
    <details>
      <summary>{formatAmount(rows.length, "row")}</summary>
      <DataTable
        caption="Everything that changes"
        rows={rows}
        rowKey={(row) => row.path}
        columns={[
          { name: "What", cell: (row) => <span className="mono">{row.path}</span> },
          { name: "Old", kind: "number", cell: (row) => row.old },
          { name: "New", kind: "number", cell: (row) => row.next },
        ]}
      />
    </details>
  );
}
