import { CsvReader } from "@relearn/contract/table";
import fc from "fast-check";
import { expect, it } from "vitest";
import { exportHead, exportLines } from "./export-text.ts";
import { loadQuotedParser } from "./training/parse-quoted.ts";

/** PostgreSQL stores no zero bytes. */
const withoutZeros = (text: string): string => text.replaceAll("\0", "");

const columns = ["key", "payload", "notes"] as const;

it("writes a line a row, as JSON or as CSV", () => {
  const rows = [{ key: 'a "b"', payload: { x: 1 }, notes: null, id: 7 }];
  expect(exportHead("jsonl", columns) + exportLines("jsonl", columns, rows)).toBe(
    '{"key":"a \\"b\\"","payload":{"x":1},"notes":null}\n',
  );
  expect(exportHead("csv", columns) + exportLines("csv", columns, rows)).toBe(
    'key,payload,notes\r\n"a ""b""","{""x"":1}",\r\n',
  );
});

it("writes CSV that reads back as it was, whatever stands in it", () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.tuple(fc.string({ unit: "grapheme" }), fc.string({ unit: "binary-ascii" }).map(withoutZeros)),
      ),
      (pairs) => {
        const rows = pairs.map(([key, notes]) => ({ key, payload: {}, notes }));
        const read: string[][] = [];
        const bad: string[] = [];
        const csv = new CsvReader(
          {
            onHeader: (names) => expect(names).toEqual(columns),
            onRow: (cells) => read.push(cells),
            onBadRow: (line, reason) => bad.push(`${line} ${reason}`),
          },
          loadQuotedParser,
        );
        csv.read(exportHead("csv", columns) + exportLines("csv", columns, rows));
        csv.end();
        expect(bad).toEqual([]);
        expect(read).toEqual(rows.map(({ key, notes }) => [key, "{}", notes]));
      },
    ),
  );
});

it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1", "\r=1"])(
  "leaves %j as it is in CSV and makes it text for a spreadsheet",
  (text) => {
    const row = [{ key: text, payload: {}, notes: "plain" }];
    const cell = (format: "csv" | "spreadsheet") =>
      exportLines(format, columns, row).split(",{}")[0]?.replace(/^"|"$/g, "");
    expect(cell("csv")).toBe(text);
    expect(cell("spreadsheet")).toBe(`'${text}`);
    expect(exportLines("spreadsheet", columns, row)).toContain(",plain");
  },
);
