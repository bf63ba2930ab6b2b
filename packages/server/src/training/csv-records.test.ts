import { parse } from "csv-parse/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CsvRecords, delimiterOf } from "./csv-records.ts";

/** Records with their lines, read in pieces of `size` bytes. */
function readAll(text: string, size: number, delimiter = ","): { line: number; fields: string[] }[] {
  const bytes = Buffer.from(text);
  const records = new CsvRecords(delimiter.charCodeAt(0));
  const out: { line: number; fields: string[] }[] = [];
  let held = Buffer.alloc(0);
  for (let at = 0; ; at += size) {
    const last = at >= bytes.length;
    held = Buffer.concat([held, bytes.subarray(at, at + size)]);
    const used = records.read(held, last, () => {
      const fields = Array.from({ length: records.fields }, (_, field) => records.text(field));
      out.push({ line: records.line, fields });
    });
    held = held.subarray(used);
    if (last) return out;
  }
}

describe("CSV records", () => {
  const text = '\ufeffa,b,c\r\n1,"two, ""2""",3\r\n\r\n"line\nbreak",,\n4,5';
  const expected = [
    { line: 1, fields: ["a", "b", "c"] },
    { line: 2, fields: ["1", 'two, "2"', "3"] },
    { line: 4, fields: ["line\nbreak", "", ""] },
    { line: 6, fields: ["4", "5"] },
  ];

  it.each([1, 2, 3, 7, 1000])("are the same in pieces of %d bytes", (size) => {
    // A mark in the first piece alone can be seen, so it must be whole; files are read in large pieces.
    const input = size < 3 ? text.slice(1) : text;
    expect(readAll(input, size)).toEqual(expected);
  });

  it("are those of csv-parse, whatever the fields hold", () => {
    const field = fc.string({ unit: fc.constantFrom("a", "1", '"', ",", "\n", "é", "😀", ".") });
    const table = fc.array(fc.array(field, { minLength: 2, maxLength: 4 }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        table,
        fc.integer({ min: 1, max: 30 }),
        fc.constantFrom("\n", "\r\n"),
        (rows, size, end) => {
          const quoted = rows.map((row) => row.map((cell) => `"${cell.replaceAll('"', '""')}"`).join(","));
          const written = quoted.join(end);
          const reference: string[][] = parse(written, { relax_column_count: true });
          expect(readAll(written, size).map((record) => record.fields)).toEqual(reference);
        },
      ),
    );
  });

  it("find the delimiter of the header", () => {
    const of = (header: string): string => String.fromCharCode(delimiterOf(Buffer.from(header)));
    expect([
      of("a,b;c,d"),
      of("a;b;c\n1,2,3,4,5"),
      of("a\tb"),
      of('"a,b,c";d'),
      of("alone"),
      of("a|b"),
    ]).toEqual([",", ";", "\t", ";", ",", "|"]);
  });
});
