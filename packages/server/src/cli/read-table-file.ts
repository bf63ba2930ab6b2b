import { closeSync, openSync, readSync } from "node:fs";
import { RelearnError } from "../errors.ts";
import { type TableFile, type TableFileOptions, TableFileParser } from "../training/table-file.ts";

const STANDARD_INPUT = 0;
const PIECE_BYTES = 1 << 20;
/** A record longer than this is an unclosed quote. */
const LONGEST_RECORD_BYTES = 64 << 20;

/** What messages call a file; - is standard input. */
export function nameOfFile(path: string): string {
  return path === "-" ? "standard input" : path;
}

/** Reads a CSV or JSONL file of labeled rows into a training table, as `TableFileParser` says. */
export function readTableFile(path: string, options: TableFileOptions): TableFile {
  const name = nameOfFile(path);
  const parser = new TableFileParser(name, options);
  const file = path === "-" ? STANDARD_INPUT : openFile(path);
  try {
    readPieces(file, parser, name);
  } catch (error) {
    if (error instanceof RelearnError) throw error;
    throw new RelearnError("invalid_input", `Cannot read ${name}: ${messageOf(error)}.`, { cause: error });
  } finally {
    closeSync(file);
  }
  return parser.table();
}

function openFile(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw new RelearnError("invalid_input", `Cannot open ${path}: ${messageOf(error)}.`, { cause: error });
  }
}

function readPieces(file: number, parser: TableFileParser, name: string): void {
  let buffer = new Uint8Array(PIECE_BYTES);
  let held = 0;
  for (;;) {
    if (held === buffer.length) {
      if (held >= LONGEST_RECORD_BYTES) {
        throw new RelearnError(
          "invalid_input",
          `${name}: a record is longer than ${LONGEST_RECORD_BYTES} bytes; a quote is probably never closed.`,
        );
      }
      const grown = new Uint8Array(2 * buffer.length);
      grown.set(buffer);
      buffer = grown;
    }
    const count = readSync(file, buffer, held, buffer.length - held, null);
    held += count;
    const used = parser.take(buffer.subarray(0, held), count === 0);
    if (count === 0) return;
    buffer.copyWithin(0, used, held);
    held -= used;
  }
}

function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const reasons = {
    ENOENT: "there is no such file",
    EISDIR: "it is a folder",
    EACCES: "permission is denied",
  };
  const code = "code" in error ? error.code : undefined;
  return reasons[code as keyof typeof reasons] ?? error.message;
}
