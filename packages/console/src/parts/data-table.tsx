import { Paper, Table, VisuallyHidden } from "@mantine/core";
import { type ReactNode, useEffect, useRef, useState } from "react";
import classes from "./data-table.module.css";

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
  /** True if the cells hold form fields. */
  readonly fields?: boolean;
}

/** A table whose first column names the row; it scrolls sideways by itself if the window is narrow. */
export function DataTable<Row>({ caption, columns, rows, rowKey, isMarked, fields }: DataTableProps<Row>) {
  const frame = useRef<HTMLDivElement>(null);
  const scrolls = useScrolls(frame);
  return (
    <Paper
      ref={frame}
      p={0}
      className={classes["frame"]}
      style={{ overflowX: "auto" }}
      role="group"
      aria-label={caption}
      // A frame that scrolls must be reachable by keyboard; one that does not is no stop.
      tabIndex={scrolls ? 0 : undefined}
    >
      <Table>
        <VisuallyHidden component="caption">{caption}</VisuallyHidden>
        <Table.Thead bg="var(--panel)">
          <Table.Tr>
            {columns.map((column) => (
              <Table.Th key={column.name} scope="col" c="dimmed" fz="xs" fw={600} {...toHeadProps(column)}>
                {column.name}
              </Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody style={{ verticalAlign: fields ? "middle" : "top" }}>
          {rows.map((row) => (
            <Table.Tr key={rowKey(row)} {...(isMarked?.(row) ? { bg: "var(--panel)" } : {})}>
              {columns.map((column, index) =>
                index === 0 ? (
                  <Table.Th key={column.name} scope="row" fw={400} {...toCellProps(column)}>
                    {column.cell(row)}
                  </Table.Th>
                ) : (
                  <Table.Td key={column.name} {...toCellProps(column)}>
                    {column.cell(row)}
                  </Table.Td>
                ),
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Paper>
  );
}

const NO_WRAP = { whiteSpace: "nowrap" } as const;

/** Figures are right-aligned and stand as close as they can, so that the room that is left belongs to text. */
function toCellProps({ kind }: Pick<Column<never>, "kind">) {
  switch (kind) {
    case "number":
      return { ta: "end", w: "1%", style: NO_WRAP } as const;
    case "wrap":
      return { miw: 200, style: { overflowWrap: "anywhere" } } as const;
    case "nowrap":
      return { style: NO_WRAP };
    default:
      return { maw: "36ch" };
  }
}

function toHeadProps({ kind }: Pick<Column<never>, "kind">) {
  return { ta: kind === "number" ? "end" : "start", style: NO_WRAP } as const;
}

/** Returns whether the element is wider inside than outside. */
function useScrolls(frame: { readonly current: HTMLElement | null }): boolean {
  const [scrolls, setScrolls] = useState(false);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return;
    const measure = (): void => setScrolls(element.scrollWidth > element.clientWidth);
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    if (element.firstElementChild !== null) observer.observe(element.firstElementChild);
    return () => observer.disconnect();
  }, [frame]);
  return scrolls;
}
