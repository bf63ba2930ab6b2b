import { parse as browserParse } from "csv-parse/browser/esm/sync";
import { parse as nodeParse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CsvReader, type ParseQuoted } from "./csv-reader.ts";
import { type TableCase, tableCases } from "./table-cases.fixture.ts";
import { MAX_RECORD_BYTES, TableDecoder } from "./table-decoder.ts";
import { TableError } from "./table-error.ts";

const parsers = { node: nodeParse, browser: browserParse } as unknown as Record<
  "node" | "browser",
  ParseQuoted
>;

interface Outcome {
  columns: readonly string[];
  rows: [number, ...string[]][];
  badRows: [number, string][];
  fault?: [number | null, string];
}

function toBytes(file: TableCase["file"]): Uint8Array {
  return typeof file === "string" ? new TextEncoder().encode(file) : file;
}

function read(
  file: TableCase["file"],
  {
    encoding = "utf-8",
    size = 1 << 20,
    parse = parsers.node,
  }: { encoding?: string; size?: number; parse?: ParseQuoted } = {},
): Outcome {
  const bytes = toBytes(file);
  const outcome: Outcome = { columns: [], rows: [], badRows: [] };
  const reader = new CsvReader(
    {
      onHeader: (names) => {
        outcome.columns = names;
      },
      onRow: (cells, line) => outcome.rows.push([line, ...cells]),
      onBadRow: (line, reason) => outcome.badRows.push([line, reason]),
    },
    () => parse,
  );
  try {
    const decoder = new TableDecoder(encoding, "add --encoding windows-1252");
    for (let at = 0; at < bytes.length; at += size) {
      for (const text of decoder.decode(bytes.subarray(at, at + size), false)) reader.read(text);
    }
    for (const text of decoder.decode(new Uint8Array(0), true)) reader.read(text);
    reader.end();
  } catch (error) {
    if (!(error instanceof TableError)) throw error;
    outcome.fault = [error.line, error.message];
  }
  return outcome;
}

function expectCase(one: TableCase, { rows, badRows, fault }: Outcome): void {
  expect(rows).toEqual(one.rows ?? []);
  expect(badRows).toEqual(
    (one.badRows ?? []).map(([line, reason]) => [line, expect.stringContaining(reason)]),
  );
  expect(fault).toEqual(one.fault && [one.fault[0], expect.stringContaining(one.fault[1])]);
}

describe("a CSV file", () => {
  it.each(tableCases)("$name, in pieces of any size, with either build of csv-parse", (one) => {
    const encoding = one.encoding ?? "utf-8";
    for (const size of [1, 2, 3, 7, 1 << 20]) {
      for (const parse of [parsers.node, parsers.browser]) {
        expectCase(one, read(one.file, { encoding, size, parse }));
      }
    }
  });

  const cell = fc.string({
    unit: fc.constantFrom("a", "1", '"', ",", ";", "\n", "\r\n", "é", " ", "\u00a0", "😀", "\uFEFF"),
  });
  const createRows = (columns: number) =>
    fc.array(fc.array(cell, { minLength: columns, maxLength: columns }), { minLength: 1, maxLength: 8 });

  it("without quotes is read as the same file with every cell in quotes, and as csv-parse reads it", () => {
    const plain = fc.string({
      unit: fc.constantFrom("a", "1", "é", " ", "\u00a0", "😀", ".", "\uFEFF", ";"),
    });
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 4 }).chain((columns) =>
          fc.array(fc.array(plain, { minLength: columns, maxLength: columns }), {
            minLength: 1,
            maxLength: 8,
          }),
        ),
        fc.constantFrom("\n", "\r\n"),
        fc.integer({ min: 1, max: 30 }),
        (table, end, size) => {
          const header = table[0]!.map((_, at) => `c${at}`);
          const write = (rows: readonly (readonly string[])[], quote: string): string =>
            [header, ...rows].map((row) => row.map((one) => quote + one + quote).join(",")).join(end);
          const unquoted = read(write(table, ""), { size });
          const trimmed = table.map((row) => row.map((one) => one.trim()));
          expect(unquoted.badRows).toEqual([]);
          expect(unquoted.rows.map(([, ...cells]) => cells)).toEqual(trimmed);
          expect(read(write(trimmed, '"'), { size })).toEqual(unquoted);
          const reference = nodeParse(write(table, ""), { trim: true, record_delimiter: ["\r\n", "\n"] });
          expect([header, ...trimmed]).toEqual(reference);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("reads back whatever is written in quotes, in pieces of any size", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 4 }).chain(createRows),
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom("\n", "\r\n"),
        fc.func(fc.boolean()),
        (table, size, end, isQuoted) => {
          const header = table[0]!.map((_, at) => `c${at}`);
          const write = (one: string): string =>
            /[",;\r\n]|^\s|\s$/.test(one) || isQuoted(one) ? `"${one.replaceAll('"', '""')}"` : one;
          const text = [header, ...table].map((row) => row.map(write).join(",")).join(end);
          const found = read(text, { size });
          expect(found.fault).toBeUndefined();
          expect(found.badRows).toEqual([]);
          expect(found.rows.map(([, ...cells]) => cells)).toEqual(table);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("of any text gives the same in pieces of any size, and each line is a row, a bad row, blank or part of one", () => {
    const anything = fc.string({
      unit: fc.constantFrom("a", '"', '"', ",", "\n", "\r", "\0", " ", "é"),
      maxLength: 40,
    });
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 9 }), (text, size) => {
        const file = `a,b\n${text}`;
        const whole = read(file);
        expect(read(file, { size })).toEqual(whole);
        expect(read(file, { parse: parsers.browser })).toEqual(whole);
        for (const [line, ...cells] of whole.rows) {
          expect(cells).toHaveLength(2);
          expect(file.split("\n")[line - 1]).toBeDefined();
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe("a hostile file", () => {
  const head = "label,text\n";
  const memoryOf = (run: () => void): number => {
    const before = process.memoryUsage().rss;
    run();
    return (process.memoryUsage().rss - before) / 2 ** 20;
  };

  it("ends at a line or a record that is too long, whatever follows", () => {
    const long = "x".repeat(10 << 20);
    expect(read(`${head}a,x\nb,${long}\nc,y\n`)).toMatchObject({
      rows: [[2, "a", "x"]],
      fault: [3, `is longer than ${MAX_RECORD_BYTES} bytes`],
    });
    expect(read(`${head}a,x\nb,"${long}"\nc,y\n`)).toMatchObject({
      rows: [[2, "a", "x"]],
      fault: [3, `is longer than ${MAX_RECORD_BYTES} bytes`],
    });
    expect(read(`${head}a,x\nb,"${"y\n".repeat(5 << 20)}"\nc,y\n`)).toMatchObject({
      rows: [[2, "a", "x"]],
      fault: [3, expect.stringContaining("never closed in")],
    });
    expect(memoryOf(() => read("x".repeat(50 << 20)))).toBeLessThan(300);
    // Just below the limit it is a cell like any other.
    const most = "x".repeat(MAX_RECORD_BYTES - 100);
    expect(read(`${head}b,"${most}"\nc,${most}\n`).rows.map(([, , text]) => text?.length)).toEqual([
      most.length,
      most.length,
    ]);
  });

  it("has at most as many columns as a spreadsheet, and a row with more is a bad row", () => {
    const names = ",x".repeat(999_999);
    expect(read(`x${names}\n`).fault).toEqual([1, "has more than 16384 columns"]);
    expect(read(`"x"${names}\n`).fault).toEqual([1, "has more than 16384 columns"]);
    const wide = ",".repeat(999_999);
    expect(read(`${head}${wide}\n"q",${wide}\na,x\n`)).toMatchObject({
      rows: [[4, "a", "x"]],
      badRows: [
        [2, "has 1000000 fields, 2 expected"],
        [3, "has 1000001 fields, 2 expected"],
      ],
    });
  });

  it("of faulty records keeps the good ones between them, in bounded time", () => {
    const faulty = `a,"x"y\nb,x\n"c ""d"" ",z\n`.repeat(5000);
    const start = process.cpuUsage();
    const found = read(head + faulty);
    const { user } = process.cpuUsage(start);
    expect([found.rows.length, found.badRows.length]).toEqual([10_000, 5000]);
    expect(user / 1e6).toBeLessThan(20);
  });
});
