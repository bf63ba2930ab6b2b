/**
 * What commands print. People's output goes to standard output as text, a program's (`--json`) as one JSON
 * document; progress and errors go to standard error, so that a pipe carries results alone.
 */

/** Prints one JSON document for programs. */
export function printJson(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

/** Prints one JSON document on one line: for streams of documents. */
export function printJsonLine(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}

/** Prints text for people, without what would drive the terminal. */
export function printText(text: string): void {
  process.stdout.write(printable(text.endsWith("\n") ? text : `${text}\n`));
}

/**
 * Text without control characters and without those that turn the direction of writing, since keys, labels and
 * payloads come from mail and pages that may carry some on purpose; lines and tabs stay.
 */
export function printable(text: string): string {
  return (
    text
      .replace(/\r\n?/g, "\n")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out.
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
  );
}

export type Alignment = "left" | "right";

/**
 * A table in plain text: headers, a rule, rows; columns as wide as their widest cell.
 * `alignments` gives each column's side, left where left out; numbers belong right.
 */
export function formatTable(
  headers: readonly string[],
  rows: readonly (readonly string[])[],
  alignments: readonly Alignment[] = [],
): string {
  const widths = headers.map((header, column) =>
    Math.max(header.length, ...rows.map((row) => (row[column] ?? "").length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        alignments[column] === "right" ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join("  ")
      .trimEnd();
  return [line(headers), widths.map((width) => "─".repeat(width)).join("  "), ...rows.map(line)].join("\n");
}

/** A bar of at most `width` cells for a share in [0, 1], in eighths of a cell. */
export function formatBar(share: number, width = 24): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const full = Math.floor(eighths / 8);
  const rest = eighths % 8;
  return "█".repeat(full) + (rest === 0 ? "" : "▏▎▍▌▋▊▉"[rest - 1]!);
}
