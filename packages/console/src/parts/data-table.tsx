import type { ReactNode } from "react";

export interface Column<Row> {
  readonly name: string;
  /** "number": right-aligned; "wrap": long text. */
  readonly kind?: "number" | "wrap" | "nowrap";
  readonly cell: (row: Row) => ReactNode;
}

interface DataTableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly isMarked?: (row: Row) => boolean;
}

/** A table whose first column names the row; it scrolls sideways by itself where the window is narrow. */
export function DataTable<Row>({ caption, columns, rows, rowKey, isMarked }: DataTableProps<Row>) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    // biome-ignore lint/a11y/useSemanticElements: a fieldset groups controls, this groups cells.
    <div className="table-frame" role="group" aria-label={caption} tabIndex={0}>
      <table className="table">
        <caption className="hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" className={column.kind}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={rowKey(row)} data-changed={isMarked?.(row) ?? false}>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th key={column.name} scope="row" className={column.kind}>
                    {column.cell(row)}
                  </th>
                ) : (
                  <td key={column.name} className={column.kind}>
                    {column.cell(row)}
                  </td>
                ),
              )}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
