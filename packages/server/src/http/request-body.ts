import { createHash, type Hash } from "node:crypto";
import { SECOND_MS } from "../clock.ts";
import { RelearnError } from "../errors.ts";

/** Bytes of a JSON request at most, unpacked: the longest rationale, policy or agent definition has far less. */
export const MAX_JSON_BYTES = 1024 * 1024;
/** Bytes of a batch of records at most, unpacked. */
export const MAX_BATCH_BYTES = 32 * 1024 * 1024;

/** Nothing more of a body for so long: its sender is gone, or holds connections on purpose. */
const STALLED_MS = 30 * SECOND_MS;

/** A request's body: read once, as text, unpacked where it is gzip, never more than its limit. */
export class RequestBody {
  readonly #request: Request;
  readonly #limitBytes: number;
  readonly #hash: Hash | undefined;
  readonly #stalledMs: number;
  #begun = false;
  #ended = false;

  /** Without `digested` no digest can be asked for, and none is made. */
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

  /** The media type without its parameters, in lower case; "" where none is said. */
  get mediaType(): string {
    return (this.#request.headers.get("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  }

  /** Whether it was read to its end, or is none. */
  get isRead(): boolean {
    return this.#ended || this.isAbsent;
  }

  /** Whether there is none at all; false where only reading it can tell. */
  get isAbsent(): boolean {
    return this.#request.body === null || this.#request.headers.get("content-length") === "0";
  }

  /** How many bytes the sender announces, plain; undefined where it does not say. */
  get announcedBytes(): number | undefined {
    if (this.#encoding !== "identity") return undefined;
    const length = this.#request.headers.get("content-length");
    return length === null ? undefined : Number(length);
  }

  /**
   * The text, piece by piece; the sender is made to wait while a piece is worked on. Throws `too_large` beyond
   * the limit, `request_stalled` where nothing more comes, `unsupported_media_type` for an encoding that is not
   * known, `invalid_input` for what is no text.
   */
  async *pieces(): AsyncGenerator<string> {
    this.#begun = true;
    const encoding = this.#encoding;
    if (encoding !== "identity" && encoding !== "gzip") {
      throw new RelearnError(
        "unsupported_media_type",
        `The body has the content encoding ${encoding}; send it plain or as gzip.`,
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
      // Not awaited: a packed stream whose sender is silent does not end.
      if (!ended) reader.cancel().catch(() => {});
    }
  }

  async text(): Promise<string> {
    let text = "";
    for await (const piece of this.pieces()) text += piece;
    return text;
  }

  /** SHA-256 of the unpacked bytes; reads what has not been read. The body is spent then. */
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
            `Nothing of the body came for ${this.#stalledMs / SECOND_MS} s, and it has not ended; check its content-length, or send it again.`,
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
      `The body is larger than ${this.#limitBytes / 1024 / 1024} MB unpacked; send it in smaller parts.`,
      { details: { limit_bytes: this.#limitBytes } },
    );
  }
}
