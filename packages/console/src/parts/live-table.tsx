import { Button } from "@mantine/core";
import { useParams, useSearch } from "@tanstack/react-router";
import { createContext, useContext, useRef, useState } from "react";
import { actedJustNow } from "../api/query-client.ts";
import { DataTable, type DataTableProps } from "./data-table.tsx";
import classes from "./live-table.module.css";
import { steadyRows } from "./steady-rows.ts";

/** False while a region still shows what the address before this one asked for. */
export const SettledContext = createContext(true);

interface Kept<Row> {
  /** Address that the rows belong to: another filter brings another list, not new rows. */
  readonly scope: string;
  readonly settled: boolean;
  readonly rows: readonly Row[];
}

/**
 * A list that others change while one reads it: it never jumps. New rows wait behind "3 new. Show"; rows that
 * the reader's own action adds are shown at once.
 */
export function LiveTable<Row>(props: DataTableProps<Row>) {
  const { rows, rowKey } = props;
  const settled = useContext(SettledContext);
  const scope = JSON.stringify([useParams({ strict: false }), useSearch({ strict: false })]);
  const frame = useRef<HTMLDivElement>(null);
  const [kept, setKept] = useState<Kept<Row>>({ scope, settled, rows });
  const keeps = settled && kept.settled && kept.scope === scope && !actedJustNow();
  const steady = steadyRows(keeps ? kept.rows : [], rows, rowKey);
  const joinKeys = (of: readonly Row[]) => of.map(rowKey).join("\n");
  if (
    !keeps &&
    (kept.scope !== scope || kept.settled !== settled || joinKeys(kept.rows) !== joinKeys(rows))
  ) {
    setKept({ scope, settled, rows });
  }
  return (
    <div ref={frame} data-testid="list" tabIndex={-1}>
      <div className={classes["news"]} role="status">
        {steady.waiting > 0 && (
          <Button
            size="compact-sm"
            onClick={() => {
              setKept({ scope, settled, rows });
              // The button is gone then: the list has the focus, not the page's beginning.
              frame.current?.focus({ preventScroll: true });
            }}
          >
            {steady.waiting} new. Show
          </Button>
        )}
      </div>
      <DataTable {...props} rows={steady.rows} />
    </div>
  );
}
