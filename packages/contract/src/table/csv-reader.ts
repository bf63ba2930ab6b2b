import { checkHeader, detectDelimiter, MAX_COLUMNS, refuseNoHeader } from "./csv-header.ts";
import { MAX_RECORD_BYTES } from "./table-decoder.ts";
import { TableError } from "./table-error.ts";

/** The options of csv-parse that records with quotes are parsed with. */
export interface QuotedOptions {
  readonly delimiter: string;
  readonly record_delimiter: "\n";
  /** The reader counts the fields itself: a row that is too short or too long is rejected alone. */
  readonly relax_column_count: true;
  readonly trim: boolean;
}

/** `parse` of `csv-parse/sync`, or of `csv-parse/browser/esm/sync`. */
export type ParseQuoted = (text: string, options: QuotedOptions) => string[][];

export interface CsvHandlers {
  /** Called once, before any row, with the names of the columns. */
  readonly onHeader: (names: readonly string[], line: number) => void;
  /**
   * Called for a row that has a cell for each column; unquoted cells are trimmed. The cells may be slices of
   * the text that was read: a caller that keeps one copies it, or it keeps the whole text.
   */
  readonly onRow: (cells: string[], line: number) => void;
  /** Called for a row that cannot be used. `reason`: a predicate of the line. */
  readonly onBadRow: (line: number, reason: string) => void;
}

type Entry =
  | { readonly line: number; readonly text: string }
  | { readonly line: number; readonly cells: string[] }
  | { readonly line: number; readonly reason: string };
type QuotedEntry = Extract<Entry, { text: string }>;

/**
 * Reads CSV strictly: RFC 4180 with a header, delimited by comma, semicolon, tab or |; lines end in LF or CRLF.
 * Blank lines are skipped. Records without quotes, or with quotes that enclose whole plain cells, are split
 * here; the others are parsed by csv-parse, all of one block at once. A row with a wrong number of fields, a quote in a wrong place, a lone carriage
 * return or a zero byte, and a repetition of the header go to `onBadRow`. If the start of the next
 * record cannot be determined, `read` or `end` throws a `TableError` after the preceding rows were passed on.
 */
export class CsvReader {
  readonly #handlers: CsvHandlers;
  /** The block has other characters than visible ASCII: cells are trimmed. */
  #mayHaveBlanks = false;
  readonly #loadParser: () => ParseQuoted;
  #names: readonly string[] | undefined;
  #delimiter = ",";
  /** Number of the last line taken. */
  #line = 0;
  /** Lines so far of a record that continues within quotes. */
  #open: { readonly line: number; readonly lines: string[]; length: number } | undefined;
  /** Records that wait for the end of the block, in the order of the file; the first of them has quotes. */
  #waiting: Entry[] = [];
  /** A carriage return that ends no line, or a zero byte, was read: rows are searched for misplaced ones. */
  #hasControls = false;

  /** `loadParser` is called at the first record that is parsed by csv-parse. */
  constructor(handlers: CsvHandlers, loadParser: () => ParseQuoted) {
    this.#handlers = handlers;
    this.#loadParser = loadParser;
  }

  /** Reads whole lines; the last line of the file may lack its end. */
  read(block: string): void {
    const lines = block.split("\n");
    if (lines.at(-1) === "") lines.pop();
    const hasReturns = block.includes("\r");
    const hasQuotes = block.includes('"');
    // A record may go on in the next block, so that this holds for the rest of the file.
    this.#hasControls ||= block.includes("\0") || (hasReturns && LONE_RETURN_IN_BLOCK.test(block));
    this.#mayHaveBlanks = INVISIBLE.test(block);
    for (const line of lines) {
      this.#line++;
      if (this.#open !== undefined || (hasQuotes && line.includes('"'))) this.#takeQuoted(line);
      else this.#takeUnquoted(hasReturns && line.endsWith("\r") ? line.slice(0, -1) : line);
    }
    this.#handOver();
  }

  /** Throws a `TableError` if the file ended within quotes. */
  end(): void {
    if (this.#open !== undefined) throw this.#neverClosed(this.#open);
  }

  #takeUnquoted(line: string): void {
    const names = this.#names;
    if (names === undefined) {
      if (line.trim() === "") return;
      this.#takeHeader(line, this.#line, () => line.split(this.#delimiter, MAX_COLUMNS + 1));
      return;
    }
    const cells = line.split(this.#delimiter, names.length + 1);
    if (cells.length === 1 && line.trim() === "") return;
    if (this.#mayHaveBlanks) this.#trim(cells);
    const reason = this.#hasControls ? findControl(cells) : undefined;
    if (reason !== undefined) this.#take({ line: this.#line, reason });
    else if (cells.length > names.length) this.#takeTooLong(line);
    else if (this.#waiting.length > 0) this.#waiting.push({ line: this.#line, cells });
    else this.#giveRow(cells, this.#line);
  }

  #trim(cells: string[]): void {
    for (let at = 0; at < cells.length; at++) {
      const cell = cells[at]!;
      // Not a lone carriage return: it is a fault.
      if (!this.#hasControls || !cell.includes("\r")) cells[at] = cell.trim();
    }
  }

  #takeTooLong(line: string): void {
    const count = line.split(this.#delimiter).length;
    this.#take({ line: this.#line, reason: describeCount(count, this.#names!.length) });
  }

  #takeQuoted(line: string): void {
    if (this.#open === undefined && this.#names !== undefined && !this.#hasControls) {
      const cells = splitSimple(removeReturn(line), this.#delimiter, this.#names.length);
      if (cells !== undefined) {
        this.#take({ line: this.#line, cells });
        return;
      }
    }
    const isOdd = countQuotes(line) % 2 === 1;
    const open = this.#open;
    if (open !== undefined) {
      open.lines.push(line);
      open.length += line.length + 1;
      if (!isOdd) {
        if (open.length > MAX_RECORD_BYTES) {
          this.#handOver();
          throw this.#neverClosed(open);
        }
        return;
      }
      this.#open = undefined;
      this.#takeRecord({ line: open.line, text: removeReturn(open.lines.join("\n")) });
      return;
    }
    if (this.#names === undefined) this.#delimiter = detectDelimiter(line);
    if (!isOdd) this.#takeRecord({ line: this.#line, text: removeReturn(line) });
    else if (opensField(line, this.#delimiter)) {
      this.#open = { line: this.#line, lines: [line], length: line.length };
    } else if (this.#names === undefined) throw new TableError(this.#line, STRAY_QUOTE);
    else this.#take({ line: this.#line, reason: STRAY_QUOTE });
  }

  #takeRecord(entry: QuotedEntry): void {
    if (this.#names === undefined) {
      this.#takeHeader(entry.text, entry.line, () => {
        const read = this.#parse([entry])[0]!;
        if ("text" in read) throw this.#neverClosed({ line: read.line, lines: [read.text] });
        if ("reason" in read) throw new TableError(read.line, read.reason);
        return read.cells;
      });
    } else this.#waiting.push(entry);
  }

  #takeHeader(text: string, line: number, split: () => string[]): void {
    this.#delimiter = detectDelimiter(text);
    refuseNoHeader(text, line);
    this.#names = checkHeader(split(), line);
    this.#handlers.onHeader(this.#names, line);
  }

  /** Hands a record over, or lets it wait for those before it. */
  #take(entry: Exclude<Entry, QuotedEntry>): void {
    if (this.#waiting.length > 0) this.#waiting.push(entry);
    else this.#give(entry);
  }

  #give(entry: Exclude<Entry, QuotedEntry>): void {
    if ("reason" in entry) this.#handlers.onBadRow(entry.line, entry.reason);
    else this.#giveRow(entry.cells, entry.line);
  }

  #giveRow(cells: string[], line: number): void {
    const names = this.#names!;
    if (cells.length !== names.length) {
      this.#handlers.onBadRow(line, describeCount(cells.length, names.length));
    } else if (cells[0] === names[0] && cells.every((cell, at) => cell === names[at])) {
      this.#handlers.onBadRow(line, "repeats the header");
    } else this.#handlers.onRow(cells, line);
  }

  /** Parses the records that wait, and hands all of them over. */
  #handOver(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    const parsed = this.#parse(waiting.filter((entry) => "text" in entry));
    let next = 0;
    for (const entry of waiting) {
      const read = "text" in entry ? parsed[next++]! : entry;
      if ("text" in read) throw this.#neverClosed({ line: read.line, lines: [read.text] });
      this.#give(read);
    }
  }

  /**
   * Parses records with quotes, as many as possible in one call. A faulty record of several lines comes back as
   * it is: its end cannot be determined.
   */
  #parse(entries: readonly QuotedEntry[]): Entry[] {
    const parsed: Entry[] = [];
    let from = 0;
    entries.forEach((entry, at) => {
      // csv-parse passes over `"" "x"` if it trims.
      if (!JOINED_QUOTES.test(entry.text)) return;
      this.#parseTogether(entries.slice(from, at), true, parsed);
      this.#parseTogether([entry], false, parsed);
      from = at + 1;
    });
    this.#parseTogether(from === 0 ? entries : entries.slice(from), true, parsed);
    return parsed;
  }

  /** Parses records in one call; if one of them is faulty, in halves until it is found. */
  #parseTogether(entries: readonly QuotedEntry[], trim: boolean, parsed: Entry[]): void {
    if (entries.length === 0) return;
    let records: string[][];
    try {
      records = this.#loadParser()(entries.map(({ text }) => text).join("\n"), {
        delimiter: this.#delimiter,
        record_delimiter: "\n",
        relax_column_count: true,
        trim,
      });
    } catch (error) {
      const half = entries.length >> 1;
      if (half > 0) {
        this.#parseTogether(entries.slice(0, half), trim, parsed);
        this.#parseTogether(entries.slice(half), trim, parsed);
      } else {
        const entry = entries[0]!;
        const reason = describeQuoteFault(error);
        parsed.push(entry.text.includes("\n") ? entry : { line: entry.line, reason });
      }
      return;
    }
    if (records.length !== entries.length) {
      throw new Error(`csv-parse made ${records.length} records of ${entries.length}.`);
    }
    entries.forEach(({ line, text }, at) => {
      const cells = records[at]!;
      const reason = this.#hasControls ? (findLoneReturn(text) ?? findZero(cells)) : undefined;
      parsed.push(reason === undefined ? { line, cells } : { line, reason });
    });
  }

  #neverClosed({ line, lines }: { readonly line: number; readonly lines: readonly string[] }): TableError {
    const text = lines.join("\n");
    const { openedAt, closedAt } = findQuoteFault(text, this.#delimiter);
    const lineAt = (at: number): number => line + text.slice(0, at).split("\n").length - 1;
    return new TableError(
      lineAt(openedAt),
      closedAt === undefined
        ? `opens a quote that is never closed${text.length > MAX_RECORD_BYTES ? ` in ${MAX_RECORD_BYTES} characters` : ""}; close it, or write it twice if it is part of the text`
        : `opens a quote that has text behind its end in line ${lineAt(closedAt)}; close the field, or write a quote within it twice`,
    );
  }
}

const STRAY_QUOTE =
  "has a quote in the middle of a field; enclose the whole field in quotes and write the quote within it twice";
/** An empty quoted field, a blank, a quote: also in valid text (`"say ""hi"" "`). */
const JOINED_QUOTES = /""[^\S\n]+"/;

function describeQuoteFault(error: unknown): string {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  switch (code) {
    case "INVALID_OPENING_QUOTE":
      return STRAY_QUOTE;
    case "CSV_INVALID_CLOSING_QUOTE":
    case "CSV_NON_TRIMABLE_CHAR_AFTER_CLOSING_QUOTE":
      return "has text behind a closing quote; write a quote within a quoted field twice";
    default:
      throw error;
  }
}

/** Anything but visible ASCII: a blank is among it. */
const INVISIBLE = /[^!-~\n]/;
/** For a block that ends with a line; a carriage return at the end of the file ends a line. */
const LONE_RETURN_IN_BLOCK = /\r(?!\n|$)/;

/**
 * Splits a record of one line in which quotes only enclose whole cells, without a delimiter or a quote in them;
 * `undefined` for any other, and if it has more than `columns` cells.
 */
function splitSimple(line: string, delimiter: string, columns: number): string[] | undefined {
  const cells = line.split(delimiter, columns + 1);
  if (cells.length > columns) return undefined;
  for (let at = 0; at < cells.length; at++) {
    const cell = cells[at]!.trim();
    const quote = cell.indexOf('"');
    if (quote === -1) cells[at] = cell;
    else if (quote === 0 && cell.length > 1 && cell.indexOf('"', 1) === cell.length - 1) {
      cells[at] = cell.slice(1, -1);
    } else return undefined;
  }
  return cells;
}

function describeCount(count: number, expected: number): string {
  return `has ${count} ${count === 1 ? "field" : "fields"}, ${expected} expected`;
}

function removeReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}

function countQuotes(line: string): number {
  let count = 0;
  for (let at = line.indexOf('"'); at !== -1; at = line.indexOf('"', at + 1)) count++;
  return count;
}

/** Returns true if the last quote of a line with an odd number of quotes is at the start of a field. */
function opensField(line: string, delimiter: string): boolean {
  const before = line.slice(0, findQuoteFault(line, delimiter).openedAt);
  const cell = before.slice(before.lastIndexOf(delimiter) + 1);
  return cell.trim() === "";
}

/**
 * Finds where a record's faulty quote was opened, and where it was closed if text follows it. Otherwise returns the
 * last quote that was opened.
 */
function findQuoteFault(text: string, delimiter: string): { openedAt: number; closedAt?: number } {
  let openedAt = 0;
  let closedAt = -2;
  let isOpen = false;
  for (let at = text.indexOf('"'); at !== -1; at = text.indexOf('"', at + 1)) {
    isOpen = !isOpen;
    if (!isOpen) {
      closedAt = at;
      const next = text.slice(at + 1, at + 2);
      if (next !== '"' && next !== delimiter && next.trim() !== "") return { openedAt, closedAt };
    } else if (at !== closedAt + 1) openedAt = at;
  }
  return { openedAt };
}

function findControl(cells: readonly string[]): string | undefined {
  return cells.some((cell) => cell.includes("\r")) ? LONE_RETURN : findZero(cells);
}

function findLoneReturn(text: string): string | undefined {
  const isFaulty = text.split('"').some((part, at) => at % 2 === 0 && part.includes("\r"));
  return isFaulty ? LONE_RETURN : undefined;
}

function findZero(cells: readonly string[]): string | undefined {
  return cells.some((cell) => cell.includes("\0")) ? "has a zero byte, which is no text" : undefined;
}

const LONE_RETURN =
  "has a carriage return that ends no line; enclose the field in quotes if it belongs to the text";
