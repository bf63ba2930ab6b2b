/** Rows as the text of an export: JSONL, CSV, or CSV that is safe to open in a spreadsheet program. */
import type { ExportFormat } from "@relearn/contract";

/** What an export of the format begins with. */
export function exportHead(format: ExportFormat, columns: readonly string[]): string {
  if (format === "jsonl") return "";
  // Without the mark Excel reads UTF-8 as the machine's own code page.
  return `${format === "spreadsheet" ? "\uFEFF" : ""}${columns.join(",")}\r\n`;
}

/** The rows, a line each, with these columns of them. */
export function exportLines<Column extends string>(
  format: ExportFormat,
  columns: readonly Column[],
  rows: readonly { readonly [Name in Column]: unknown }[],
): string {
  return rows
    .map((row) => (format === "jsonl" ? jsonLine(columns, row) : csvLine(format, columns, row)))
    .join("");
}

function jsonLine<Column extends string>(
  columns: readonly Column[],
  row: { readonly [Name in Column]: unknown },
): string {
  return `${JSON.stringify(Object.fromEntries(columns.map((column) => [column, row[column]])))}\n`;
}

function csvLine<Column extends string>(
  format: "csv" | "spreadsheet",
  columns: readonly Column[],
  row: { readonly [Name in Column]: unknown },
): string {
  const cells = columns.map((column) => {
    const value = row[column];
    const text = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");
    return csvCell(format === "spreadsheet" ? inert(text) : text);
  });
  return `${cells.join(",")}\r\n`;
}

/** RFC 4180; blanks at the ends are quoted too, or a reader would trim them. */
function csvCell(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * What a spreadsheet program would take for a formula becomes text by an apostrophe before it, also in the
 * wide forms of the signs. It changes the value, so it is a format of its own: an import wants the text itself.
 */
function inert(text: string): string {
  return /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/u.test(text) ? `'${text}` : text;
}
