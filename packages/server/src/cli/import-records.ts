import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import {
  CsvReader,
  detectTableFormat,
  refuseSpreadJson,
  TableDecoder,
  TableError,
} from "@relearn/contract/table";
import { RelearnError } from "../errors.ts";
import {
  type ColumnMeaning,
  type CsvMapping,
  columnMeanings,
  rowDocument,
  rowReader,
} from "../feeds/csv-document.ts";
import { type RecordFault, recordFault } from "../rejection.ts";
import { loadQuotedParser } from "../training/parse-quoted.ts";

/** Record of a file, or the fault of a line that is not a record. `line` counts from 1. */
export type ImportRecord = { readonly line: number } & RecordContent;

type RecordContent =
  | { readonly document: Readonly<Record<string, unknown>>; readonly bytes: number }
  | { readonly fault: RecordFault };

export interface ImportSource {
  /** Total bytes; undefined for standard input. */
  readonly bytes: number | undefined;
  /** Bytes read so far. */
  bytesRead(): number;
  records(): AsyncGenerator<ImportRecord>;
  /** Meaning of each column of a CSV file; null before the header is read, and for JSONL. */
  columns(): readonly ColumnMeaning[] | null;
}

export interface ImportFormat {
  /** By default, detected from the beginning of the file. */
  readonly format?: "jsonl" | "csv" | undefined;
  /** WHATWG name; a byte-order mark takes precedence. */
  readonly encoding: string;
}

/**
 * Opens a file, or standard input for `-`, as a stream of records, with only a few records in memory at a time.
 * The file is JSONL if it begins with `{`, else CSV with a header line.
 */
export async function openImport(
  file: string,
  format: ImportFormat,
  mapping: CsvMapping,
): Promise<ImportSource> {
  const fromInput = file === "-";
  const bytes = fromInput ? undefined : await findFileSize(file);
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
      throw createReadError(file, error);
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

async function findFileSize(file: string): Promise<number | undefined> {
  try {
    const found = await stat(file);
    if (found.isDirectory()) throw new Error("it is a folder");
    // A pipe has no size.
    return found.isFile() ? found.size : undefined;
  } catch (error) {
    throw createReadError(file, error);
  }
}

/**
 * Reads pieces of bytes into records. Exported so that tests can cut the pieces anywhere. If the rest of the file
 * cannot be read, the last record is the fault; if there is no record before it, throws `invalid_input`.
 */
export async function* readRecords(
  pieces: AsyncIterable<Uint8Array>,
  format: ImportFormat,
  mapping: CsvMapping,
  file: string,
  onColumns: (columns: readonly ColumnMeaning[]) => void = () => {},
): AsyncGenerator<ImportRecord> {
  const pending: ImportRecord[] = [];
  let isFirst = true;
  try {
    const decoder = new TableDecoder(format.encoding, "add --encoding windows-1252");
    let reader: RecordReader | undefined;
    const read = (bytes: Uint8Array, isLast: boolean): void => {
      for (const text of decoder.decode(bytes, isLast)) {
        reader ??= createReader(text, format.format, mapping, file, pending, onColumns);
        reader.read(text);
      }
    };
    for await (const piece of pieces) {
      read(piece, false);
      if (pending.length === 0) continue;
      isFirst = false;
      yield* pending.splice(0);
    }
    read(new Uint8Array(0), true);
    reader?.end();
  } catch (error) {
    if (!(error instanceof TableError)) throw error;
    if (error.line === null || (isFirst && pending.length === 0)) {
      throw new RelearnError("invalid_input", error.toSentence(file), { cause: error });
    }
    const message = `${error.message}; the rest of the file was not read`;
    pending.push({ line: error.line, fault: recordFault("invalid", [], undefined, message) });
  }
  yield* pending;
}

interface RecordReader {
  /** Reads whole lines. */
  read(text: string): void;
  end(): void;
}

function createReader(
  text: string,
  format: "jsonl" | "csv" | undefined,
  mapping: CsvMapping,
  file: string,
  pending: ImportRecord[],
  onColumns: (columns: readonly ColumnMeaning[]) => void,
): RecordReader {
  if (format === "jsonl") refuseSpreadJson(text);
  if ((format ?? detectTableFormat(text)) === "csv") return createCsvReader(mapping, pending, onColumns);
  if (mapping.label === undefined && mapping.key !== undefined) {
    throw new RelearnError(
      "invalid_input",
      `--key without --label names a column of a CSV file, but ${file} is JSONL, whose records have a key. To read each line as a row of a table, add --label.`,
    );
  }
  return createJsonLinesReader(mapping, pending);
}

function createJsonLinesReader(mapping: CsvMapping, pending: ImportRecord[]): RecordReader {
  let line = 0;
  return {
    read(text) {
      const lines = text.split("\n");
      if (lines.at(-1) === "") lines.pop();
      for (const one of lines) {
        line++;
        const record = one.trim();
        if (record !== "") pending.push({ line, ...readJson(record, mapping) });
      }
    },
    end() {},
  };
}

function readJson(text: string, mapping: CsvMapping): RecordContent {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return { fault: recordFault("not_json", [], text, `is not JSON: ${(error as Error).message}`) };
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { fault: recordFault("invalid", [], value, "must be a JSON object") };
  }
  const document = value as Readonly<Record<string, unknown>>;
  const { agent, label } = mapping;
  const bytes = Buffer.byteLength(text);
  if (label !== undefined) return { bytes, document: rowDocument(document, mapping) };
  return {
    bytes,
    document: agent === undefined || document["agent"] != null ? document : { ...document, agent },
  };
}

function createCsvReader(
  mapping: CsvMapping,
  pending: ImportRecord[],
  onColumns: (columns: readonly ColumnMeaning[]) => void,
): RecordReader {
  let toDocument: ReturnType<typeof rowReader>;
  return new CsvReader(
    {
      onHeader: (names) => {
        toDocument = rowReader(names, mapping);
        onColumns(columnMeanings(names, mapping));
      },
      onRow: (cells, line) => {
        const made = toDocument(cells);
        const bytes = cells.reduce((sum, cell) => sum + Buffer.byteLength(cell) + 8, 0);
        pending.push(
          "fault" in made ? { line, fault: made.fault } : { line, document: made.document, bytes },
        );
      },
      onBadRow: (line, reason) =>
        pending.push({ line, fault: recordFault("invalid", [], undefined, reason) }),
    },
    loadQuotedParser,
  );
}

function createReadError(file: string, error: unknown): RelearnError {
  if (error instanceof RelearnError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new RelearnError("invalid_input", `${file} cannot be read: ${reason}.`, { cause: error });
}
