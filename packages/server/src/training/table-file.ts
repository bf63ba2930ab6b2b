import type { BundleWarning } from "@relearn/client";
import {
  CsvReader,
  detectTableFormat,
  findSimilarColumn,
  TableDecoder,
  TableError,
} from "@relearn/contract/table";
import { RelearnError } from "../errors.ts";
import { MISSING, MISSING_WORDS, NOT_A_NUMBER, NOT_FINITE, parseNumber } from "./number-text.ts";
import { orderRows } from "./order-rows.ts";
import { loadQuotedParser } from "./parse-quoted.ts";
import { MAX_CLASSES, type TrainingTable } from "./training-table.ts";

export interface TableFileOptions {
  readonly label: string;
  /** Columns to train on, in this order; by default every numeric column but the label. */
  readonly features?: readonly string[];
  /** Encoding of the file, by its WHATWG name. A byte-order mark takes precedence. */
  readonly encoding: string;
}

export interface BadRow {
  readonly line: number;
  readonly reason: string;
}

export interface TableFile {
  readonly input: TrainingTable;
  /** Number of records in the file, usable or not. */
  readonly records: number;
  readonly badRowCount: number;
  /** The first 1,000 bad rows. */
  readonly badRows: readonly BadRow[];
  /** Columns that are not used, with the reason. */
  readonly warnings: readonly BundleWarning[];
}

/**
 * Reads a table of labeled rows from the bytes of a CSV or JSONL file, piece by piece, and orders its rows by content
 * (`orderRows`). A row that cannot be used (no label, a missing value, a word instead of a number, a wrong number of
 * fields) is skipped and reported with line and reason. A column of words or of mostly missing values is skipped with a
 * warning; if it is requested by name, it is an error. Throws `invalid_input`. Memory: 8 bytes per value, and the text of
 * one piece.
 */
export class TableFileParser {
  readonly #name: string;
  readonly #options: TableFileOptions;
  readonly #cells: CellColumns;
  readonly #decoder: TableDecoder;
  #reader: LineReader | undefined;

  /** `name`: name of the file in messages. */
  constructor(name: string, options: TableFileOptions) {
    this.#name = name;
    this.#options = options;
    this.#cells = new CellColumns(options.label);
    this.#decoder = this.#describeFaults(
      () => new TableDecoder(options.encoding, "add --encoding windows-1252"),
    );
  }

  /** Reads the next piece of the file. The caller may overwrite it afterwards. */
  take(bytes: Uint8Array): void {
    this.#describeFaults(() => this.#read(bytes, false));
  }

  /** Returns the table of the whole file. */
  end(): TableFile {
    this.#describeFaults(() => {
      this.#read(new Uint8Array(0), true);
      this.#reader?.end();
    });
    if (this.#reader === undefined) throw new RelearnError("invalid_input", `${this.#name} is empty.`);
    return toTable(this.#cells, this.#options, this.#name);
  }

  #read(bytes: Uint8Array, isLast: boolean): void {
    for (const text of this.#decoder.decode(bytes, isLast)) {
      this.#reader ??=
        detectTableFormat(text) === "jsonl" ? new JsonLinesReader(this.#cells) : createCsvReader(this.#cells);
      this.#reader.read(text);
    }
  }

  #describeFaults<Result>(run: () => Result): Result {
    try {
      return run();
    } catch (error) {
      if (!(error instanceof TableError)) throw error;
      throw new RelearnError("invalid_input", error.toSentence(this.#name), { cause: error });
    }
  }
}

interface LineReader {
  /** Reads complete lines. */
  read(text: string): void;
  end(): void;
}

/** Maximum of bad rows that are reported individually. */
const MAX_LISTED_ROWS = 1000;

function createCsvReader(cells: CellColumns): LineReader {
  let labelAt = -1;
  return new CsvReader(
    {
      onHeader: (names) => {
        labelAt = cells.begin(names);
      },
      onRow: (texts, line) => {
        const row = cells.startRow(line);
        for (let field = 0; field < texts.length; field++) {
          const text = texts[field]!;
          if (field === labelAt) {
            // Two labels damaged by an earlier conversion would look the same.
            if (text.includes("\uFFFD")) {
              cells.reject(
                row,
                `has a label with U+FFFD, which replaces a lost character: ${text.slice(0, 60)}`,
              );
            } else cells.setLabel(row, text);
            continue;
          }
          const value = parseNumber(text);
          cells.setValue(row, field, value);
          if (value === NOT_A_NUMBER) cells.addWord(row, field, () => text);
        }
      },
      onBadRow: (line, reason) => cells.reject(cells.startRow(line), reason),
    },
    loadQuotedParser,
  );
}

/** Returns true for the words that mean "no value", except "none", which may be a class. */
function isMissingLabel(text: string): boolean {
  const word = text.toLowerCase();
  return word !== "none" && MISSING_WORDS.has(word);
}

/** Formats column names for a message, at most 20 of them. */
function formatNames(names: readonly string[]): string {
  const shown = names.slice(0, 20).map(shorten);
  return shown.join(", ") + (names.length > shown.length ? ` and ${names.length - shown.length} more` : "");
}

function shorten(name: string): string {
  return name.length > 60 ? `${name.slice(0, 60)}…` : name;
}

class JsonLinesReader implements LineReader {
  readonly #cells: CellColumns;
  #line = 0;

  constructor(cells: CellColumns) {
    this.#cells = cells;
    cells.begin([cells.labelName]);
  }

  read(text: string): void {
    const lines = text.split("\n");
    if (lines.at(-1) === "") lines.pop();
    for (const line of lines) {
      this.#line++;
      const record = line.trim();
      if (record !== "") addJsonLine(this.#cells, this.#line, record);
    }
  }

  end(): void {}
}

function addJsonLine(cells: CellColumns, line: number, text: string): void {
  const row = cells.startRow(line);
  let record: unknown;
  try {
    record = JSON.parse(text);
  } catch (error) {
    cells.reject(row, `is not JSON: ${toMessage(error)}`);
    return;
  }
  if (typeof record !== "object" || record === null || Array.isArray(record)) {
    cells.reject(row, "is not a JSON object");
    return;
  }
  for (const [name, value] of Object.entries(record)) {
    if (name === cells.labelName) {
      const isLabel = typeof value === "string" || typeof value === "number" || typeof value === "boolean";
      if (isLabel) cells.setLabel(row, String(value));
      else if (value !== null) cells.reject(row, `has a label that is not text: ${JSON.stringify(value)}`);
      continue;
    }
    const field = cells.indexColumn(name);
    const number = toNumber(value);
    cells.setValue(row, field, number);
    if (number === NOT_A_NUMBER) {
      cells.addWord(row, field, () => (typeof value === "string" ? value : JSON.stringify(value)));
    }
  }
}

function toNumber(value: unknown): number {
  switch (typeof value) {
    case "number":
      return Number.isFinite(value) ? value : NOT_FINITE;
    case "boolean":
      return value ? 1 : 0;
    case "string":
      return parseNumber(value.trim());
    default:
      return value === null ? MISSING : NOT_A_NUMBER;
  }
}

/** Cells of all records by column, before usable columns and rows are selected. */
class CellColumns {
  readonly labelName: string;
  readonly names: string[] = [];
  readonly values: (Float64Array | null)[] = [];
  readonly labels: string[] = [];
  readonly words: Map<string, string> = new Map();
  readonly rejected: Map<number, string> = new Map();
  /** Index into `labels`, one per row; -1 without a label. */
  labelByRow = new Int32Array(1024);
  lines = new Int32Array(1024);
  rows = 0;
  readonly #index = new Map<string, number>();
  readonly #labelIndex = new Map<string, number>();

  constructor(labelName: string) {
    this.labelName = labelName;
  }

  /** Defines the columns and returns the index of the label. */
  begin(names: readonly string[]): number {
    const labelAt = names.indexOf(this.labelName);
    if (labelAt === -1) {
      const alike = findSimilarColumn(names, this.labelName);
      const columns =
        names.length === 1
          ? `the header has one column, ${formatNames(names)}. The delimiter must be comma, semicolon, tab or |.`
          : `the columns are ${formatNames(names)}.`;
      throw new RelearnError(
        "invalid_input",
        `There is no column "${this.labelName}" for --label; ${alike === undefined ? columns : `did you mean "${alike}"?`}`,
        { details: { columns: names.slice(0, 1000) } },
      );
    }
    for (const name of names) this.indexColumn(name);
    this.values[labelAt] = null;
    return labelAt;
  }

  /** Returns the index of a column. A new one is missing in the rows so far. */
  indexColumn(name: string): number {
    let at = this.#index.get(name);
    if (at === undefined) {
      at = this.names.push(name) - 1;
      this.#index.set(name, at);
      this.values.push(new Float64Array(this.lines.length).fill(MISSING));
    }
    return at;
  }

  startRow(line: number): number {
    const row = this.rows++;
    if (row === this.lines.length) this.#grow();
    this.lines[row] = line;
    this.labelByRow[row] = -1;
    return row;
  }

  setValue(row: number, column: number, value: number): void {
    this.values[column]![row] = value;
  }

  setLabel(row: number, text: string): void {
    let label = this.#labelIndex.get(text);
    if (label === undefined) {
      if (isMissingLabel(text)) return;
      const kept = detach(text);
      label = this.labels.push(kept) - 1;
      this.#labelIndex.set(kept, label);
      if (this.labels.length > 65_000) {
        throw new RelearnError(
          "invalid_input",
          `The label column "${this.labelName}" has more than 65,000 different values, so it cannot be a column of classes.`,
        );
      }
    }
    this.labelByRow[row] = label;
  }

  /** Stores a word for the report, up to a limit. */
  addWord(row: number, column: number, text: () => string): void {
    if (this.words.size < 20 * MAX_LISTED_ROWS) {
      this.words.set(`${row}:${column}`, detach(text().slice(0, 60)));
    }
  }

  reject(row: number, reason: string): void {
    this.rejected.set(row, reason);
  }

  #grow(): void {
    const length = 2 * this.lines.length;
    for (let column = 0; column < this.values.length; column++) {
      const old = this.values[column]!;
      if (old === null) continue;
      const grown = new Float64Array(length);
      grown.set(old);
      grown.fill(MISSING, old.length);
      this.values[column] = grown;
    }
    const grownInts = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const grown = new Int32Array(length);
      grown.set(old);
      return grown;
    };
    this.lines = grownInts(this.lines);
    this.labelByRow = grownInts(this.labelByRow);
  }
}

/** Copies a text, since a slice would keep the whole piece of the file in memory. */
function detach(text: string): string {
  return Buffer.from(text, "utf16le").toString("utf16le");
}

function toTable(cells: CellColumns, options: TableFileOptions, path: string): TableFile {
  if (cells.rows === 0) throw new RelearnError("invalid_input", `${path} has no rows.`);
  if (cells.rejected.size === cells.rows) {
    const [row, reason] = [...cells.rejected][0]!;
    throw new RelearnError(
      "invalid_input",
      `${path}: none of the ${cells.rows} rows can be used; line ${cells.lines[row]}: ${reason}.`,
    );
  }
  const warnings: BundleWarning[] = [];
  const chosen = chooseColumns(cells, options, warnings);
  const bad = new Uint8Array(cells.rows);
  const badRows: BadRow[] = [];
  let badRowCount = 0;
  for (let row = 0; row < cells.rows; row++) {
    const reason = findRowFault(cells, chosen, row);
    if (reason === undefined) continue;
    bad[row] = 1;
    badRowCount++;
    if (badRows.length < MAX_LISTED_ROWS) badRows.push({ line: cells.lines[row]!, reason });
  }
  const rows = cells.rows - badRowCount;
  if (rows === 0) {
    const { line, reason } = badRows[0]!;
    throw new RelearnError(
      "invalid_input",
      `${path}: none of the ${cells.rows} rows can be used; line ${line}: ${reason}.`,
      { details: { bad_rows: badRows } },
    );
  }
  const columns = chosen.map((column) => {
    const values = cells.values[column]!;
    cells.values[column] = null;
    let to = 0;
    for (let row = 0; row < cells.rows; row++) if (bad[row] === 0) values[to++] = values[row]!;
    return values.subarray(0, rows);
  });
  const { classes, labels } = sortClasses(cells, bad, rows);
  if (classes.length < 2 && badRowCount > 0) {
    const { line, reason } = badRows[0]!;
    throw new RelearnError(
      "insufficient_data",
      `Insufficient data: the ${rows} rows that can be used all have the label "${classes[0]}"; ${badRowCount} were left out, the first is line ${line}: ${reason}.`,
      { details: { rows, classes, bad_rows: badRows } },
    );
  }
  orderRows(columns, labels);
  return {
    input: {
      featureNames: chosen.map((column) => cells.names[column]!),
      table: { rows, columns },
      classes,
      labels,
      weights: null,
      groups: null,
    },
    records: cells.rows,
    badRowCount,
    badRows,
    warnings,
  };
}

function chooseColumns(cells: CellColumns, options: TableFileOptions, warnings: BundleWarning[]): number[] {
  if (options.features !== undefined) {
    return options.features.map((name) => {
      const column = cells.names.indexOf(name);
      if (column === -1 || cells.values[column] === null) {
        throw new RelearnError(
          "invalid_input",
          name === options.label
            ? `--features names the label column "${name}".`
            : `--features names "${name}", which is not a column; the columns are ${formatNames(cells.names)}.`,
        );
      }
      const fault = findColumnFault(cells, column);
      if (fault !== undefined) {
        throw new RelearnError("invalid_input", `The feature "${name}" ${fault}.`);
      }
      return column;
    });
  }
  const chosen: number[] = [];
  cells.names.forEach((name, column) => {
    if (cells.values[column] === null) return;
    const fault = findColumnFault(cells, column);
    if (fault === undefined) chosen.push(column);
    else warnings.push({ code: "skipped_column", message: `The column ${name} is left out: it ${fault}.` });
  });
  if (chosen.length === 0) {
    throw new RelearnError(
      "invalid_input",
      `There is no numeric column besides the label "${options.label}". ${warnings
        .slice(0, 5)
        .map((one) => one.message)
        .join(" ")}`,
    );
  }
  return chosen;
}

/** Returns the reason why a column cannot be a feature, or `undefined`. */
function findColumnFault(cells: CellColumns, column: number): string | undefined {
  const values = cells.values[column]!;
  let missing = 0;
  let words = 0;
  let example = -1;
  for (let row = 0; row < cells.rows; row++) {
    const value = values[row]!;
    if (Number.isNaN(value)) missing++;
    else if (value === NOT_A_NUMBER) {
      words++;
      if (example === -1) example = row;
    }
  }
  if (missing === cells.rows) return "has no values";
  if (words > (cells.rows - missing) / 2) {
    const word = cells.words.get(`${example}:${column}`);
    return `holds words, not numbers (line ${cells.lines[example]}: ${JSON.stringify(word ?? "…")}); ${/^[-+]?\d+(,\d+)+(\.\d+)?$/.test(word ?? "") ? "write numbers with a decimal point and without thousands separators" : "encode it as numbers, e.g. one 0/1 column per word"}`;
  }
  if (missing > cells.rows / 2) return `is missing in ${missing} of ${cells.rows} rows`;
  return undefined;
}

function findRowFault(cells: CellColumns, chosen: readonly number[], row: number): string | undefined {
  const rejected = cells.rejected.get(row);
  if (rejected !== undefined) return rejected;
  if (cells.labelByRow[row] === -1) return `has no label (${cells.labelName})`;
  for (const column of chosen) {
    const value = cells.values[column]![row]!;
    // x - x is 0 only for a finite x.
    if (value - value === 0) continue;
    const name = cells.names[column]!;
    if (Number.isNaN(value)) return `${name} is missing`;
    if (value === NOT_FINITE) return `${name} is not a finite number`;
    return `${name} is ${JSON.stringify(cells.words.get(`${row}:${column}`) ?? "…")}, not a number`;
  }
  return undefined;
}

/** Returns the classes in ascending order, numerically if all labels are numbers, and the class of each usable row. */
function sortClasses(cells: CellColumns, bad: Uint8Array, rows: number) {
  const used = new Uint8Array(cells.labels.length);
  for (let row = 0; row < cells.rows; row++) if (bad[row] === 0) used[cells.labelByRow[row]!] = 1;
  const classes = cells.labels.filter((_, at) => used[at] === 1);
  if (classes.length > MAX_CLASSES) {
    throw new RelearnError(
      "invalid_input",
      `The label column "${cells.labelName}" has ${classes.length} different values; at most ${MAX_CLASSES} classes are trained. If it is a quantity, divide it into classes.`,
    );
  }
  const numeric = classes.every((name) => Number.isFinite(parseNumber(name)));
  const byName = (a: string, b: string): number => (a < b ? -1 : 1);
  classes.sort(numeric ? (a, b) => parseNumber(a) - parseNumber(b) || byName(a, b) : byName);
  const place = new Map(classes.map((name, at) => [name, at]));
  const labels = new Uint16Array(rows);
  let to = 0;
  for (let row = 0; row < cells.rows; row++) {
    if (bad[row] === 0) labels[to++] = place.get(cells.labels[cells.labelByRow[row]!]!)!;
  }
  return { classes, labels };
}

function toMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
