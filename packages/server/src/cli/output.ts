/**
 * Output of commands. Results go to standard output, as text or with `--json` as one JSON document. Progress and
 * errors go to standard error, so that a pipe has only the results.
 */

/** Prints one JSON document. */
export function printJson(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

/** Prints one JSON document on one line, for streams of documents. */
export function printJsonLine(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}

/** Prints text without control characters. */
export function printText(text: string): void {
  process.stdout.write(printable(text.endsWith("\n") ? text : `${text}\n`));
}

/**
 * Replaces control characters and those that change the direction of writing, because keys, labels and payloads
 * may contain them on purpose. Line feeds and tabs remain.
 */
export function printable(text: string): string {
  return (
    text
      .replace(/\r\n?/g, "\n")
      // biome-ignore lint/suspicious/noControlCharactersInRegex: this expression replaces control characters.
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g, "\ufffd")
  );
}

export type Alignment = "left" | "right";

/**
 * Formats a table in plain text: headers, a rule and rows, with columns as wide as their widest cell.
 * `alignments` gives the alignment of each column, left by default; align numbers right.
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

/** Formats a share in [0, 1] as a bar of at most `width` cells, in eighths of a cell. */
export function formatBar(share: number, width = 24): string {
  const eighths = Math.round(Math.min(1, Math.max(0, share)) * width * 8);
  const full = Math.floor(eighths / 8);
  const rest = eighths % 8;
  return "█".repeat(full) + (rest === 0 ? "" : "▏▎▍▌▋▊▉"[rest - 1]!);
}
