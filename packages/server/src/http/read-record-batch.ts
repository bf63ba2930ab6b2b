import { RelearnError } from "../errors.ts";
import { type Rejection, recordFault } from "../rejection.ts";

/** Records a request at most; more go in several requests. */
export const MAX_BATCH_RECORDS = 10_000;
/** Bytes of a request's body at most, unpacked. */
export const MAX_BATCH_BYTES = 32 * 1024 * 1024;

export interface RecordBatch {
  readonly values: readonly unknown[];
  /** The index, in the request, of each of `values`. */
  readonly indexes: readonly number[];
  /** Lines that are no JSON. */
  readonly rejected: readonly Rejection[];
}

/**
 * Reads a request's body as a batch of records: a JSON list, or NDJSON with one document a line; gzip where
 * the content-encoding says so. Throws `too_large` beyond the limits, which hold for the unpacked body, and
 * `invalid_input` where the body as a whole cannot be read; a line that is no JSON is rejected by itself.
 */
export async function readRecordBatch(request: Request): Promise<RecordBatch> {
  const type = (request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  const text = await readBody(request);
  if (type === "application/x-ndjson" || type === "application/jsonl") return readLines(text);
  if (type !== "application/json" && type !== "") {
    throw new RelearnError(
      "invalid_input",
      `The body has the content type ${type}; send application/json with a list, or application/x-ndjson with one document a line.`,
    );
  }
  let values: unknown;
  try {
    values = JSON.parse(text);
  } catch (error) {
    throw new RelearnError("invalid_input", `The body is not JSON: ${(error as Error).message}.`, {
      cause: error,
    });
  }
  if (!Array.isArray(values)) {
    throw new RelearnError("invalid_input", "The body must be a list of records, also for a single one.");
  }
  if (values.length > MAX_BATCH_RECORDS) throw tooManyRecords();
  return { values, indexes: values.map((_, index) => index), rejected: [] };
}

function readLines(text: string): RecordBatch {
  const lines = text.split("\n").filter((line) => line.trim() !== "");
  if (lines.length > MAX_BATCH_RECORDS) throw tooManyRecords();
  const values: unknown[] = [];
  const indexes: number[] = [];
  const rejected: Rejection[] = [];
  lines.forEach((line, index) => {
    try {
      values.push(JSON.parse(line));
      indexes.push(index);
    } catch (error) {
      rejected.push({
        index,
        ...recordFault("not_json", [], line, `is not JSON: ${(error as Error).message}`),
      });
    }
  });
  return { values, indexes, rejected };
}

/** A report over a batch's values with the indexes of the request, and the lines that were no JSON. */
export function withBatchIndexes<Report extends { readonly rejected: readonly Rejection[] }>(
  batch: RecordBatch,
  report: Report,
): Report {
  const rejected = [
    ...batch.rejected,
    ...report.rejected.map((one) => ({ ...one, index: batch.indexes[one.index] ?? one.index })),
  ].sort((a, b) => a.index - b.index);
  return { ...report, rejected };
}

async function readBody(request: Request): Promise<string> {
  if (request.body === null) return "";
  const encoding = (request.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  if (encoding !== "identity" && encoding !== "gzip") {
    throw new RelearnError(
      "invalid_input",
      `The body has the content encoding ${encoding}; send it plain or as gzip.`,
    );
  }
  const stream =
    encoding === "gzip" ? request.body.pipeThrough(new DecompressionStream("gzip")) : request.body;
  const reader = stream.getReader();
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const parts: string[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      if (bytes > MAX_BATCH_BYTES) {
        throw new RelearnError(
          "too_large",
          `The body is larger than ${MAX_BATCH_BYTES / 1024 / 1024} MB unpacked; send it in smaller batches.`,
          { details: { limit_bytes: MAX_BATCH_BYTES } },
        );
      }
      parts.push(decoder.decode(value, { stream: true }));
    }
    parts.push(decoder.decode());
  } catch (error) {
    await reader.cancel().catch(() => {});
    if (error instanceof RelearnError) throw error;
    throw new RelearnError(
      "invalid_input",
      `The body cannot be read as ${encoding === "gzip" ? "gzip of " : ""}UTF-8 text: ${(error as Error).message}.`,
      { cause: error },
    );
  }
  return parts.join("");
}

function tooManyRecords(): RelearnError {
  return new RelearnError(
    "too_large",
    `A batch has at most ${MAX_BATCH_RECORDS} records; send more in several requests.`,
    { details: { limit_records: MAX_BATCH_RECORDS } },
  );
}
