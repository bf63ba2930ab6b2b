import { type ReactNode, useEffect, useRef, useState } from "react";

export interface Column<Row> {
  readonly name: string;
  /** "number": right-aligned; "wrap": long text. */
  readonly kind?: "number" | "wrap" | "nowrap";
  readonly cell: (row: Row) => ReactNode;
}

export interface DataTableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  readonly isMarked?: (row: Row) => boolean;
}

/** A table whose first column names the row; it scrolls sideways by itself where the window is narrow. */
export function DataTable<Row>({ caption, columns, rows, rowKey, isMarked }: DataTableProps<Row>) {
  const frame = useRef<HTMLDivElement>(null);
  const scrolls = useScrolls(frame);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset groups controls, this groups cells.
    <div
      ref={frame}
      className="table-frame"
      role="group"
      aria-label={caption}
      // What scrolls must be reachable by keyboard; what does not would be one stop more for nothing.
      tabIndex={scrolls ? 0 : undefined}
    >
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

/** Whether the element holds more than it shows, side to side. */
function useScrolls(of: { readonly current: HTMLElement | null }): boolean {
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const element = of.current;
    if (element === null) return;
    const look = (): void => setScrolls(element.scrollWidth > element.clientWidth);
    const observer = new ResizeObserver(look);
    observer.observe(element);
    if (element.firstElementChild !== null) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, [of]);
  return scrolls;
}
