/**
 * Parses the bytes of one mail: headers, MIME structure, transfer encodings, character sets.
 *
 * Mail, and spam in particular, often violates the formats: header lines without a colon, boundaries that are never
 * closed, base64 with stray characters, character sets that do not exist. So no function here throws on content;
 * what cannot be parsed is skipped or read as plain text. The bytes are a string with one character per byte
 * (latin-1) until the character set of a part is known.
 * Formats: RFC 5322 (headers, dates), RFC 2045-2047 (MIME), the "From " line of mbox files.
 */

/** Decoded leaf of the MIME tree. `text` is empty if the part is not text. */
export interface MailPart {
  /** Lower-case `type/subtype`. */
  readonly type: string;
  readonly disposition: "inline" | "attachment" | "none";
  readonly fileName: string | null;
  readonly text: string;
}

export interface Mail {
  /** Headers in order, with names in lower case, unfolded values and encoded words. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly parts: readonly MailPart[];
  /** Envelope sender and delivery time of the mbox "From " line; null if there is none. */
  readonly mboxSender: string | null;
  readonly mboxTimeMs: number | null;
}

/** Maximum nesting, which keeps a hostile mail from exhausting the stack. */
const maxDepth = 8;
const maxParts = 100;
/** Maximum number of characters of a header that are read. */
const headerLimit = 10_000;

/** Parses the bytes of one mail. Never throws on content; an empty input is an empty mail. */
export function parseMail(bytes: Uint8Array): Mail {
  let source = Buffer.from(bytes).toString("latin1").replace(/\r\n?/g, "\n");
  let mboxSender: string | null = null;
  let mboxTimeMs: number | null = null;
  const mboxLine = /^>?From (\S+) +(.*)\n/.exec(source);
  if (mboxLine) {
    mboxSender = mboxLine[1]!;
    mboxTimeMs = parseMailDate(mboxLine[2]!);
    source = source.slice(mboxLine[0].length);
  }
  const { headers, body } = splitHeaders(source);
  const parts: MailPart[] = [];
  collectParts(headers, body, 0, parts);
  return { headers, parts, mboxSender, mboxTimeMs };
}

/** Returns the first value of a header, or null; `name` is in lower case. */
export function getHeader(mail: Mail, name: string): string | null {
  return mail.headers.find(([each]) => each === name)?.[1] ?? null;
}

/** Returns all values of a header, the topmost (for `received` the latest) first. */
export function getHeaders(mail: Mail, name: string): string[] {
  return mail.headers.filter(([each]) => each === name).map(([, value]) => value);
}

type Headers = [string, string][];

function splitHeaders(source: string): { headers: Headers; body: string } {
  const headers: Headers = [];
  let position = 0;
  while (position < source.length) {
    const end = lineEnd(source, position);
    const line = source.slice(position, end);
    if (line.trim() === "") return { headers, body: source.slice(end + 1) };
    const field = /^([!-9;-~]+)[ \t]*:(.*)$/.exec(line);
    const last = headers.at(-1);
    if (/^[ \t]/.test(line) && last) {
      if (last[1].length < headerLimit) last[1] = `${last[1]} ${line.trim()}`.slice(0, headerLimit);
    } else if (field) {
      headers.push([field[1]!.toLowerCase(), field[2]!.trim().slice(0, headerLimit)]);
    } else if (!continuesHeader(source, end + 1)) {
      // No colon, and no header after it: the empty line is missing and the body begins here.
      return { headers, body: source.slice(position) };
    }
    position = end + 1;
  }
  return { headers, body: "" };
}

function continuesHeader(source: string, position: number): boolean {
  const next = source.slice(position, lineEnd(source, position));
  return next === "" || /^[ \t]/.test(next) || /^[!-9;-~]+[ \t]*:/.test(next);
}

function lineEnd(source: string, position: number): number {
  const end = source.indexOf("\n", position);
  return end < 0 ? source.length : end;
}

function collectParts(headers: Headers, body: string, depth: number, parts: MailPart[]): void {
  if (parts.length >= maxParts) return;
  const find = (name: string) => headers.find(([each]) => each === name)?.[1];
  const content = parseParameterised(find("content-type") ?? "text/plain");
  const type = /^[\w.+-]+\/[\w.+-]+/.exec(content.value)?.[0] ?? "text/plain";
  const boundary = content.parameters.get("boundary");
  const pieces = type.startsWith("multipart/") && boundary ? splitMultipart(body, boundary) : [];
  // A multipart without a single boundary line is read as text, as mail programs show it.
  if (pieces.length > 0 && depth < maxDepth) {
    for (const piece of pieces) {
      const inner = splitHeaders(piece);
      collectParts(inner.headers, inner.body, depth + 1, parts);
    }
    return;
  }
  const disposition = parseParameterised(find("content-disposition") ?? "");
  const fileName = disposition.parameters.get("filename") ?? content.parameters.get("name") ?? null;
  const isText = type.startsWith("text/") || type.startsWith("multipart/");
  const encoding = (find("content-transfer-encoding") ?? "").trim().toLowerCase();
  parts.push({
    type: type.startsWith("multipart/") ? "text/plain" : type,
    disposition:
      disposition.value === "attachment" ? "attachment" : disposition.value === "inline" ? "inline" : "none",
    fileName: fileName === null ? null : decodeWords(fileName),
    text: isText ? decodeCharset(decodeTransfer(body, encoding), content.parameters.get("charset")) : "",
  });
}

/** Returns the pieces between the boundary lines, without what is before the first and after the closing one. */
function splitMultipart(body: string, boundary: string): string[] {
  const pieces: string[] = [];
  let current: string[] | null = null;
  for (const line of body.split("\n")) {
    const trimmed = line.trimEnd();
    if (trimmed === `--${boundary}` || trimmed === `--${boundary}--`) {
      if (current) pieces.push(current.join("\n"));
      current = [];
      if (trimmed.length === boundary.length + 4) return pieces;
    } else {
      current?.push(line);
    }
  }
  if (current && current.length > 0) pieces.push(current.join("\n"));
  return pieces;
}

/** Parses `value; name=token; name="quoted"`; returns the value and the names in lower case. */
function parseParameterised(header: string): { value: string; parameters: Map<string, string> } {
  const parameters = new Map<string, string>();
  const value = header.split(/[;\s]/, 1)[0]!.toLowerCase();
  for (const match of header.matchAll(/[;\s]([\w-]+)\*?\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;"]+))/g)) {
    const name = match[1]!.toLowerCase();
    if (!parameters.has(name)) parameters.set(name, match[2]?.replace(/\\(.)/g, "$1") ?? match[3] ?? "");
  }
  return { value, parameters };
}

function decodeTransfer(body: string, encoding: string): Uint8Array {
  // Buffer skips characters outside the alphabet and stops at the padding, as mail programs do.
  if (encoding === "base64") return Buffer.from(body, "base64");
  if (encoding === "quoted-printable") return Buffer.from(decodeQuotedPrintable(body), "latin1");
  return Buffer.from(body, "latin1");
}

function decodeQuotedPrintable(text: string): string {
  return text
    .replace(/(?<![ \t])[ \t]+$/gm, "")
    .replace(/=\n/g, "")
    .replace(/=([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

function decodeCharset(bytes: Uint8Array, charset: string | undefined): string {
  if (charset && !/^(us-)?ascii$/i.test(charset)) {
    try {
      return new TextDecoder(charset).decode(bytes);
    } catch {
      // Unknown character set: guess as for a mail that names none.
    }
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** Decodes the encoded words of RFC 2047 (`=?charset?Q|B?text?=`); raw 8-bit text is read as in a body. */
export function decodeWords(value: string): string {
  const runAtomically = value.replace(/(\?=)\s+(?==\?)/g, "$1");
  const pieces = runAtomically.split(/(=\?[^?\s]+\?[QqBb]\?[^?]*\?=)/);
  return pieces
    .map((piece) => {
      const word = /^=\?([^?*]+)(?:\*[^?]*)?\?([QqBb])\?([^?]*)\?=$/.exec(piece);
      if (!word) return decodeCharset(Buffer.from(piece, "latin1"), undefined);
      const isBase64 = word[2]!.toLowerCase() === "b";
      const text = isBase64 ? word[3]! : word[3]!.replace(/_/g, "=20");
      return decodeCharset(decodeTransfer(text, isBase64 ? "base64" : "quoted-printable"), word[1]);
    })
    .join("");
}

/** Returns the addresses of a From, To or Cc header in lower case; an empty group ("undisclosed-recipients:;") has none. */
export function addressesIn(value: string): string[] {
  const withoutNames = value
    .replace(/"(?:[^"\\]|\\.)*"@/g, "quoted@")
    .replace(/"(?:[^"\\]|\\.)*"/g, " ")
    .replace(/\([^()]*\)/g, " ");
  const found = withoutNames.match(/[^\s<>,;:"@]+@[^\s<>,;:"@]+/g) ?? [];
  return found.map((address) => address.toLowerCase());
}

const months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const zoneHours: Readonly<Record<string, number>> = {
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
  cet: 1,
  cest: 2,
  bst: 1,
};

/**
 * Parses a mail date (`Thu, 22 Aug 2002 13:52:38 +0100`) or the date of an mbox line (`Thu Aug 22 13:52:59 2002`, in
 * UTC) into milliseconds since 1970; returns null if there is none. `Date.parse` would read a date without a zone in
 * the zone of the machine. Unknown zone names are UTC, as RFC 5322 requires.
 */
export function parseMailDate(value: string): number | null {
  const clock = /(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?/.exec(value);
  const dayFirst = /(\d{1,2})[\s-]+([A-Za-z]{3})[a-z]*[\s,-]+(\d{2,4})\b/.exec(value);
  const monthFirst = /([A-Za-z]{3})\s+(\d{1,2})\s+\d{1,2}:\d{2}(?::\d{2})?\s+(?:[A-Z]+\s+)?(\d{4})/.exec(
    value,
  );
  if (!clock || !(dayFirst || monthFirst)) return null;
  const [dayText, monthText, yearText] = dayFirst
    ? [dayFirst[1]!, dayFirst[2]!, dayFirst[3]!]
    : [monthFirst![2]!, monthFirst![1]!, monthFirst![3]!];
  const month = months.indexOf(monthText.toLowerCase());
  const day = Number(dayText);
  const [hour, minute, second] = [Number(clock[1]), Number(clock[2]), Number(clock[3] ?? 0)];
  if (month < 0 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return null;
  // Years of two and three digits by RFC 5322 section 4.3: both 02 and 102 are 2002.
  const yearNumber = Number(yearText);
  const year =
    yearText.length === 4
      ? yearNumber
      : yearText.length === 2 && yearNumber < 50
        ? 2000 + yearNumber
        : 1900 + yearNumber;
  const rest = value.slice(clock.index + clock[0].length);
  const offset = /^\s*([+-])(\d{2})(\d{2})/.exec(rest);
  const named = /^\s*([A-Za-z]{2,4})\b/.exec(rest);
  const offsetMinutes = offset
    ? (offset[1] === "-" ? -1 : 1) * (Number(offset[2]) * 60 + Number(offset[3]))
    : (zoneHours[named?.[1]?.toLowerCase() ?? ""] ?? 0) * 60;
  return Date.UTC(year, month, day, hour, minute, second) - offsetMinutes * 60_000;
}
