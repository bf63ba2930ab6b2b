import { TableError } from "./table-error.ts";

/** Limit of a line or record. A longer one has an unclosed quote or is not a record: a payload has at most 256 kB. */
export const MAX_RECORD_BYTES = 4 * 1024 * 1024;

export const DEFAULT_ENCODING = "utf-8";

const LINE_FEED = 0x0a;
/** Enough bytes to recognize a byte-order mark or the signature of another kind of file. */
const SIGNATURE_BYTES = 4;

/** `TextDecoder` is global on every platform, but its type is only declared with the browser types. */
type Decoder = InstanceType<typeof TextDecoder>;

/**
 * Decodes the bytes of a text file, which come in pieces of any size, to text that consists of whole lines.
 * A byte that the encoding does not have is a `TableError`, never a replacement character. A byte-order mark
 * is removed; it decides between UTF-8 and UTF-16, whatever encoding was asked for.
 */
export class TableDecoder {
  readonly #advice: string;
  #encoding: string;
  #decoder: Decoder;
  #held: Uint8Array = new Uint8Array(0);
  #isBegun = false;
  /** Line of the first byte held, and its offset in the file. */
  #line = 1;
  #offset = 0;

  /** `advice`: how to ask for another encoding, as part of a sentence: "add --encoding windows-1252". */
  constructor(encoding: string, advice: string) {
    this.#advice = advice;
    this.#decoder = createDecoder(encoding);
    this.#encoding = this.#decoder.encoding;
  }

  /**
   * Yields the text of the lines that `bytes` complete. `isLast`: the file ends with these bytes, so its last
   * line needs no line feed. Pieces have at most `MAX_RECORD_BYTES`. The caller may overwrite `bytes` once the generator is finished.
   */
  *decode(bytes: Uint8Array, isLast: boolean): Generator<string, void, undefined> {
    let all = this.#held.length === 0 ? bytes : concatenate(this.#held, bytes);
    if (!this.#isBegun) {
      if (all.length < SIGNATURE_BYTES && !isLast) {
        this.#held = all.slice();
        return;
      }
      this.#isBegun = true;
      all = all.subarray(this.#begin(all));
    }
    // In pieces of at most this size only the line that is held can be longer.
    if (this.#held.length + Math.max(0, bytes.indexOf(LINE_FEED)) > MAX_RECORD_BYTES) throw this.#tooLong();
    const end = isLast ? all.length : this.#findEndOfLines(all);
    this.#held = all.slice(end);
    if (end > 0) yield* this.#decodeLines(all.subarray(0, end));
    if (this.#held.length > MAX_RECORD_BYTES) throw this.#tooLong();
  }

  #tooLong(): TableError {
    return new TableError(this.#line, `is longer than ${MAX_RECORD_BYTES} bytes`);
  }

  /** Returns the length of the byte-order mark. */
  #begin(bytes: Uint8Array): number {
    const kind = signatures.find(({ start }) => start.every((byte, at) => bytes[at] === byte))?.kind;
    if (kind !== undefined)
      throw new TableError(null, `is ${kind}, not text; save the table as CSV in UTF-8`);
    const mark = marks.find(({ start }) => start.every((byte, at) => bytes[at] === byte));
    if (mark === undefined) return 0;
    this.#encoding = mark.encoding;
    this.#decoder = createDecoder(mark.encoding);
    this.#offset = mark.start.length;
    return mark.start.length;
  }

  #findEndOfLines(bytes: Uint8Array): number {
    if (!this.#encoding.startsWith("utf-16")) return bytes.lastIndexOf(LINE_FEED) + 1;
    const low = this.#encoding === "utf-16le" ? 0 : 1;
    for (let at = bytes.length - (bytes.length % 2) - 2; at >= 0; at -= 2) {
      if (bytes[at + low] === LINE_FEED && bytes[at + 1 - low] === 0) return at + 2;
    }
    return 0;
  }

  *#decodeLines(bytes: Uint8Array): Generator<string, void, undefined> {
    let text: string;
    try {
      text = this.#decoder.decode(bytes);
    } catch {
      const { text: good, fault } = this.#findFault(bytes);
      if (good !== "") yield good;
      throw fault;
    }
    this.#line += countLineFeeds(text);
    this.#offset += bytes.length;
    yield text;
  }

  /** Returns the lines before the first byte that cannot be decoded, and the error about that byte. */
  #findFault(bytes: Uint8Array): { text: string; fault: TableError } {
    let good = 0;
    let bad = bytes.length + 1;
    while (bad - good > 1) {
      const middle = (good + bad) >> 1;
      if (this.#decodeStart(bytes, middle) === undefined) bad = middle;
      else good = middle;
    }
    const text = this.#decodeStart(bytes, good)!;
    // An incomplete character at the end decodes to nothing; only UTF-8 is searched for it.
    const start =
      this.#encoding === "utf-8" ? new TextEncoder().encode(text).length : Math.min(good, bytes.length - 1);
    const shown = [...bytes.subarray(start, Math.max(good + 1, start + 1))]
      .map((byte) => `0x${byte.toString(16).toUpperCase().padStart(2, "0")}`)
      .join(" ");
    const isOne = good <= start;
    return {
      text: text.slice(0, text.lastIndexOf("\n") + 1),
      fault: new TableError(
        this.#line + countLineFeeds(text),
        `has the ${isOne ? "byte" : "bytes"} ${shown} at offset ${this.#offset + start}, which ${isOne ? "is" : "are"} not valid ${this.#encoding.toUpperCase()}; if the file comes from Excel or another program on Windows, ${this.#advice}, otherwise save it as UTF-8`,
      ),
    };
  }

  /** Decodes the first `length` bytes, of which the last character may be incomplete; `undefined` if they are not valid. */
  #decodeStart(bytes: Uint8Array, length: number): string | undefined {
    const decoder = createDecoder(this.#encoding);
    try {
      // Beyond the end: the last character must be finished too.
      return decoder.decode(bytes.subarray(0, length), { stream: length <= bytes.length });
    } catch {
      return undefined;
    }
  }
}

function createDecoder(encoding: string): Decoder {
  try {
    return new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  } catch {
    throw new TableError(
      null,
      `cannot be read: the encoding "${encoding}" is unknown; accepted are the names of the WHATWG Encoding Standard, for example utf-8, utf-16le, windows-1252, iso-8859-2, shift_jis`,
    );
  }
}

const marks = [
  { encoding: "utf-8", start: [0xef, 0xbb, 0xbf] },
  { encoding: "utf-16le", start: [0xff, 0xfe] },
  { encoding: "utf-16be", start: [0xfe, 0xff] },
] as const;

const signatures: readonly { readonly kind: string; readonly start: readonly number[] }[] = [
  { kind: "a spreadsheet or a ZIP archive", start: [0x50, 0x4b, 0x03, 0x04] },
  { kind: "a spreadsheet of an old format", start: [0xd0, 0xcf, 0x11, 0xe0] },
  { kind: "compressed with gzip", start: [0x1f, 0x8b] },
  { kind: "a Parquet file", start: [0x50, 0x41, 0x52, 0x31] },
];

function concatenate(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

function countLineFeeds(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count++;
  return count;
}
