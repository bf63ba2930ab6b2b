/**
 * Reads a request's body as a batch of records, chunk by chunk: a JSON list, or NDJSON with one document a
 * line. NDJSON is read as fast as its chunks are taken and no faster: the sender waits while the database does.
 */
import type { Rejection } from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import { recordFault } from "../rejection.ts";
import { MAX_BATCH_BYTES, type RequestBody } from "./request-body.ts";

/** Records a request at most; more go in several requests. */
export const MAX_BATCH_RECORDS = 10_000;
/** Records a chunk: one transaction's worth of signals. */
const CHUNK_RECORDS = 5000;
/** Characters of a chunk after which it is full, so that long records make small chunks. */
const CHUNK_CHARACTERS = 2 * 1024 * 1024;
/** What a batch of NDJSON holds in memory: a chunk that is written and one that is read, as text and parsed. */
const LINES_MEMORY_BYTES = 8 * 1024 * 1024;

interface RecordChunk {
  readonly values: readonly unknown[];
  /** The index, in the request, of each of `values`. */
  readonly indexes: readonly number[];
  /** Lines that are no JSON. */
  readonly rejected: readonly Rejection[];
}

/** What became of a batch: counts, and each record that was not taken. */
export interface BatchReport {
  readonly rejected: readonly Rejection[];
}

/** Memory that reading the batch takes, to be taken from a budget before. */
export function batchMemoryBytes(body: RequestBody): number {
  return isLines(body)
    ? LINES_MEMORY_BYTES
    : 4 * Math.min(MAX_BATCH_BYTES, body.announcedBytes ?? MAX_BATCH_BYTES);
}

/** The two halves of taking a chunk of records: `check` may run while the chunk before it is stored. */
export interface RecordTaker<Checked, Report extends BatchReport> {
  check(values: readonly unknown[]): Promise<Checked>;
  store(checked: Checked): Promise<Report>;
}

/**
 * Takes the records of a body, a chunk after the other, and adds the reports up; while a chunk is stored, the
 * next is read and checked. A line that is no JSON is rejected by itself. Where the body as a whole turns out
 * to be too large or unreadable, that is thrown, with what was taken before it in the error's `taken`.
 */
export async function takeRecordBatch<Checked, Report extends BatchReport>(
  body: RequestBody,
  taker: RecordTaker<Checked, Report>,
): Promise<Report> {
  let total: Report | undefined;
  let underWay: Promise<void> = Promise.resolve();
  const store = async (chunk: RecordChunk, checked: Checked): Promise<void> => {
    const report = withBatchIndexes(chunk, await taker.store(checked));
    total = total === undefined ? report : added(total, report);
  };
  try {
    let isFirst = true;
    for await (const chunk of readChunks(body)) {
      // Also an empty batch has its report.
      if (chunk.values.length === 0 && chunk.rejected.length === 0 && !isFirst) continue;
      isFirst = false;
      const checked = await taker.check(chunk.values);
      await underWay;
      underWay = store(chunk, checked);
      // Whoever awaits it hears of a failure; until then it must not count as one that nobody hears of.
      underWay.catch(() => {});
    }
    await underWay;
  } catch (error) {
    await underWay.catch(() => {});
    if (!(error instanceof RelearnError) || total === undefined) throw error;
    const { rejected, ...counts } = total as Report;
    throw new RelearnError(error.code, `${error.message} The records before that were taken.`, {
      details: { ...error.details, taken: { ...counts, rejected: rejected.length } },
      cause: error,
    });
  }
  return total!;
}

const isLines = (body: RequestBody): boolean =>
  body.mediaType === "application/x-ndjson" || body.mediaType === "application/jsonl";

function readChunks(body: RequestBody): AsyncGenerator<RecordChunk> {
  if (isLines(body)) return lineChunks(body);
  if (body.mediaType === "application/json" || (body.mediaType === "" && body.isAbsent))
    return listChunks(body);
  throw new RelearnError(
    "unsupported_media_type",
    `The body has ${body.mediaType === "" ? "no content type" : `the content type ${body.mediaType}`}; send application/json with a list, or application/x-ndjson with one document a line.`,
  );
}

async function* listChunks(body: RequestBody): AsyncGenerator<RecordChunk> {
  let values: unknown;
  try {
    values = JSON.parse(await body.text());
  } catch (error) {
    if (error instanceof RelearnError) throw error;
    throw new RelearnError("invalid_input", `The body is not JSON: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  if (!Array.isArray(values)) {
    throw new RelearnError("invalid_input", "The body must be a list of records, also for a single one.");
  }
  if (values.length > MAX_BATCH_RECORDS) throw tooManyRecords();
  for (let from = 0; from === 0 || from < values.length; from += CHUNK_RECORDS) {
    const chunk: unknown[] = values.slice(from, from + CHUNK_RECORDS);
    yield { values: chunk, indexes: chunk.map((_, index) => from + index), rejected: [] };
  }
}

async function* lineChunks(body: RequestBody): AsyncGenerator<RecordChunk> {
  let chunk = new LineChunk();
  let records = 0;
  let rest = "";
  const addLine = (line: string): void => {
    if (line.trim() === "") return;
    if (records >= MAX_BATCH_RECORDS) throw tooManyRecords();
    chunk.add(line, records);
    records += 1;
  };
  for await (const piece of body.pieces()) {
    const lines = (rest + piece).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      addLine(line);
      if (!chunk.isFull) continue;
      yield chunk;
      chunk = new LineChunk();
    }
  }
  addLine(rest);
  yield chunk;
}

class LineChunk implements RecordChunk {
  readonly values: unknown[] = [];
  readonly indexes: number[] = [];
  readonly rejected: Rejection[] = [];
  #characters = 0;

  get isFull(): boolean {
    return this.values.length >= CHUNK_RECORDS || this.#characters >= CHUNK_CHARACTERS;
  }

  add(line: string, index: number): void {
    this.#characters += line.length;
    try {
      this.values.push(JSON.parse(line));
      this.indexes.push(index);
    } catch (error) {
      this.rejected.push({
        index,
        ...recordFault("not_json", [], line, `is not JSON: ${(error as Error).message}`),
      });
    }
  }
}

/** A report over a chunk's values with the indexes of the request, and the lines that were no JSON. */
function withBatchIndexes<Report extends BatchReport>(chunk: RecordChunk, report: Report): Report {
  const rejected = [
    ...chunk.rejected,
    ...report.rejected.map((one) => ({ ...one, index: chunk.indexes[one.index] ?? one.index })),
  ].sort((a, b) => a.index - b.index);
  return { ...report, rejected };
}

/** Two reports of one kind as one: every count added up, the rejections in their order. */
function added<Report extends BatchReport>(first: Report, second: Report): Report {
  const sums = Object.entries(second).flatMap(([name, count]) =>
    typeof count === "number" ? [[name, count + Number(first[name as keyof Report] ?? 0)]] : [],
  );
  return { ...first, ...Object.fromEntries(sums), rejected: [...first.rejected, ...second.rejected] };
}

function tooManyRecords(): RelearnError {
  return new RelearnError(
    "too_large",
    `A batch has at most ${MAX_BATCH_RECORDS} records; send more in several requests.`,
    { details: { limit_records: MAX_BATCH_RECORDS } },
  );
}
