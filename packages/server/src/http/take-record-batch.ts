/**
 * Reads a request body as a batch of records, in chunks: a JSON list, or NDJSON with one document a line.
 * NDJSON is read only as fast as its chunks are stored, so the sender waits for the database.
 */
import type { Rejection } from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import { recordFault } from "../rejection.ts";
import { MAX_BATCH_BYTES, type RequestBody } from "./request-body.ts";

/** Maximum number of records in a request. */
export const MAX_BATCH_RECORDS = 10_000;
/** Maximum number of records in a chunk, which is stored in one transaction. */
const CHUNK_RECORDS = 5000;
/** Number of characters after which a chunk is full, so that long records make small chunks. */
const CHUNK_CHARACTERS = 2 * 1024 * 1024;
/** Memory of an NDJSON batch: one chunk being stored and one being read, as text and parsed. */
const LINES_MEMORY_BYTES = 8 * 1024 * 1024;

interface RecordChunk {
  readonly values: readonly unknown[];
  /** Index in the request of each of `values`. */
  readonly indexes: readonly number[];
  /** Lines that are not JSON. */
  readonly rejected: readonly Rejection[];
}

/** Result of a batch: counts, and each rejected record. */
export interface BatchReport {
  readonly rejected: readonly Rejection[];
}

/** Returns the memory that reading the batch requires; the caller acquires it from a budget first. */
export function batchMemoryBytes(body: RequestBody): number {
  return isLines(body)
    ? LINES_MEMORY_BYTES
    : 4 * Math.min(MAX_BATCH_BYTES, body.announcedBytes ?? MAX_BATCH_BYTES);
}

/** Processes a chunk of records in two steps: `check` can run while the previous chunk is stored. */
export interface RecordTaker<Checked, Report extends BatchReport> {
  check(values: readonly unknown[]): Promise<Checked>;
  store(checked: Checked): Promise<Report>;
}

/**
 * Stores the records of a body chunk by chunk and adds up the reports; the next chunk is read and checked while
 * one is stored. A line that is not JSON is rejected by itself. If the body turns out to be too large or
 * unreadable, throws that error with the counts of the records stored before it in `details.taken`.
 */
export async function takeRecordBatch<Checked, Report extends BatchReport>(
  body: RequestBody,
  taker: RecordTaker<Checked, Report>,
): Promise<Report> {
  let total: Report | undefined;
  let storing: Promise<void> = Promise.resolve();
  const store = async (chunk: RecordChunk, checked: Checked): Promise<void> => {
    const report = withBatchIndexes(chunk, await taker.store(checked));
    total = total === undefined ? report : addReports(total, report);
  };
  try {
    let isFirst = true;
    for await (const chunk of readChunks(body)) {
      // An empty batch also has a report.
      if (chunk.values.length === 0 && chunk.rejected.length === 0 && !isFirst) continue;
      isFirst = false;
      const checked = await taker.check(chunk.values);
      await storing;
      storing = store(chunk, checked);
      // The promise is awaited later; until then a failure must not count as an unhandled rejection.
      storing.catch(() => {});
    }
    await storing;
  } catch (error) {
    await storing.catch(() => {});
    if (!(error instanceof RelearnError) || total === undefined) throw error;
    const { rejected, ...counts } = total as Report;
    throw new RelearnError(error.code, `${error.message} The preceding records were stored.`, {
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
    `The body has ${body.mediaType === "" ? "no content type" : `the content type ${body.mediaType}`}, which is not supported; send application/json with a list, or application/x-ndjson with one document a line.`,
  );
}

async function* listChunks(body: RequestBody): AsyncGenerator<RecordChunk> {
  let values: unknown;
  try {
    values = JSON.parse(await body.text());
  } catch (error) {
    if (error instanceof RelearnError) throw error;
    throw new RelearnError("invalid_input", `The body is not valid JSON: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  if (!Array.isArray(values)) {
    throw new RelearnError("invalid_input", "The body must be a list of records, even for a single record.");
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
        ...recordFault("not_json", [], line, `is not valid JSON: ${(error as Error).message}`),
      });
    }
  }
}

/** Converts the indexes of a chunk's report to those of the request and adds the lines that are not JSON. */
function withBatchIndexes<Report extends BatchReport>(chunk: RecordChunk, report: Report): Report {
  const rejected = [
    ...chunk.rejected,
    ...report.rejected.map((rejection) => ({
      ...rejection,
      index: chunk.indexes[rejection.index] ?? rejection.index,
    })),
  ].sort((a, b) => a.index - b.index);
  return { ...report, rejected };
}

/** Adds two reports: sums every count and appends the rejections. */
function addReports<Report extends BatchReport>(first: Report, second: Report): Report {
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
