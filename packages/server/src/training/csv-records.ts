/**
 * CSV as RFC 4180 has it, out of bytes that come in pieces: quoted fields with doubled quotes, line breaks
 * within quotes, CRLF or LF, a byte-order mark, a last line without an end. Blank lines are passed over.
 *
 * Own code instead of csv-parse because the fields stay bytes: numbers are read from them without making a
 * string each, which for a table of numbers is most of the work (see the benchmark of `relearn fit`).
 */
export class CsvRecords {
  /** Bytes of the present piece and where the fields of the present record lie in them. */
  bytes: Uint8Array = new Uint8Array(0);
  fieldStarts = new Int32Array(64);
  fieldEnds = new Int32Array(64);
  /** 1 where the field was quoted: its bytes are within the quotes, doubled quotes still doubled. */
  fieldQuoted = new Uint8Array(64);
  fields = 0;
  /** The present record ends with the file, within quotes: how many records it swallowed nobody knows. */
  isUnclosed = false;
  /** Line on which the present record starts, from 1. */
  line = 1;
  readonly #delimiter: number;
  #nextLine = 1;

  /** `delimiter`: the code of an ASCII character. */
  constructor(delimiter: number) {
    this.#delimiter = delimiter;
  }

  /**
   * Reads records from `bytes` and calls `onRecord` for each; gives the number of bytes that were used. The
   * rest is a record that is not whole yet: pass it again in front of the next piece. `last`: no piece comes
   * after this one.
   */
  read(bytes: Uint8Array, last: boolean, onRecord: () => void): number {
    this.bytes = bytes;
    let at = 0;
    if (this.#nextLine === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) at = 3;
    while (at < bytes.length) {
      this.line = this.#nextLine;
      const end = this.#readRecord(at, last);
      if (end === -1) return at;
      const blank =
        this.fields === 1 && this.fieldQuoted[0] === 0 && this.fieldStarts[0] === this.fieldEnds[0];
      if (!blank) onRecord();
      at = end;
    }
    return at;
  }

  /** The text of a field; without quotes it is trimmed of blanks. */
  text(field: number): string {
    const text = decoder.decode(this.bytes.subarray(this.fieldStarts[field]!, this.fieldEnds[field]!));
    return this.fieldQuoted[field] === 1 ? text.replaceAll('""', '"') : text.trim();
  }

  /** Finds the fields of the record at `start`; gives the start of the next, -1 where it is not whole. */
  #readRecord(start: number, last: boolean): number {
    const bytes = this.bytes;
    const delimiter = this.#delimiter;
    let at = start;
    let field = 0;
    let lines = 1;
    for (;;) {
      if (field === this.fieldStarts.length) this.#growFields();
      let from = at;
      let to: number;
      if (bytes[at] === QUOTE) {
        from = ++at;
        for (;;) {
          while (at < bytes.length && bytes[at] !== QUOTE) {
            if (bytes[at] === LINE_FEED) lines++;
            at++;
          }
          // A quote at the very end may be the first of two.
          if (at + 1 >= bytes.length && !last) return -1;
          if (bytes[at + 1] !== QUOTE || at + 1 >= bytes.length) break;
          at += 2;
        }
        this.isUnclosed = at >= bytes.length;
        to = Math.min(at, bytes.length);
        at++;
        // What stands between the closing quote and the delimiter is passed over.
        while (at < bytes.length && bytes[at] !== delimiter && bytes[at] !== LINE_FEED) at++;
        this.fieldQuoted[field] = 1;
      } else {
        let byte = 0;
        while (at < bytes.length) {
          byte = bytes[at]!;
          if (byte === delimiter || byte === LINE_FEED) break;
          at++;
        }
        to = at;
        this.fieldQuoted[field] = 0;
      }
      if (at >= bytes.length && !last) return -1;
      this.fieldStarts[field] = from;
      this.fieldEnds[field] = to;
      field++;
      if (at >= bytes.length || bytes[at] === LINE_FEED) {
        if (this.fieldQuoted[field - 1] === 0 && to > from && bytes[to - 1] === CARRIAGE_RETURN) {
          this.fieldEnds[field - 1] = to - 1;
        }
        this.fields = field;
        this.#nextLine = this.line + lines;
        return at + 1;
      }
      at++;
    }
  }

  #growFields(): void {
    const length = 2 * this.fieldStarts.length;
    const grown = (old: Int32Array): Int32Array<ArrayBuffer> => {
      const values = new Int32Array(length);
      values.set(old);
      return values;
    };
    this.fieldStarts = grown(this.fieldStarts);
    this.fieldEnds = grown(this.fieldEnds);
    const quoted = new Uint8Array(length);
    quoted.set(this.fieldQuoted);
    this.fieldQuoted = quoted;
  }
}

const QUOTE = 0x22;
const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const decoder = new TextDecoder();

/** The delimiter that a header line uses: the one of comma, semicolon, tab and | that it has most of. */
export function delimiterOf(header: Uint8Array): number {
  let best = 0x2c;
  let most = 0;
  for (const candidate of [0x2c, 0x3b, 0x09, 0x7c]) {
    let count = 0;
    let quoted = false;
    for (const byte of header) {
      if (byte === QUOTE) quoted = !quoted;
      else if (byte === LINE_FEED && !quoted) break;
      else if (byte === candidate && !quoted) count++;
    }
    if (count > most) {
      best = candidate;
      most = count;
    }
  }
  return best;
}
