import type { FeatureColumns } from "./feature-columns.ts";
import type { Scaler } from "./scaler.ts";

/**
 * The standardised table in tiles: `tileRows` rows of all columns and a last column of ones, by column, so
 * that a tile (at most 32 KB) stays in the first-level cache through margins, gradient and Hessian.
 *
 * A table that is small enough is standardised once and kept; a large one would be held twice, so its tiles
 * are made anew on each pass (about the cost of the margins).
 */
export class StandardisedTiles {
  readonly rows: number;
  /** Columns of the table and the column of ones. */
  readonly width: number;
  readonly tileRows: number;
  readonly tiles: number;
  readonly #table: FeatureColumns;
  readonly #selection: Int32Array | null;
  readonly #scaler: Scaler;
  readonly #kept: boolean;
  readonly #data: Float64Array;

  /** `selection`: the rows to take, in this order; null takes all. */
  constructor(table: FeatureColumns, selection: Int32Array | null, scaler: Scaler) {
    this.#table = table;
    this.#selection = selection;
    this.#scaler = scaler;
    this.rows = selection === null ? table.rows : selection.length;
    this.width = table.columns.length + 1;
    let tileRows = 512;
    while (tileRows > 32 && tileRows * this.width > TILE_VALUES) tileRows /= 2;
    this.tileRows = tileRows;
    this.tiles = Math.ceil(this.rows / tileRows);
    const values = this.tiles * tileRows * this.width;
    this.#kept = values <= KEPT_VALUES;
    this.#data = new Float64Array(this.#kept ? values : tileRows * this.width);
    if (this.#kept) for (let tile = 0; tile < this.tiles; tile++) this.#fill(tile, this.#offsetOf(tile));
  }

  /** The array that holds the tiles; value of column c and row r of a tile is at offset + c·tileRows + r. */
  get data(): Float64Array {
    return this.#data;
  }

  /** Makes a tile readable and gives its offset in `data`. */
  load(tile: number): number {
    if (!this.#kept) this.#fill(tile, 0);
    return this.#offsetOf(tile);
  }

  /** Rows of a tile; the last may be short. */
  countOf(tile: number): number {
    return Math.min(this.tileRows, this.rows - tile * this.tileRows);
  }

  #offsetOf(tile: number): number {
    return this.#kept ? tile * this.tileRows * this.width : 0;
  }

  #fill(tile: number, offset: number): void {
    const data = this.#data;
    const first = tile * this.tileRows;
    const count = this.countOf(tile);
    const selection = this.#selection;
    const features = this.width - 1;
    for (let column = 0; column < features; column++) {
      const at = offset + column * this.tileRows;
      const values = this.#table.columns[column]!;
      const mean = this.#scaler.mean[column]!;
      const factor = 1 / this.#scaler.scale[column]!;
      if (selection === null) {
        for (let i = 0; i < count; i++) data[at + i] = (values[first + i]! - mean) * factor;
      } else {
        for (let i = 0; i < count; i++) data[at + i] = (values[selection[first + i]!]! - mean) * factor;
      }
    }
    const ones = offset + features * this.tileRows;
    data.fill(1, ones, ones + count);
  }
}

/** 32 KB of float64: two thirds of the smallest first-level cache that is common. */
const TILE_VALUES = 4096;
/** 64 MB of float64. Larger, and a table of 1,000,000 rows would be held twice; smaller, and folds of common tables pay for standardising on each pass. */
const KEPT_VALUES = 8 * 1024 * 1024;
