import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { RelearnError } from "../errors.ts";
import {
  type ColumnMeaning,
  type CsvMapping,
  columnMeanings,
  csvReader,
  rowDocument,
} from "../feeds/csv-document.ts";
import { type RecordFault, recordFault } from "../rejection.ts";
import { CsvRecords, delimiterOf } from "../training/csv-records.ts";

/** One record of a file, or why its line is none. `line` counts from 1. */
export type ImportRecord = { readonly line: number } & (
  | { readonly document: Readonly<Record<string, unknown>>; readonly bytes: number }
  | { readonly fault: RecordFault }
);

export interface ImportSource {
  /** Total bytes; undefined for standard input. */
  readonly bytes: number | undefined;
  /** Bytes read so far. */
  bytesRead(): number;
  records(): AsyncGenerator<ImportRecord>;
  /** What each column of a CSV file becomes; null before its header is read, and of JSONL. */
  columns(): readonly ColumnMeaning[] | null;
}

/** Longer records than this are an unclosed quote or no records: a payload has at most 256 kB. */
const LONGEST_RECORD_BYTES = 4 * 1024 * 1024;

/**
 * Opens a file, or standard input for `-`, as a stream of records; never more than a few records are in
 * memory. JSONL where it begins with `{`, else CSV with a header line.
 */
export async function openImport(
  file: string,
  format: "jsonl" | "csv" | undefined,
  mapping: CsvMapping,
): Promise<ImportSource> {
  const fromInput = file === "-";
  const bytes = fromInput ? undefined : await sizeOf(file);
  const stream: AsyncIterable<Buffer> = fromInput ? process.stdin : createReadStream(file);
  let read = 0;
  let columns: readonly ColumnMeaning[] | null = null;
  async function* pieces(): AsyncGenerator<Buffer> {
    try {
      for await (const piece of stream) {
        read += piece.length;
        yield piece;
      }
    } catch (error) {
      throw unreadable(file, error);
    }
  }
  return {
    bytes,
    bytesRead: () => read,
    records: () =>
      readRecords(pieces(), format, mapping, file, (found) => {
        columns = found;
      }),
    columns: () => columns,
  };
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw new Error("it is a folder");
    // A pipe has no size.
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    throw unreadable(file, error);
  }
}

/** Reads pieces of bytes into records; a separate function so that tests can cut the pieces anywhere. */
export async function* readRecords(
  pieces: AsyncIterable<Buffer>,
  format: "jsonl" | "csv" | undefined,
  mapping: CsvMapping,
  file: string,
  onColumns: (columns: readonly ColumnMeaning[]) => void = () => {},
): AsyncGenerator<ImportRecord> {
  let held: Buffer = Buffer.alloc(0);
  let reader: PieceReader | undefined;
  for await (const piece of pieces) {
    held = held.length === 0 ? piece : Buffer.concat([held, piece]);
    if (reader === undefined && !hasHeader(held)) continue;
    reader ??= readerFor(held, format, mapping, file, onColumns);
    const taken = reader.read(held, false);
    yield* taken.records;
    held = held.subarray(taken.used);
    if (held.length > LONGEST_RECORD_BYTES) {
      yield reader.tooLong();
      return;
    }
  }
  if (held.length === 0 && reader === undefined) return;
  reader ??= readerFor(held, format, mapping, file, onColumns);
  yield* reader.read(held, true).records;
}

interface PieceReader {
  read(bytes: Buffer, last: boolean): { readonly records: ImportRecord[]; readonly used: number };
  tooLong(): ImportRecord;
}

/** Whether the format and the delimiter can be told already. */
function hasHeader(bytes: Buffer): boolean {
  return bytes.includes(0x0a) || bytes.length > LONGEST_RECORD_BYTES;
}

function readerFor(
  bytes: Buffer,
  format: "jsonl" | "csv" | undefined,
  mapping: CsvMapping,
  file: string,
  onColumns: (columns: readonly ColumnMeaning[]) => void,
): PieceReader {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)) {
    throw new RelearnError("invalid_input", `${file} is UTF-16; save it as UTF-8.`);
  }
  const first = bytes.find((byte) => byte > 0x20 && byte < 0x80);
  if (first === 0x5b && format === undefined) {
    throw new RelearnError(
      "invalid_input",
      `${file} is a JSON list; give JSONL, one object a line, or CSV with a header line.`,
    );
  }
  const jsonl = format === undefined ? first === 0x7b : format === "jsonl";
  if (jsonl && mapping.label === undefined && mapping.key !== undefined) {
    throw new RelearnError(
      "invalid_input",
      `--key without --label names a column of a CSV file; ${file} is JSONL, whose records have a key of their own. With --label each line is a row of a table.`,
    );
  }
  return jsonl ? jsonLines(mapping) : csvLines(delimiterOf(bytes), mapping, onColumns);
}

function jsonLines(mapping: CsvMapping): PieceReader {
  let line = 0;
  const read = (text: string, bytes: number): ImportRecord => {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      return { line, fault: recordFault("not_json", [], text, `is not JSON: ${(error as Error).message}`) };
    }
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return { line, fault: recordFault("invalid", [], value, "must be a JSON object") };
    }
    const document = value as Readonly<Record<string, unknown>>;
    const { agent, label } = mapping;
    if (label !== undefined) return { line, bytes, document: rowDocument(document, mapping) };
    return {
      line,
      bytes,
      document: agent === undefined || document["agent"] != null ? document : { ...document, agent },
    };
  };
  return {
    read(bytes, last) {
      const records: ImportRecord[] = [];
      let at = 0;
      while (at < bytes.length) {
        const found = bytes.indexOf(0x0a, at);
        if (found === -1 && !last) break;
        const end = found === -1 ? bytes.length : found;
        line += 1;
        const text = bytes
          .toString("utf8", at, end)
          .replace(/^\uFEFF/, "")
          .trim();
        if (text !== "") records.push(read(text, end - at));
        at = end + 1;
      }
      return { records, used: Math.min(at, bytes.length) };
    },
    tooLong: () => ({
      line: line + 1,
      fault: recordFault(
        "invalid",
        [],
        undefined,
        `is longer than ${LONGEST_RECORD_BYTES} bytes; nothing after it was read`,
      ),
    }),
  };
}

function csvLines(
  delimiter: number,
  mapping: CsvMapping,
  onColumns: (columns: readonly ColumnMeaning[]) => void,
): PieceReader {
  const csv = new CsvRecords(delimiter);
  let toDocument: ReturnType<typeof csvReader> | undefined;
  return {
    read(bytes, last) {
      const records: ImportRecord[] = [];
      const used = csv.read(bytes, last, () => {
        if (csv.isUnclosed) {
          records.push(neverClosed(csv.line));
          return;
        }
        const cells: string[] = [];
        let size = 0;
        for (let field = 0; field < csv.fields; field++) {
          cells.push(csv.text(field));
          size += csv.fieldEnds[field]! - csv.fieldStarts[field]! + 8;
        }
        if (toDocument === undefined) {
          toDocument = csvReader(cells, mapping);
          onColumns(columnMeanings(cells, mapping));
          return;
        }
        const made = toDocument(cells);
        records.push(
          "fault" in made
            ? { line: csv.line, fault: made.fault }
            : { line: csv.line, document: made.document, bytes: size },
        );
      });
      return { records, used };
    },
    tooLong: () => neverClosed(csv.line),
  };
}

function neverClosed(line: number) {
  const message = "is where a quote is opened that is never closed; nothing after it was read";
  return { line, fault: recordFault("invalid", [], undefined, message) };
}

function unreadable(file: string, error: unknown): RelearnError {
  if (error instanceof RelearnError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new RelearnError("invalid_input", `${file} cannot be read: ${reason}.`, { cause: error });
}
