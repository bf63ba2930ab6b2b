/** What a field that should be a number turned out to be, where it is none. */
export const MISSING = Number.NaN;
export const NOT_A_NUMBER = Number.NEGATIVE_INFINITY;
export const NOT_FINITE = Number.POSITIVE_INFINITY;

/**
 * The number that bytes[start, end) spell in decimal, blanks around it allowed; `true` and `false` are 1 and
 * 0. MISSING for nothing, NA, N/A, NaN, null, None and ?; NOT_FINITE for infinities and numbers beyond
 * float64; else NOT_A_NUMBER. Correctly rounded: up to 15 digits and a power of ten up to 22 are both exact
 * in float64, so their quotient or product is rounded once (Clinger 1990); the rest is left to Number().
 */
export function numberOfBytes(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  let to = end;
  while (at < to && bytes[at]! <= 0x20) at++;
  while (to > at && bytes[to - 1]! <= 0x20) to--;
  const from = at;
  if (at === to) return MISSING;
  let negative = false;
  if (bytes[at] === MINUS || bytes[at] === PLUS) {
    negative = bytes[at] === MINUS;
    at++;
  }
  let mantissa = 0;
  let digits = 0;
  let fraction = 0;
  let seenPoint = false;
  for (; at < to; at++) {
    const byte = bytes[at]!;
    if (byte >= ZERO && byte <= NINE) {
      if (mantissa > 0 || byte !== ZERO) digits++;
      mantissa = mantissa * 10 + (byte - ZERO);
      if (seenPoint) fraction++;
    } else if (byte === POINT && !seenPoint) seenPoint = true;
    else break;
  }
  const plain = at === to && digits <= 15 && fraction <= 22 && at - from > (negative || seenPoint ? 1 : 0);
  if (plain && (digits > 0 || bytes[to - 1] === ZERO || fraction > 0)) {
    const value = fraction === 0 ? mantissa : mantissa / POWERS_OF_TEN[fraction]!;
    return negative ? -value : value;
  }
  return numberOfText(decoder.decode(bytes.subarray(from, to)));
}

/** As `numberOfBytes`, of a trimmed text. */
export function numberOfText(text: string): number {
  if (DECIMAL.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? value : NOT_FINITE;
  }
  const word = text.toLowerCase();
  if (word === "true") return 1;
  if (word === "false") return 0;
  if (MISSING_WORDS.has(word)) return MISSING;
  return /^[+-]?inf(inity)?$/.test(word) ? NOT_FINITE : NOT_A_NUMBER;
}

const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;
const PLUS = 0x2b;
const POINT = 0x2e;
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, power) => Number(`1e${power}`));
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
/** What tables write for "no value". */
export const MISSING_WORDS: ReadonlySet<string> = new Set(["", "na", "n/a", "nan", "null", "none", "?"]);
const decoder = new TextDecoder();
