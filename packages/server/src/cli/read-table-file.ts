import { closeSync, openSync, readSync } from "node:fs";
import { RelearnError } from "../errors.ts";
import { type TableFile, type TableFileOptions, TableFileParser } from "../training/table-file.ts";

const STANDARD_INPUT = 0;
const PIECE_BYTES = 1 << 18;

/** Returns the name of a file in messages; - is standard input. */
export function describeFile(path: string): string {
  return path === "-" ? "standard input" : path;
}

/** Reads a CSV or JSONL file of labeled rows into a training table, as `TableFileParser` describes. */
export function readTableFile(path: string, options: TableFileOptions): TableFile {
  const name = describeFile(path);
  const parser = new TableFileParser(name, options);
  const file = path === "-" ? STANDARD_INPUT : openFile(path);
  try {
    const buffer = new Uint8Array(PIECE_BYTES);
    for (let count = -1; count !== 0; ) {
      count = readSync(file, buffer);
      parser.take(buffer.subarray(0, count));
    }
  } catch (error) {
    if (error instanceof RelearnError) throw error;
    throw new RelearnError("invalid_input", `Cannot read ${name}: ${toMessage(error)}.`, { cause: error });
  } finally {
    closeSync(file);
  }
  return parser.end();
}

function openFile(path: string): number {
  try {
    return openSync(path, "r");
  } catch (error) {
    throw new RelearnError("invalid_input", `Cannot open ${path}: ${toMessage(error)}.`, { cause: error });
  }
}

function toMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const reasons = {
    ENOENT: "no such file",
    EISDIR: "it is a folder",
    EACCES: "permission is denied",
  };
  const code = "code" in error ? error.code : undefined;
  return reasons[code as keyof typeof reasons] ?? error.message;
}
