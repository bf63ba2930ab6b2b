import { createHash, type Hash } from "node:crypto";
import { SECOND_MS } from "../clock.ts";
import { RelearnError } from "../errors.ts";

/** Maximum size of a JSON body after decompression; the longest rationale, policy or agent definition is far smaller. */
export const MAX_JSON_BYTES = 1024 * 1024;
/** Maximum size of a batch of records after decompression. */
export const MAX_BATCH_BYTES = 32 * 1024 * 1024;

/** Time without data after which a body counts as stalled. */
const STALLED_MS = 30 * SECOND_MS;

/** Body of a request: read once, as text, decompressed if it is gzip, up to a limit. */
export class RequestBody {
  readonly #request: Request;
  readonly #limitBytes: number;
  readonly #hash: Hash | undefined;
  readonly #stalledMs: number;
  #begun = false;
  #ended = false;

  /** `digested`: compute a digest while the body is read. */
  constructor(
    request: Request,
    limitBytes: number,
    options: { readonly digested: boolean; readonly stalledMs?: number },
  ) {
    this.#request = request;
    this.#limitBytes = limitBytes;
    this.#stalledMs = options.stalledMs ?? STALLED_MS;
    this.#hash = options.digested ? createHash("sha256") : undefined;
  }

  /** Media type without its parameters, in lower case; "" if the request has none. */
  get mediaType(): string {
    return (this.#request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  }

  /** Whether the body was read to its end or is absent. */
  get isRead(): boolean {
    return this.#ended || this.isAbsent;
  }

  /** Whether the request has no body; false if only reading it can tell. */
  get isAbsent(): boolean {
    return this.#request.body === null || this.#request.headers.get("content-length") === "0";
  }

  /** Content length of an uncompressed body; undefined if unknown. */
  get announcedBytes(): number | undefined {
    if (this.#encoding !== "identity") return undefined;
    const length = this.#request.headers.get("content-length");
    return length === null ? undefined : Number(length);
  }

  /**
   * Yields the text in pieces; the sender waits while a piece is processed. Throws `too_large` above the limit,
   * `request_stalled` if no more data arrives, `unsupported_media_type` for an unknown content encoding and
   * `invalid_input` if the body is not UTF-8 text.
   */
  async *pieces(): AsyncGenerator<string> {
    this.#begun = true;
    const encoding = this.#encoding;
    if (encoding !== "identity" && encoding !== "gzip") {
      throw new RelearnError(
        "unsupported_media_type",
        `The content encoding ${encoding} is not supported; send the body uncompressed or as gzip.`,
      );
    }
    if ((this.announcedBytes ?? 0) > this.#limitBytes) throw this.#tooLarge();
    if (this.#request.body === null) {
      this.#ended = true;
      return;
    }
    const stream =
      encoding === "gzip"
        ? this.#request.body.pipeThrough(new DecompressionStream("gzip"))
        : this.#request.body;
    const reader = stream.getReader();
    const decoder = new TextDecoder("utf-8", { fatal: true });
    let bytes = 0;
    let ended = false;
    try {
      for (;;) {
        const { done, value } = await this.#unlessStalled(reader.read());
        if (done) break;
        bytes += value.byteLength;
        if (bytes > this.#limitBytes) throw this.#tooLarge();
        this.#hash?.update(value);
        const text = decoder.decode(value, { stream: true });
        if (text !== "") yield text;
      }
      ended = true;
      this.#ended = true;
      const rest = decoder.decode();
      if (rest !== "") yield rest;
    } catch (error) {
      if (error instanceof RelearnError) throw error;
      throw new RelearnError(
        "invalid_input",
        `The body cannot be read as ${encoding === "gzip" ? "gzip of " : ""}UTF-8 text: ${(error as Error).message}.`,
        { cause: error },
      );
    } finally {
      // Not awaited: a compressed stream does not end while its sender is silent.
      if (!ended) reader.cancel().catch(() => {});
    }
  }

  async text(): Promise<string> {
    let text = "";
    for await (const piece of this.pieces()) text += piece;
    return text;
  }

  /** Returns the SHA-256 of the decompressed bytes. Reads the body if it was not read, and so consumes it. */
  async digest(): Promise<string> {
    if (!this.#begun) for await (const _piece of this.pieces());
    return this.#hash?.copy().digest("hex") ?? "";
  }

  async #unlessStalled<Value>(read: Promise<Value>): Promise<Value> {
    let timer: NodeJS.Timeout | undefined;
    const stalled = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        reject(
          new RelearnError(
            "request_stalled",
            `The request body is incomplete: no data arrived for ${this.#stalledMs / SECOND_MS} s. Check the content-length, or send the request again.`,
          ),
        );
      }, this.#stalledMs);
    });
    try {
      return await Promise.race([read, stalled]);
    } finally {
      clearTimeout(timer);
    }
  }

  get #encoding(): string {
    return (this.#request.headers.get("content-encoding") ?? "identity").trim().toLowerCase();
  }

  #tooLarge(): RelearnError {
    return new RelearnError(
      "too_large",
      `The body is larger than ${this.#limitBytes / 1024 / 1024} MB after decompression; send it in smaller parts.`,
      { details: { limit_bytes: this.#limitBytes } },
    );
  }
}
