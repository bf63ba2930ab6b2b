/**
 * Units of one batch, with equal units counted together.
 *
 * A stream's wealth is a product over units, so equal units contribute a power and cost one logarithm. Values that
 * are 0 or 1 are always counted; of a long batch every value is split between its two neighbours on a grid,
 * in proportion. log(1 + λW) is concave in the value and W is linear in it, so a split never overstates the
 * wealth: it costs power (a variance of at most 1/(4·240²)), never validity. 240 because the means of up to
 * 6, 8, 10, 12, 15, 16 and 20 binary outcomes lie on it exactly.
 */
export interface UnitCells {
  readonly length: number;
  /** 1 canary, 0 active. */
  readonly canary: Uint8Array;
  /** Index into `probabilities`. */
  readonly group: Uint8Array;
  readonly value: Float64Array;
  readonly count: Float64Array;
  /** The distinct canary probabilities of the batch, each in (0, 1). */
  readonly probabilities: readonly number[];
}

/** Assignments in order of first exposure: columns of one length. */
export interface ArmColumns {
  /** 1 canary, 0 active. */
  readonly canary: Uint8Array;
  /** The probability of canary when the unit was assigned, in (0, 1). */
  readonly probability: Float64Array;
}

const GRID = 240;
/** Maximum number of units of a batch whose values are not split. */
const MAX_EXACT_UNITS = 512;

/**
 * Counts the units `from` up to `to` (exclusive) of a column of values in [0, 1] by arm, probability and value.
 * Cost: one pass; at most 2 x units cells, and at most 2 x 241 x probabilities.
 *
 * @example
 * const arms = { canary: Uint8Array.of(1, 0, 0, 0), probability: new Float64Array(4).fill(0.1) };
 * const cells = countCells(arms, Float64Array.of(1, 0, 0, 0.25), 0, 4);
 * cells.value // [0, 1, 0.25]
 * cells.count // [2, 1, 1]
 * cells.canary // [0, 1, 0]
 */
export function countCells(arms: ArmColumns, values: Float64Array, from: number, to: number): UnitCells {
  const probabilities: number[] = [];
  const units = to - from;
  const isSplit = units > MAX_EXACT_UNITS;
  // One table of grid counts for each (probability, arm); only its ends are used if values are not split.
  const tables: Float64Array[] = [];
  const capacity = isSplit ? 0 : units;
  const single = {
    canary: new Uint8Array(capacity),
    group: new Uint8Array(capacity),
    value: new Float64Array(capacity),
    length: 0,
  };
  let group = 0;
  for (let unit = from; unit < to; unit++) {
    const probability = arms.probability[unit]!;
    if (probabilities[group] !== probability) {
      group = probabilities.indexOf(probability);
      if (group < 0) {
        group = probabilities.push(probability) - 1;
        tables.push(new Float64Array(isSplit ? GRID + 1 : 2), new Float64Array(isSplit ? GRID + 1 : 2));
      }
    }
    const canary = arms.canary[unit]!;
    const value = values[unit]!;
    const table = tables[2 * group + canary]!;
    const last = table.length - 1;
    if (value === 0) table[0]! += 1;
    else if (value === 1) table[last]! += 1;
    else if (isSplit) {
      const place = value * GRID;
      // A mean like 7/20 may differ from its grid point by a rounding error.
      const nearest = Math.round(place);
      const onGrid = Math.abs(place - nearest) < 1e-9;
      const below = onGrid ? nearest : Math.floor(place);
      const share = onGrid ? 0 : place - below;
      table[below]! += 1 - share;
      if (share > 0) table[below + 1]! += share;
    } else {
      single.canary[single.length] = canary;
      single.group[single.length] = group;
      single.value[single.length++] = value;
    }
  }
  let length = single.length;
  for (const table of tables) for (const count of table) if (count > 0) length++;
  const cells = {
    length,
    canary: new Uint8Array(length),
    group: new Uint8Array(length),
    value: new Float64Array(length),
    count: new Float64Array(length),
    probabilities,
  };
  let cell = 0;
  for (const [index, table] of tables.entries()) {
    for (let place = 0; place < table.length; place++) {
      if (table[place] === 0) continue;
      cells.canary[cell] = index & 1;
      cells.group[cell] = index >> 1;
      cells.value[cell] = place / (table.length - 1);
      cells.count[cell++] = table[place]!;
    }
  }
  for (let at = 0; at < single.length; at++) {
    cells.canary[cell] = single.canary[at]!;
    cells.group[cell] = single.group[at]!;
    cells.value[cell] = single.value[at]!;
    cells.count[cell++] = 1;
  }
  return cells;
}
