import type { FeatureColumns } from "./feature-columns.ts";
import type { Scaler } from "./scaler.ts";
import { KERNEL_BYTES, type TileKernels, tileKernels } from "./tile-kernels.ts";
import { WASM_PAGE_BYTES, type WasmMemory, webAssembly } from "./wasm-runtime.ts";

/**
 * Standardised table of a logistic fit in tiles, with space for the results computed from them, in the memory of the
 * kernels.
 *
 * A tile holds some rows of all columns, column by column: the features, a column of ones, columns of zeros up
 * to a multiple of four, the target (class 1 or not; two classes only) and the weight. It is at most some
 * 32 KB, so that it stays in the first-level cache through margins, gradient and Hessian. Rows that pad the
 * last tile have weight 0. A small table is standardised once and kept; a large one would be in
 * memory twice, so its tiles are computed again in each pass (about the cost of the margins).
 */
export class LogisticTiles {
  readonly rows: number;
  /** Columns the products run over: features, ones, padding. */
  readonly width: number;
  readonly features: number;
  readonly vectors: number;
  readonly tileRows: number;
  readonly tiles: number;
  readonly kernels: TileKernels;
  /** The whole memory as float64; `at` fields are byte addresses in it. */
  readonly values: Float64Array;
  readonly marginsAt: number;
  readonly curvatureAt: number;
  readonly sumsAt: number;
  readonly topsAt: number;
  readonly scaledAt: number;
  readonly parametersAt: number;
  readonly gradientAt: number;
  readonly lossAt: number;
  readonly gramsAt: number;
  /** Bytes between columns of a tile. */
  readonly stride: number;
  readonly #tilesAt: number;
  readonly #tileBytes: number;
  readonly #kept: boolean;
  /** Address of the block that raw rows are copied to; -1 if tiles are made from the table directly. */
  readonly #blockAt: number;
  readonly #scalerAt: number;
  #block = -1;
  readonly #arena: Arena;
  readonly #source: TileSource;

  /** `withHessian`: also reserves space for the Gram matrices. */
  constructor(source: TileSource, vectors: number, withHessian: boolean) {
    this.#source = source;
    this.vectors = vectors;
    this.features = source.table.columns.length;
    this.rows = source.selection === null ? source.table.rows : source.selection.length;
    this.width = 4 * Math.ceil((this.features + 1) / 4);
    let tileRows = 512;
    while (tileRows > 32 && tileRows * this.width > MAX_TILE_VALUES) tileRows /= 2;
    tileRows = Math.min(tileRows, 8 * Math.ceil(this.rows / 8));
    this.tileRows = tileRows;
    this.tiles = Math.ceil(this.rows / tileRows);
    this.stride = 8 * tileRows;
    this.#tileBytes = (this.width + 2) * this.stride;
    this.#kept = this.tiles * this.#tileBytes <= MAX_KEPT_BYTES;

    let bytes = KERNEL_BYTES;
    const reserve = (values: number): number => {
      const at = bytes;
      bytes += 16 * Math.ceil(values / 2);
      return at;
    };
    this.marginsAt = reserve(vectors * tileRows);
    this.curvatureAt = reserve(tileRows);
    this.sumsAt = reserve(tileRows);
    this.topsAt = reserve(tileRows);
    this.scaledAt = reserve(withHessian ? this.width * tileRows : 0);
    this.parametersAt = reserve(vectors * this.width);
    this.gradientAt = reserve(vectors * this.width);
    this.lossAt = reserve(1);
    this.gramsAt = reserve(withHessian ? ((vectors * (vectors + 1)) / 2) * this.width * this.width : 0);
    // Contiguous rows are copied at memory speed and standardised by the kernel; scattered rows cannot be.
    const inBlocks = !this.#kept && source.selection === null;
    this.#scalerAt = reserve(inBlocks ? 2 * this.features : 0);
    this.#blockAt = inBlocks ? reserve(this.features * BLOCK_ROWS) : -1;
    this.#tilesAt = bytes;
    bytes += (this.#kept ? this.tiles : 1) * this.#tileBytes;
    this.#arena = acquireArena(bytes);
    this.kernels = this.#arena.kernels;
    this.values = this.#arena.values;
    if (inBlocks) {
      for (let column = 0; column < this.features; column++) {
        this.values[this.#scalerAt / 8 + 2 * column] = source.scaler.mean[column]!;
        this.values[this.#scalerAt / 8 + 2 * column + 1] = 1 / source.scaler.scale[column]!;
      }
    }
    if (this.#kept) for (let tile = 0; tile < this.tiles; tile++) this.#fill(tile, this.#getAddress(tile));
  }

  /** Makes a tile readable and returns its address. */
  load(tile: number): number {
    const address = this.#getAddress(tile);
    if (!this.#kept) this.#fill(tile, address);
    return address;
  }

  /** Returns the number of rows of a tile; the last may be short. */
  getCount(tile: number): number {
    return Math.min(this.tileRows, this.rows - tile * this.tileRows);
  }

  /** Returns the address of the target column of the tile at `address`; the weight follows at one stride. */
  getTargetsAddress(address: number): number {
    return address + this.width * this.stride;
  }

  getWeightsAddress(address: number): number {
    return address + (this.width + 1) * this.stride;
  }

  /** Returns the memory; the tiles must not be used any more. */
  release(): void {
    releaseArena(this.#arena);
  }

  #getAddress(tile: number): number {
    return this.#tilesAt + (this.#kept ? tile * this.#tileBytes : 0);
  }

  /** Standardises the features of a tile from its block; padding rows have undefined values. */
  #standardise(first: number, address: number): void {
    const block = Math.floor(first / BLOCK_ROWS);
    const start = block * BLOCK_ROWS;
    if (block !== this.#block) {
      const count = Math.min(BLOCK_ROWS, this.rows - start);
      let at = this.#blockAt / 8;
      for (const column of this.#source.table.columns) {
        this.values.set(column.subarray(start, start + count), at);
        at += BLOCK_ROWS;
      }
      this.#block = block;
    }
    const from = this.#blockAt + 8 * (first - start);
    const { features, stride } = this;
    this.kernels.standardise(from, 8 * BLOCK_ROWS, features, stride, this.#scalerAt, address, stride);
  }

  #fill(tile: number, address: number): void {
    const { table, selection, scaler, labels, weights } = this.#source;
    const { values, tileRows, features } = this;
    const first = tile * tileRows;
    const count = this.getCount(tile);
    let at = address / 8;
    const inBlocks = this.#blockAt !== -1;
    if (inBlocks) this.#standardise(first, address);
    for (let column = 0; column < features; column++, at += tileRows) {
      if (inBlocks) {
        if (count < tileRows) values.fill(0, at + count, at + tileRows);
        continue;
      }
      const from = table.columns[column]!;
      const mean = scaler.mean[column]!;
      const factor = 1 / scaler.scale[column]!;
      if (selection === null) {
        for (let i = 0; i < count; i++) values[at + i] = (from[first + i]! - mean) * factor;
      } else {
        for (let i = 0; i < count; i++) values[at + i] = (from[selection[first + i]!]! - mean) * factor;
      }
      values.fill(0, at + count, at + tileRows);
    }
    values.fill(1, at, at + count);
    values.fill(0, at + count, at + (this.width - features) * tileRows);
    at += (this.width - features) * tileRows;
    for (let i = 0; i < count; i++) {
      const row = selection === null ? first + i : selection[first + i]!;
      values[at + i] = labels[row] === 1 ? 1 : 0;
      // A sample's weights are in the order of its rows, the table's in the order of the table.
      values[at + tileRows + i] =
        weights === null ? 1 : weights[this.#source.weightsBySelection ? first + i : row]!;
    }
    values.fill(0, at + count, at + tileRows);
    values.fill(0, at + tileRows + count, at + 2 * tileRows);
  }
}

export interface TileSource {
  readonly table: FeatureColumns;
  /** Rows to use, in this order; null: all. */
  readonly selection: Int32Array | null;
  readonly scaler: Scaler;
  /** Class of each row of the table. */
  readonly labels: Uint16Array;
  /** Null: all 1. */
  readonly weights: Float64Array | null;
  /** True if `weights[i]` belongs to `selection[i]`, false if it belongs to row i of the table. */
  readonly weightsBySelection: boolean;
}

/** 32 KB of float64: two thirds of the smallest common first-level cache. */
const MAX_TILE_VALUES = 4096;
/**
 * Maximum size of memory that is reused: the first access to new pages costs more than standardising in each of about ten
 * passes.
 */
const MAX_KEPT_BYTES = 8 << 20;

/** A power of two, so that it holds whole tiles; with 57 columns half a megabyte, which stays in the cache. */
const BLOCK_ROWS = 1024;

interface Arena {
  readonly memory: WasmMemory;
  readonly kernels: TileKernels;
  readonly values: Float64Array;
}

/** Memories for reuse: creating one costs more than a fit of a few hundred rows. */
const freeArenas: Arena[] = [];
const MAX_FREE_ARENAS = 4;
const MAX_FREE_ARENA_BYTES = MAX_KEPT_BYTES + (1 << 20);

function acquireArena(bytes: number): Arena {
  const index = freeArenas.findIndex((arena) => arena.memory.buffer.byteLength >= bytes);
  if (index !== -1) return freeArenas.splice(index, 1)[0]!;
  const memory = new webAssembly.Memory({ initial: Math.ceil(bytes / WASM_PAGE_BYTES) });
  return { memory, kernels: tileKernels(memory), values: new Float64Array(memory.buffer) };
}

function releaseArena(arena: Arena): void {
  if (arena.memory.buffer.byteLength > MAX_FREE_ARENA_BYTES || freeArenas.length >= MAX_FREE_ARENAS) return;
  freeArenas.push(arena);
}
