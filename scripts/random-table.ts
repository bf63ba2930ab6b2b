/** Draws random tables for the comparison with scikit-learn. */
import type { FeatureColumns } from "../packages/server/src/numerics/feature-columns.ts";
import { type Random, seededRandom } from "../packages/server/src/numerics/random.ts";

export interface RandomTable {
  readonly name: string;
  readonly table: FeatureColumns;
  readonly labels: Uint16Array;
  readonly classes: number;
  readonly weights: Float64Array | null;
  /** Special properties of the table. */
  readonly traits: readonly string[];
}

export interface TableRanges {
  /** Maximum of rows x columns x classes. */
  readonly values: number;
  /** Minimum and maximum standard deviation of a column. */
  readonly scales: readonly [number, number];
}

/**
 * Draws a table with 4 to 60 columns of very different scale, some correlated, duplicate or constant, 50 to 100,000
 * rows and 2 to 10 classes. Some tables are separable, unbalanced or weighted, or have a class of one row.
 */
export function randomTable(seed: number, { values: most, scales }: TableRanges): RandomTable {
  const random = seededRandom(seed);
  const between = (low: number, high: number): number => low * (high / low) ** random.uniform();
  let classes = random.uniform() < 0.5 ? 2 : 3 + random.below(8);
  // One in twenty has the full number of rows, and as many columns as the limit allows.
  const isLong = random.uniform() < 0.05;
  const widest = isLong ? Math.min(60, Math.floor(most / 100_000 / classes)) : 60;
  const width = 4 + random.below(widest - 3);
  const fitting = Math.floor(most / width / classes);
  const rows = isLong ? 100_000 : Math.max(50, Math.min(Math.round(between(50, 100_000)), fitting));
  const separable = random.uniform() < 0.15;
  const weighted = random.uniform() < 0.3;
  const skew = random.uniform() < 0.2 ? 2 : 0;
  const columns: Float64Array[] = [];
  const traits = new Set<string>();
  const scores = Array.from({ length: classes }, () => new Float64Array(rows));
  for (let column = 0; column < width; column++) {
    const { kind, values } = randomColumn(random, rows, columns, () => between(...scales));
    columns.push(values);
    if (kind !== "own") traits.add(`with ${kind} columns`);
  }
  for (let column = 0; column < width; column++) {
    const values = columns[column]!;
    const scale = spread(values);
    for (const score of scores) {
      const weight = scale === 0 || random.uniform() < 0.5 ? 0 : random.normal() / scale;
      for (let row = 0; row < rows; row++) score[row]! += weight * (values[row]! - values[0]!);
    }
  }
  const noise = separable ? 0 : between(0.3, 5);
  const labels = new Uint16Array(rows);
  for (let row = 0; row < rows; row++) {
    let best = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) {
      const score =
        scores[k]![row]! + (k === 0 ? skew : 0) - noise * Math.log(-Math.log(random.uniform() + 1e-300));
      if (score > best) {
        best = score;
        labels[row] = k;
      }
    }
  }
  const present = [...new Set(labels)].sort((a, b) => a - b);
  if (separable && present.length > 1) {
    // Drops empty classes; moving a row to such a class would put it among the rows of another.
    classes = present.length;
    labels.forEach((label, row) => {
      labels[row] = present.indexOf(label);
    });
    traits.add("separable");
  } else for (let k = 0; k < classes; k++) labels[k] = k;
  const counts = new Array<number>(classes).fill(0);
  for (const label of labels) counts[label]! += 1;
  if (classes > 2) traits.add("of more than two classes");
  if (weighted) traits.add("weighted");
  if (Math.max(...counts) > 0.9 * rows) traits.add("beyond 90/10");
  if (Math.min(...counts) === 1) traits.add("with a class of one row");
  return {
    name: `seed ${seed} (${[`${rows} x ${width}`, `${classes} classes`, ...traits].join(", ")})`,
    table: { rows, columns },
    labels,
    classes,
    weights: weighted ? Float64Array.from({ length: rows }, () => (1 + random.below(100)) / 100) : null,
    traits: [...traits],
  };
}

interface RandomColumn {
  readonly kind: "own" | "constant" | "duplicate" | "correlated" | "few-valued";
  readonly values: Float64Array;
}

/** Rounds values to float32, as scikit-learn's trees do, and to a grid of at least a ten-thousandth of the scale. */
function randomColumn(
  random: Random,
  rows: number,
  others: readonly Float64Array[],
  drawScale: () => number,
): RandomColumn {
  const values = new Float64Array(rows);
  const scale = drawScale();
  const shift = random.uniform() < 0.3 ? 20 * scale * random.normal() : 0;
  const lot = random.uniform();
  if (lot < 0.04) return { kind: "constant", values: values.fill(Math.fround(shift)) };
  const other = others.length === 0 ? undefined : others[random.below(others.length)]!;
  if (lot < 0.08 && other !== undefined) return { kind: "duplicate", values: other.slice() };
  const factor = lot < 0.2 && other !== undefined ? spread(other) : 0;
  const grid = lot > 0.8 ? 4 : 10_000;
  for (let row = 0; row < rows; row++) {
    const own = factor > 0 ? (other![row]! - other![0]!) / factor + 0.3 * random.normal() : random.normal();
    values[row] = Math.fround((Math.round(own * grid) / grid) * scale + shift);
  }
  return { kind: factor > 0 ? "correlated" : grid === 4 ? "few-valued" : "own", values };
}

function spread(values: Float64Array): number {
  const mean = sum(values) / values.length;
  return Math.sqrt(sum(values.map((value) => (value - mean) ** 2)) / values.length);
}

export function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
