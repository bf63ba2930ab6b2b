/** Formats the rows of an export as JSONL, CSV, or CSV that is safe to open in a spreadsheet program. */
import type { ExportFormat } from "@relearn/contract";

/** Returns the header of an export: the column names of a CSV, nothing for JSONL. */
export function exportHead(format: ExportFormat, columns: readonly string[]): string {
  if (format === "jsonl") return "";
  // Without a byte order mark, Excel reads UTF-8 in the code page of the machine.
  return `${format === "spreadsheet" ? "\uFEFF" : ""}${columns.join(",")}\r\n`;
}

/** Formats the columns of each row as one line. */
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
    return csvCell(format === "spreadsheet" ? escapeFormula(text) : text);
  });
  return `${cells.join(",")}\r\n`;
}

/** Quotes a cell as RFC 4180 requires, and also if it begins or ends with white space, which some readers trim. */
function csvCell(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/**
 * Prefixes text that a spreadsheet program would evaluate as a formula with an apostrophe; full-width signs
 * included. This changes the value, so it is a separate format: imports need the original text.
 */
function escapeFormula(text: string): string {
  return /^\s*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20]|^[\t\r\n]/u.test(text) ? `'${text}` : text;
}
