import { describe, expect, it } from "vitest";
import { tableCases } from "../../../contract/src/table/table-cases.fixture.ts";
import { parseTable } from "./parse-table.ts";

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

describe("a file that is chosen in the console", () => {
  it.each(tableCases)(
    "$name, is read as on the command line",
    async ({ file, encoding, rows, badRows, fault }) => {
      const reading = parseTable(
        "table.csv",
        typeof file === "string" ? bytesOf(file) : file,
        encoding ?? "utf-8",
      );
      if (fault !== undefined) {
        const [line, message] = fault;
        await expect(reading).rejects.toThrow(
          `${line === null ? "The file" : `In the file, line ${line}`} ${message}`,
        );
        return;
      }
      const table = await reading;
      expect(table.columns).toEqual(["label", "text"]);
      expect(table.rows.map((row, at) => [table.places[at], row["label"], row["text"]])).toEqual(rows ?? []);
      expect(table.rejected).toEqual(
        (badRows ?? []).map(([row, reason]) => ({ row, reason: expect.stringContaining(reason) })),
      );
    },
  );

  it("may be a JSON list or JSON lines", async () => {
    const rows = [{ a: 1 }, { b: "ä" }];
    const table = { columns: ["a", "b"], rows, rejected: [] };
    expect(await parseTable("t.json", bytesOf(JSON.stringify(rows)), "utf-8")).toEqual({
      ...table,
      places: [1, 2],
    });
    expect(await parseTable("t.jsonl", bytesOf('\uFEFF\n{"a":1}\r\n\n{"b":"ä"}'), "utf-8")).toEqual({
      ...table,
      places: [2, 4],
    });
  });

  it.each([
    ["t.csv", "", "The file is empty."],
    ["t.csv", " \n\n", "The file is empty."],
    ["t.jsonl", '{\n  "a": 1\n}\n', "The file is JSON spread over several lines"],
    ["t.jsonl", '{"a":1}\n{"a"\n', "Line 2 is no JSON"],
    ["t.json", "[1]", "Record 1 is no object"],
  ])("is refused: %s, %j", async (name, text, message) => {
    await expect(parseTable(name, bytesOf(text), "utf-8")).rejects.toThrow(message);
  });
});
