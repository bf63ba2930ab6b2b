/**
 * Returns the rows of a column in ascending order of their values; equal values in ascending order of row. Values must
 * not be NaN; -0 and 0 are equal.
 *
 * Cost O(rows): three counting passes over the upper 32 bits of the float64 (which sort as the values do once the sign
 * is folded in), then the short runs that agree in those bits are merge-sorted by value. Columns under 2048 rows are
 * merge-sorted from the start.
 *
 * @example
 * sortOrder(Float64Array.of(3, -1, 3, 0), 4) // [1, 3, 0, 2]
 */
export function sortOrder(values: Float64Array, rows: number): Uint32Array {
  const order = new Uint32Array(rows);
  for (let row = 0; row < rows; row++) order[row] = row;
  const spare = new Uint32Array(rows);
  if (rows < MIN_COUNTING_ROWS) {
    sortRun(values, order, spare, 0, rows);
    return order;
  }
  const keys = getUpperBits(values, rows);
  const otherKeys = new Uint32Array(rows);
  runCountingPass(keys, order, otherKeys, spare, 0);
  runCountingPass(otherKeys, spare, keys, order, 11);
  runCountingPass(keys, order, otherKeys, spare, 22);
  for (let start = 0; start < rows; ) {
    let end = start + 1;
    while (end < rows && otherKeys[end] === otherKeys[start]) end++;
    if (end - start > 1) sortRun(values, spare, order, start, end);
    start = end;
  }
  return spare;
}

const MIN_COUNTING_ROWS = 2048;

/** Returns the upper 32 bits of each value, mapped so that unsigned order is the order of the values. */
function getUpperBits(values: Float64Array, rows: number): Uint32Array {
  const keys = new Uint32Array(rows);
  const one = new Float64Array(1);
  const bits = new Uint32Array(one.buffer);
  one[0] = 1;
  // Only the upper half of 1.0 is not 0: detects the byte order of this machine.
  const upper = bits[1] === 0 ? 0 : 1;
  for (let row = 0; row < rows; row++) {
    // Adding 0 converts -0 to 0.
    one[0] = values[row]! + 0;
    const high = bits[upper]!;
    keys[row] = high & 0x80000000 ? ~high : high | 0x80000000;
  }
  return keys;
}

/** Runs one stable counting pass over 11 bits from `shift`. */
function runCountingPass(
  keys: Uint32Array,
  order: Uint32Array,
  toKeys: Uint32Array,
  toOrder: Uint32Array,
  shift: number,
): void {
  const starts = new Uint32Array(2049);
  const rows = keys.length;
  for (let i = 0; i < rows; i++) starts[((keys[i]! >>> shift) & 2047) + 1]!++;
  for (let digit = 0; digit < 2048; digit++) starts[digit + 1]! += starts[digit]!;
  for (let i = 0; i < rows; i++) {
    const key = keys[i]!;
    const digit = (key >>> shift) & 2047;
    const to = starts[digit]!;
    starts[digit] = to + 1;
    toKeys[to] = key;
    toOrder[to] = order[i]!;
  }
}

/** Sorts order[start, end) by value with a stable merge sort; runs of eight by insertion. */
function sortRun(
  values: Float64Array,
  order: Uint32Array,
  spare: Uint32Array,
  start: number,
  end: number,
): void {
  let sorted = true;
  for (let i = start + 1; i < end && sorted; i++) sorted = values[order[i - 1]!]! <= values[order[i]!]!;
  if (sorted) return;
  for (let run = start; run < end; run += 8) {
    const runEnd = Math.min(end, run + 8);
    for (let i = run + 1; i < runEnd; i++) {
      const row = order[i]!;
      const value = values[row]!;
      let at = i - 1;
      while (at >= run && values[order[at]!]! > value) {
        order[at + 1] = order[at]!;
        at--;
      }
      order[at + 1] = row;
    }
  }
  let from = order;
  let to = spare;
  for (let width = 8; width < end - start; width *= 2) {
    for (let left = start; left < end; left += 2 * width) {
      merge(values, from, to, left, Math.min(end, left + width), Math.min(end, left + 2 * width));
    }
    [from, to] = [to, from];
  }
  if (from !== order) for (let i = start; i < end; i++) order[i] = from[i]!;
}

function merge(
  values: Float64Array,
  from: Uint32Array,
  to: Uint32Array,
  left: number,
  middle: number,
  end: number,
): void {
  let a = left;
  let b = middle;
  for (let out = left; out < end; out++) {
    const takeLeft = a < middle && (b >= end || values[from[a]!]! <= values[from[b]!]!);
    to[out] = takeLeft ? from[a++]! : from[b++]!;
  }
}
