/** A file of labeled rows as columns and records: CSV, JSON (a list), or JSON lines. */
import {
  CsvReader,
  type ParseQuoted,
  refuseSpreadJson,
  TableDecoder,
  TableError,
} from "@relearn/contract/table";

export interface ImportTable {
  readonly columns: readonly string[];
  readonly rows: readonly Readonly<Record<string, unknown>>[];
  /** Place of each row in the file: its line, or its number in a JSON list. */
  readonly places: readonly number[];
  /** Rows that cannot be read, and why. */
  readonly rejected: readonly { readonly row: number; readonly reason: string }[];
}

const PIECE_BYTES = 1 << 20;

/** Reads a file; `encoding`: by its WHATWG name. Throws an Error whose message names the line at fault. */
export async function parseTable(
  fileName: string,
  bytes: Uint8Array,
  encoding: string,
): Promise<ImportTable> {
  try {
    const decoder = new TableDecoder(encoding, "choose the encoding windows-1252");
    const pieces: string[] = [];
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      pieces.push(...decoder.decode(bytes.subarray(at, at + PIECE_BYTES), false));
    }
    pieces.push(...decoder.decode(new Uint8Array(0), true));
    const start = pieces[0]?.trimStart() ?? "";
    if (start === "" && pieces.every((text) => text.trim() === "")) throw new Error("The file is empty.");
    if (/\.csv$/i.test(fileName)) return parseCsv(pieces, await loadQuotedParser());
    const content = pieces.join("");
    return start.startsWith("[") ? toTable(parseList(content)) : parseLines(content);
  } catch (error) {
    if (!(error instanceof TableError)) throw error;
    throw new Error(error.toSentence(error.line === null ? "The file" : "In the file,"), { cause: error });
  }
}

/** The build of csv-parse that needs no Buffer of Node; the page loads it with the first CSV file. */
async function loadQuotedParser(): Promise<ParseQuoted> {
  const { parse } = await import("csv-parse/browser/esm/sync");
  return parse as unknown as ParseQuoted;
}

function parseCsv(pieces: readonly string[], parseQuoted: ParseQuoted): ImportTable {
  let columns: readonly string[] = [];
  const rows: Readonly<Record<string, unknown>>[] = [];
  const places: number[] = [];
  const rejected: { row: number; reason: string }[] = [];
  const reader = new CsvReader(
    {
      onHeader: (names) => {
        columns = names;
      },
      onRow: (cells, line) => {
        rows.push(Object.fromEntries(columns.map((name, at) => [name, cells[at]])));
        places.push(line);
      },
      onBadRow: (row, reason) => rejected.push({ row, reason }),
    },
    () => parseQuoted,
  );
  for (const text of pieces) reader.read(text);
  reader.end();
  return { columns, rows, places, rejected };
}

function parseList(content: string): unknown[] {
  const list: unknown = JSON.parse(content);
  if (!Array.isArray(list)) throw new Error("The file holds no list: give [ … ], JSON lines or CSV.");
  return list;
}

function parseLines(content: string): ImportTable {
  refuseSpreadJson(content);
  const places: number[] = [];
  const records = content.split("\n").flatMap((line, index) => {
    if (line.trim() === "") return [];
    places.push(index + 1);
    try {
      return [JSON.parse(line) as unknown];
    } catch (error) {
      throw new Error(
        `Line ${index + 1} is no JSON: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  });
  return toTable(records, places);
}

function toTable(records: readonly unknown[], places?: readonly number[]): ImportTable {
  const rows = records.map((record, index) => {
    if (typeof record !== "object" || record === null || Array.isArray(record)) {
      throw new Error(`Record ${index + 1} is no object: give { … } for each row.`);
    }
    return record as Readonly<Record<string, unknown>>;
  });
  return {
    columns: [...new Set(rows.flatMap((row) => Object.keys(row)))],
    rows,
    places: places ?? rows.map((_, index) => index + 1),
    rejected: [],
  };
}
