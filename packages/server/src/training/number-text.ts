/** Results of `parseNumber` for text that is not a finite number. */
export const MISSING = Number.NaN;
export const NOT_A_NUMBER = Number.NEGATIVE_INFINITY;
export const NOT_FINITE = Number.POSITIVE_INFINITY;

/**
 * Parses a decimal number, with blanks around it allowed; `true` and `false` are 1 and 0.
 * MISSING for empty text, NA, N/A, NaN, null, None and ?; NOT_FINITE for infinities and numbers beyond float64;
 * else NOT_A_NUMBER. Correctly rounded: digits up to 2^53 and a power of ten up to 22 are both exact in float64,
 * so their quotient is rounded once (Clinger 1990); the rest is left to Number(), which takes twice the time.
 *
 * @example
 * parseNumber(" -12.50 ") // -12.5
 * parseNumber("n/a") // MISSING
 * parseNumber("1e999") // NOT_FINITE
 * parseNumber("twelve") // NOT_A_NUMBER
 */
export function parseNumber(text: string): number {
  const length = text.length;
  let at = text.charCodeAt(0) === MINUS ? 1 : 0;
  let digits = length - at;
  if (digits > MAX_DIGITS) return parseAnyNumber(text);
  let mantissa = 0;
  let point = -1;
  for (; at < length; at++) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit >= 0 && digit <= 9) mantissa = mantissa * 10 + digit;
    else if (digit === POINT - ZERO && point === -1) {
      point = at;
      digits--;
    } else return parseAnyNumber(text);
  }
  if (digits === 0 || digits === MAX_DIGITS) return parseAnyNumber(text);
  const value = point === -1 ? mantissa : mantissa / POWERS_OF_TEN[length - 1 - point]!;
  return text.charCodeAt(0) === MINUS ? -value : value;
}

function parseAnyNumber(text: string): number {
  const word = text.trim();
  const value = Number(word);
  // x - x is 0 only for a finite x. Number() also reads "", 0x1f, 0b1 and 0o7.
  if (value - value === 0 && word !== "" && !isPrefixed(word)) return value;
  if (DECIMAL.test(word)) return NOT_FINITE;
  const lower = word.toLowerCase();
  if (lower === "true") return 1;
  if (lower === "false") return 0;
  if (MISSING_WORDS.has(lower)) return MISSING;
  return /^[+-]?inf(inity)?$/.test(lower) ? NOT_FINITE : NOT_A_NUMBER;
}

/** Returns true if the second character of a number shows that it is not decimal. */
function isPrefixed(text: string): boolean {
  const code = text.charCodeAt(1) | 0x20;
  return code === 0x78 || code === 0x62 || code === 0x6f;
}

/** Maximum length of a text that is read digit by digit: 15 digits and a point are below 2^53. */
const MAX_DIGITS = 16;
const ZERO = 0x30;
const MINUS = 0x2d;
const POINT = 0x2e;
const POWERS_OF_TEN = Float64Array.from({ length: MAX_DIGITS }, (_, power) => Number(`1e${power}`));
const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
/** Words that tables use for "no value". */
export const MISSING_WORDS: ReadonlySet<string> = new Set(["", "na", "n/a", "nan", "null", "none", "?"]);
