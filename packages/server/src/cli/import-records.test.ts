import { describe, expect, it } from "vitest";
import { tableCases } from "../../../contract/src/table/table-cases.fixture.ts";
import type { CsvMapping } from "../feeds/csv-document.ts";
import { type ImportRecord, readRecords } from "./import-records.ts";

async function* splitIntoPieces(text: string | Uint8Array, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text as string);
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function read(
  text: string | Uint8Array,
  options: { size?: number; format?: "csv" | "jsonl"; mapping?: CsvMapping; encoding?: string } = {},
): Promise<ImportRecord[]> {
  const records: ImportRecord[] = [];
  const mapping = options.mapping ?? { kind: "gold" };
  for await (const record of readRecords(
    splitIntoPieces(text, options.size ?? 1000),
    { format: options.format, encoding: options.encoding ?? "utf-8" },
    mapping,
    "f",
  )) {
    records.push(record);
  }
  return records;
}

const jsonl = '{"task_key":"ä"}\r\n\n{"task_key": \n[1]\n"text"\n{"agent":"own","task_key":"b"}';
const csv = '\uFEFFtask_key,label,note\nä,"x\ny",1\n\n"b""c",z,2\nshort,line\n';

describe("reading a file of records", () => {
  it.each(tableCases)("reads $name as every other reader", async (one) => {
    const expected: unknown[] = [
      ...(one.rows ?? []).map(([line, label, text]) => ({
        line,
        document: { ...(label === "" ? {} : { label }), payload: text === "" ? {} : { text } },
      })),
      ...(one.badRows ?? []).map(([line, message]) => ({
        line,
        fault: { message: expect.stringContaining(message) },
      })),
    ];
    const [line, message] = one.fault ?? [];
    for (const size of [1, 1000]) {
      const reading = read(one.file, {
        size,
        mapping: { kind: "examples", label: "label" },
        encoding: one.encoding ?? "utf-8",
      });
      if (message !== undefined && expected.length === 0) {
        await expect(reading).rejects.toMatchObject({
          code: "invalid_input",
          message: expect.stringContaining(`f${line === null ? "" : ` line ${line}`} ${message}`),
        });
        continue;
      }
      const fault = { line, fault: { message: expect.stringContaining(message ?? "") } };
      const all = await reading;
      expect(all).toHaveLength(expected.length + (message === undefined ? 0 : 1));
      const byLine = [...expected, ...(message === undefined ? [] : [fault])] as { line: number }[];
      expect(all).toMatchObject(byLine.sort((one, other) => one.line - other.line));
    }
  });

  it.each([1, 2, 7, 1000])("reads JSONL in pieces of %i bytes, each bad line by its number", async (size) => {
    const records = await read(jsonl, { size, mapping: { kind: "gold", agent: "fallback" } });
    expect(records).toMatchObject([
      { line: 1, document: { task_key: "ä", agent: "fallback" } },
      { line: 3, fault: { reason: "not_json" } },
      { line: 4, fault: { reason: "invalid", message: "must be a JSON object" } },
      { line: 5, fault: { reason: "invalid" } },
      { line: 6, document: { task_key: "b", agent: "own" } },
    ]);
  });

  it.each([1, 2, 7, 1000])(
    "reads CSV in pieces of %i bytes, quotes and line breaks included",
    async (size) => {
      expect(await read(csv, { size })).toMatchObject([
        { line: 2, document: { task_key: "ä", label: "x\ny", payload: { note: 1 } } },
        { line: 5, document: { task_key: 'b"c', label: "z", payload: { note: 2 } } },
        { line: 6, fault: { message: "has 2 fields, 3 expected" } },
      ]);
    },
  );

  it("reads semicolons and tabs as the header has them", async () => {
    expect(await read("task_key;label\na;1,5\n")).toMatchObject([{ document: { label: "1,5" } }]);
    expect(await read("task_key\tlabel\na\tb\n")).toMatchObject([{ document: { label: "b" } }]);
  });

  it("finds nothing in an empty file, or in a header alone", async () => {
    expect(await read("")).toEqual([]);
    expect(await read("\n \n")).toEqual([]);
    expect(await read("task_key,label\n")).toEqual([]);
    expect(await read("task_key,label")).toEqual([]);
  });

  it("says where a quote is never closed, and keeps what was before it", async () => {
    const broken = `task_key,label\na,b\nc,"${"d\n".repeat(3_000_000)}`;
    expect(await read(broken, { size: 1 << 20 })).toMatchObject([
      { line: 2, document: { task_key: "a" } },
      { line: 3, fault: { message: expect.stringContaining("never closed") } },
    ]);
  });

  it("says so at the end of a file too, where the count of cells would fit", async () => {
    const records = await read('task_key,label\na,x\nb,"y\nc,x\nd,y\n');
    expect(records).toMatchObject([
      { line: 2, document: { task_key: "a" } },
      { line: 3, fault: { message: expect.stringContaining("never closed") } },
    ]);
  });

  it("refuses JSON lists, spread JSON and options that do not go with JSONL", async () => {
    await expect(read("[{}]\n")).rejects.toMatchObject({ message: expect.stringContaining("JSON list") });
    for (const format of [undefined, "jsonl"] as const) {
      await expect(read('{\n  "task_key": "a"\n}\n', format ? { format } : {})).rejects.toMatchObject({
        message: "f is JSON spread over several lines; write each object on one line (`jq -c .`).",
      });
    }
    await expect(read("{}\n", { mapping: { kind: "examples", key: "k" } })).rejects.toMatchObject({
      message: expect.stringContaining("--label"),
    });
  });

  it.each(["gold", "examples"] as const)(
    "reads a table of one's own as %s, from CSV and JSONL alike",
    async (kind) => {
      const mapping = { kind, agent: "own", label: "late", key: "id" };
      const key = kind === "gold" ? "task_key" : "key";
      const rows = [
        { line: 2, document: { agent: "own", [key]: "7", label: "1", payload: { notes: "n", km: 3 } } },
        { line: 3, document: { agent: "own", label: "0", payload: { notes: "m", km: 4 } } },
      ];
      expect(await read("id,notes,km,late\n7,n,3,1\n,m,4,0\n", { mapping })).toMatchObject(rows);
      const lines = '\n{"id":7,"notes":"n","km":3,"late":1}\n{"notes":"m","km":4,"late":0}\n';
      expect(await read(lines, { mapping })).toMatchObject(rows);
      // Without --key equal rows are one, whichever file they are in.
      const [ofCsv] = await read("notes,km,late\nn,3,1\n", { mapping: { kind, label: "late" } });
      const [ofJson] = await read('{"km":3,"notes":"n","late":true}\n', { mapping: { kind, label: "late" } });
      expect(ofCsv).toMatchObject({
        document: { [key]: expect.stringMatching(/^row-[0-9a-f]{24}$/), label: "1" },
      });
      expect(ofJson).toMatchObject({
        document: { [key]: (ofCsv as { document: Record<string, unknown> }).document[key], label: "true" },
      });
    },
  );
});
