import type { ConfigAnswer, ConfigSource } from "./config-source.ts";
import type { SendResult } from "./event-buffer.ts";
import type { ExposureDocument, OutcomeDocument } from "./event-documents.ts";

/** Receiver of the client's events. */
export interface EventSink {
  sendExposures(batch: readonly ExposureDocument[]): Promise<SendResult>;
  sendOutcomes(batch: readonly OutcomeDocument[]): Promise<SendResult>;
}

export interface HttpServiceOptions {
  /** URL of the service, e.g. `http://127.0.0.1:4380`; a path is kept as a prefix. */
  readonly url: string;
  readonly agent: string;
  /** Sent as `Authorization: Bearer …`. */
  readonly apiKey?: string;
  /** Timeout of one request, including its body. */
  readonly requestTimeoutMs: number;
  readonly fetch: typeof fetch;
}

/** Connects to a Relearn service over HTTP: config with ETag, events as NDJSON. Throws `TypeError` if `url` is invalid. */
export function httpService(options: HttpServiceOptions): ConfigSource & EventSink {
  const base = new URL(options.url);
  if (!base.pathname.endsWith("/")) base.pathname += "/";
  const at = (path: string): string => new URL(path, base).href;
  const authorisation: Record<string, string> =
    options.apiKey === undefined ? {} : { authorization: `Bearer ${options.apiKey}` };
  const request = (path: string, init: RequestInit): Promise<Response> =>
    options.fetch(at(path), {
      ...init,
      headers: { ...authorisation, ...(init.headers as Record<string, string>) },
      signal: AbortSignal.timeout(options.requestTimeoutMs),
    });

  const post = async (path: string, batch: readonly object[]): Promise<SendResult> => {
    const response = await request(path, {
      method: "POST",
      headers: { "content-type": "application/x-ndjson" },
      body: batch.map((document) => `${JSON.stringify(document)}\n`).join(""),
    });
    // Always read to the end, so that the connection can be reused.
    const body = await response.text();
    return response.ok ? parseBatchAnswer(body, batch.length) : toSendResult(response.status);
  };

  return {
    async load(etag): Promise<ConfigAnswer> {
      const path = `v1/agents/${encodeURIComponent(options.agent)}/switchboard`;
      const response = await request(path, {
        headers: { accept: "application/json", ...(etag === null ? {} : { "if-none-match": etag }) },
      });
      const body = await response.text();
      if (response.status === 304) return { status: "unchanged" };
      if (!response.ok) {
        throw new Error(`${at(path)} answered ${response.status}: ${body.slice(0, 200)}`);
      }
      return { status: "changed", config: JSON.parse(body), etag: response.headers.get("etag") };
    },
    sendExposures: (batch) => post("v1/exposures", batch),
    sendOutcomes: (batch) => post("v1/outcomes", batch),
  };
}

/**
 * Parses the answer to a batch, which lists the rejected records, each with a message. An answer 200 without JSON does not
 * come from the service (but for instance from a proxy), so the batch is kept.
 */
function parseBatchAnswer(body: string, sent: number): SendResult {
  let rejected: unknown;
  try {
    rejected = (JSON.parse(body) as { readonly rejected?: unknown } | null)?.rejected;
  } catch {
    return "retry";
  }
  if (!Array.isArray(rejected) || rejected.length === 0) return "accepted";
  const { path = "", message = "no reason is given" } = (rejected[0] ?? {}) as Readonly<
    Record<string, unknown>
  >;
  return { refused: Math.min(rejected.length, sent), reason: `The first: ${path} ${message}` };
}

/**
 * Converts an error status to a result. Documents are kept after a rejected key (401, 403) or an unknown path (404), which
 * are configuration errors; only errors about the documents themselves remove them.
 */
function toSendResult(status: number): SendResult {
  if (status === 413) return "too_large";
  if (status === 400 || status === 409 || status === 422) return "rejected";
  return "retry";
}
