import { EXP_CONSTANTS, rootsOfTwo } from "./exponential.ts";
import { assembleModule, type WasmCode, type WasmFunction } from "./wasm-assembler.ts";
import { type WasmMemory, type WasmModule, webAssembly } from "./wasm-runtime.ts";

/**
 * Inner loops of the logistic fit in WebAssembly, two float64 at a time: margins X·w, probabilities,
 * gradient Xᵀ·r and Gram Xᵀ·D·X of one tile. All arguments are byte addresses or counts.
 *
 * A tile is column-major: value of column c and row i at `tile + c·stride + 8·i`. Its rows are a multiple of
 * 8 and its width a multiple of 4, padded with zeros, so that no loop has a remainder. Sums have a
 * fixed order and no fused multiply-add is used, so results have the same bits on every machine. They are 1.4 to 2.6 times as fast as TypeScript (docs/adr/0017-wasm-kernels.md).
 */
export interface TileKernels {
  /** out[i] = sum over columns of weights[c]·x, for rows in [0, count). */
  margins(tile: number, stride: number, width: number, rowBytes: number, weights: number, out: number): void;
  /**
   * Two classes. In: margins z, targets y (0 or 1), weights s. Out: residuals s·(p - y) over the margins,
   * curvature s·p·(1 - p), and 1 + e^-|z|; adds sum of s·(max(z, 0) - y·z) at `loss`.
   */
  sigmoid(
    margins: number,
    rowBytes: number,
    targets: number,
    weights: number,
    curvature: number,
    onePlus: number,
    loss: number,
  ): void;
  /** Converts vectors of margins, `stride` apart, to probabilities in place; `sums` and `tops` get sum e^(z - top) and top. */
  softmax(margins: number, stride: number, end: number, rowBytes: number, sums: number, tops: number): void;
  /** out[c] += sum over rows of residuals·x. */
  gradient(
    tile: number,
    stride: number,
    width: number,
    rowBytes: number,
    residuals: number,
    out: number,
  ): void;
  /**
   * tile = (x - mean)·factor, column by column, out of raw columns that lie `fromStride` bytes apart; `scaler`
   * holds mean and factor of each column in turn.
   */
  standardise(
    from: number,
    fromStride: number,
    columns: number,
    rowBytes: number,
    scaler: number,
    tile: number,
    stride: number,
  ): void;
  /** scaled = curvature·x, column by column. */
  scale(
    tile: number,
    stride: number,
    width: number,
    rowBytes: number,
    curvature: number,
    scaled: number,
  ): void;
  /** gram[j][k] += sum over rows of scaled_j·x_k for k >= j - 3; `gram` has `width` columns. */
  gram(tile: number, stride: number, width: number, rowBytes: number, scaled: number, gram: number): void;
}

/** Bytes at the start of the memory that the kernels use for the table of the exponential. */
export const KERNEL_BYTES = 256;

let compiled: WasmModule | undefined;

/**
 * Compiles the kernels once per process and binds them to a memory, whose first `KERNEL_BYTES` they use.
 *
 * @example
 * const memory = new webAssembly.Memory({ initial: 1 });
 * const values = new Float64Array(memory.buffer);
 * const at = KERNEL_BYTES / 8;
 * values.fill(1, at, at + 32);
 * values.set([1, 2, 3, 4], at + 32);
 * tileKernels(memory).margins(KERNEL_BYTES, 64, 4, 64, KERNEL_BYTES + 256, KERNEL_BYTES + 512);
 * values[at + 64] // 10
 */
export function tileKernels(memory: WasmMemory): TileKernels {
  compiled ??= new webAssembly.Module(assembleModule(functions));
  new Float64Array(memory.buffer, 0, 32).set(rootsOfTwo);
  const instance = new webAssembly.Instance(compiled, { env: { memory } });
  return instance.exports as unknown as TileKernels;
}

const functions: readonly WasmFunction[] = [
  { name: "margins", parameters: 6, write: writeMargins },
  { name: "sigmoid", parameters: 7, write: writeSigmoid },
  { name: "softmax", parameters: 6, write: writeSoftmax },
  { name: "gradient", parameters: 6, write: writeGradient },
  { name: "standardise", parameters: 7, write: writeStandardise },
  { name: "scale", parameters: 6, write: writeScale },
  { name: "gram", parameters: 6, write: writeGram },
];

/** Processes eight rows at a time, so that each loaded weight is used for four vectors. */
function writeMargins(code: WasmCode): void {
  const [tile, stride, width, rowBytes, weights, out] = [0, 1, 2, 3, 4, 5];
  const row = code.integer();
  const end = code.integer();
  const at = code.integer();
  const weight = code.integer();
  const weightsEnd = code.integer();
  const factor = code.vector();
  const sums = [code.vector(), code.vector(), code.vector(), code.vector()];
  code.get(tile).set(row);
  code.get(tile).get(rowBytes).integers("i32.add").set(end);
  code.get(weights).get(width).constant(3).integers("i32.shl").integers("i32.add").set(weightsEnd);
  code.loopUntil(row, end, () => {
    for (const sum of sums) code.vectorConstant(0).set(sum);
    code.get(row).set(at);
    code.get(weights).set(weight);
    code.loopUntil(weight, weightsEnd, () => {
      code.get(weight).loadSplat().set(factor);
      sums.forEach((sum, lane) => {
        code
          .get(sum)
          .get(at)
          .load(16 * lane)
          .get(factor)
          .vectors("f64x2.mul")
          .vectors("f64x2.add")
          .set(sum);
      });
      code.get(at).get(stride).integers("i32.add").set(at);
      code.advance(weight, 8);
    });
    sums.forEach((sum, lane) => {
      code
        .get(out)
        .get(sum)
        .store(16 * lane);
    });
    code.advance(out, 64).advance(row, 64);
  });
}

function writeSigmoid(code: WasmCode): void {
  const [margins, rowBytes, targets, weights, curvature, onePlus, loss] = [0, 1, 2, 3, 4, 5, 6];
  const end = code.integer();
  const z = code.vector();
  const e = code.vector();
  const q = code.vector();
  const p = code.vector();
  const y = code.vector();
  const s = code.vector();
  const total = code.vector();
  const exponential = createExponentialWriter(code);
  code.get(margins).get(rowBytes).integers("i32.add").set(end);
  code.vectorConstant(0).set(total);
  code.loopUntil(margins, end, () => {
    code.get(margins).load().tee(z).vectors("f64x2.abs").vectors("f64x2.neg");
    exponential().set(e);
    code.get(onePlus).vectorConstant(1).get(e).vectors("f64x2.add").tee(q).store();
    code.vectorConstant(1).get(q).vectors("f64x2.div").set(q);
    code.get(e).get(q).vectors("f64x2.mul").set(e);
    // q = 1/(1 + e^-|z|) and e = 1 - q: p is the one or the other by the sign of z.
    code.get(q).get(e).get(z).vectorConstant(0).vectors("f64x2.ge").vectors("v128.bitselect").set(p);
    code.get(targets).load().set(y);
    code.get(weights).load().set(s);
    code.get(curvature).get(q).get(e).vectors("f64x2.mul").get(s).vectors("f64x2.mul").store();
    code.get(margins).get(p).get(y).vectors("f64x2.sub").get(s).vectors("f64x2.mul").store();
    code
      .get(z)
      .vectorConstant(0)
      .vectors("f64x2.max")
      .get(y)
      .get(z)
      .vectors("f64x2.mul")
      .vectors("f64x2.sub");
    code.get(s).vectors("f64x2.mul").get(total).vectors("f64x2.add").set(total);
    for (const pointer of [margins, targets, weights, curvature, onePlus]) code.advance(pointer, 16);
  });
  code.addSumAt(loss, total, 0);
}

function writeSoftmax(code: WasmCode): void {
  const [margins, stride, end, rowBytes, sums, tops] = [0, 1, 2, 3, 4, 5];
  const rowEnd = code.integer();
  const at = code.integer();
  const top = code.vector();
  const sum = code.vector();
  const e = code.vector();
  const exponential = createExponentialWriter(code);
  code.get(margins).get(rowBytes).integers("i32.add").set(rowEnd);
  code.loopUntil(margins, rowEnd, () => {
    code.get(margins).tee(at).load().set(top);
    code.loopUntil(at, end, () => {
      code.get(top).get(at).load().vectors("f64x2.max").set(top);
      code.get(at).get(stride).integers("i32.add").set(at);
    });
    code.vectorConstant(0).set(sum);
    code.get(margins).set(at);
    code.loopUntil(at, end, () => {
      code.get(at).load().get(top).vectors("f64x2.sub");
      exponential().set(e);
      code.get(at).get(e).store();
      code.get(sum).get(e).vectors("f64x2.add").set(sum);
      code.get(at).get(stride).integers("i32.add").set(at);
    });
    code.get(sums).get(sum).store();
    code.get(tops).get(top).store();
    code.vectorConstant(1).get(sum).vectors("f64x2.div").set(sum);
    code.get(margins).set(at);
    code.loopUntil(at, end, () => {
      code.get(at).get(at).load().get(sum).vectors("f64x2.mul").store();
      code.get(at).get(stride).integers("i32.add").set(at);
    });
    for (const pointer of [margins, sums, tops]) code.advance(pointer, 16);
    // The row of the last vector advances too, so that the vectors of the next rows end there.
    code.advance(end, 16);
  });
}

function writeGradient(code: WasmCode): void {
  const [tile, stride, width, rowBytes, residuals, out] = [0, 1, 2, 3, 4, 5];
  const columnsEnd = code.integer();
  const columns = [code.integer(), code.integer(), code.integer(), code.integer()];
  const at = code.integer();
  const end = code.integer();
  const r = code.vector();
  const sums = [code.vector(), code.vector(), code.vector(), code.vector()];
  code.get(out).get(width).constant(3).integers("i32.shl").integers("i32.add").set(columnsEnd);
  code.get(residuals).get(rowBytes).integers("i32.add").set(end);
  code.loopUntil(out, columnsEnd, () => {
    for (const column of columns) {
      code.get(tile).set(column);
      code.get(tile).get(stride).integers("i32.add").set(tile);
    }
    for (const sum of sums) code.vectorConstant(0).set(sum);
    code.get(residuals).set(at);
    code.loopUntil(at, end, () => {
      code.get(at).load().set(r);
      columns.forEach((column, k) => {
        code.get(sums[k]!).get(r).get(column).load().vectors("f64x2.mul").vectors("f64x2.add").set(sums[k]!);
        code.advance(column, 16);
      });
      code.advance(at, 16);
    });
    sums.forEach((sum, k) => {
      code.addSumAt(out, sum, 8 * k);
    });
    code.advance(out, 32);
  });
}

function writeStandardise(code: WasmCode): void {
  const [from, fromStride, columns, rowBytes, scaler, tile, stride] = [0, 1, 2, 3, 4, 5, 6];
  const scalerEnd = code.integer();
  const at = code.integer();
  const end = code.integer();
  const to = code.integer();
  const mean = code.vector();
  const factor = code.vector();
  code.get(scaler).get(columns).constant(4).integers("i32.shl").integers("i32.add").set(scalerEnd);
  code.loopUntil(scaler, scalerEnd, () => {
    code.get(scaler).loadSplat().set(mean);
    code.advance(scaler, 8);
    code.get(scaler).loadSplat().set(factor);
    code.advance(scaler, 8);
    code.get(from).set(at);
    code.get(tile).set(to);
    code.get(from).get(rowBytes).integers("i32.add").set(end);
    code.loopUntil(at, end, () => {
      code.get(to).get(at).load().get(mean).vectors("f64x2.sub").get(factor).vectors("f64x2.mul").store();
      for (const pointer of [at, to]) code.advance(pointer, 16);
    });
    code.get(from).get(fromStride).integers("i32.add").set(from);
    code.get(tile).get(stride).integers("i32.add").set(tile);
  });
}

function writeScale(code: WasmCode): void {
  const [tile, stride, width, rowBytes, curvature, scaled] = [0, 1, 2, 3, 4, 5];
  const tileEnd = code.integer();
  const from = code.integer();
  const to = code.integer();
  const at = code.integer();
  const end = code.integer();
  code.get(tile).get(width).get(stride).integers("i32.mul").integers("i32.add").set(tileEnd);
  code.get(curvature).get(rowBytes).integers("i32.add").set(end);
  code.loopUntil(tile, tileEnd, () => {
    code.get(tile).set(from);
    code.get(scaled).set(to);
    code.get(curvature).set(at);
    code.loopUntil(at, end, () => {
      code.get(to).get(at).load().get(from).load().vectors("f64x2.mul").store();
      for (const pointer of [from, to, at]) code.advance(pointer, 16);
    });
    code.get(tile).get(stride).integers("i32.add").set(tile);
    code.get(scaled).get(stride).integers("i32.add").set(scaled);
  });
}

/** Processes blocks of two scaled columns by four columns: six loads for eight multiply-adds, fourteen registers. */
function writeGram(code: WasmCode): void {
  const [tile, stride, width, rowBytes, scaled, gram] = [0, 1, 2, 3, 4, 5];
  const j = code.integer();
  const k = code.integer();
  const out = code.integer();
  const outNext = code.integer();
  const rowEnd = code.integer();
  const left = [code.integer(), code.integer()];
  const right = [code.integer(), code.integer(), code.integer(), code.integer()];
  const a = [code.vector(), code.vector()];
  const x = code.vector();
  const sums = [0, 1].map(() => [0, 1, 2, 3].map(() => code.vector()));
  code.constant(0).set(j);
  code.loopUntil(j, width, () => {
    // k starts at the block of four that holds j.
    code.get(j).constant(-4).integers("i32.and").set(k);
    code.loopUntil(k, width, () => {
      code.get(scaled).get(j).get(stride).integers("i32.mul").integers("i32.add").tee(left[0]!);
      code.get(stride).integers("i32.add").set(left[1]!);
      code.get(tile).get(k).get(stride).integers("i32.mul").integers("i32.add").set(right[0]!);
      for (const m of [1, 2, 3]) {
        code
          .get(right[m - 1]!)
          .get(stride)
          .integers("i32.add")
          .set(right[m]!);
      }
      code.get(left[0]!).get(rowBytes).integers("i32.add").set(rowEnd);
      for (const sum of sums.flat()) code.vectorConstant(0).set(sum);
      code.loopUntil(left[0]!, rowEnd, () => {
        code.get(left[0]!).load().set(a[0]!);
        code.get(left[1]!).load().set(a[1]!);
        right.forEach((pointer, m) => {
          code.get(pointer).load().set(x);
          for (const side of [0, 1]) {
            const sum = sums[side]![m]!;
            code.get(sum).get(a[side]!).get(x).vectors("f64x2.mul").vectors("f64x2.add").set(sum);
          }
          code.advance(pointer, 16);
        });
        for (const pointer of left) code.advance(pointer, 16);
      });
      code.get(gram).get(j).get(width).integers("i32.mul").get(k).integers("i32.add");
      code.constant(3).integers("i32.shl").integers("i32.add").tee(out);
      code.get(width).constant(3).integers("i32.shl").integers("i32.add").set(outNext);
      for (const m of [0, 1, 2, 3]) {
        code.addSumAt(out, sums[0]![m]!, 8 * m);
        code.addSumAt(outNext, sums[1]![m]!, 8 * m);
      }
      code.advance(k, 4);
    });
    code.advance(j, 2);
  });
}

/** Returns a writer that replaces the vector on the stack, both lanes at most 0, by its exponential. */
function createExponentialWriter(code: WasmCode): () => WasmCode {
  const x = code.vector();
  const steps = code.vector();
  const r = code.vector();
  const whole = code.vector();
  const root = code.vector();
  const { stepsPerUnit, stepHigh, stepLow, rounder, lowest } = EXP_CONSTANTS;
  const tableAddress = (lane: number): WasmCode =>
    code.get(whole).laneInteger(lane).constant(31).integers("i32.and").constant(3).integers("i32.shl");
  return () => {
    code.vectorConstant(lowest).vectors("f64x2.max").tee(x);
    code.vectorConstant(stepsPerUnit).vectors("f64x2.mul").vectorConstant(rounder).vectors("f64x2.add");
    code.vectorConstant(rounder).vectors("f64x2.sub").set(steps);
    code.get(x).get(steps).vectorConstant(stepHigh).vectors("f64x2.mul").vectors("f64x2.sub");
    code.get(steps).vectorConstant(stepLow).vectors("f64x2.mul").vectors("f64x2.sub").set(r);
    code.get(steps).vectors("i32x4.trunc_sat_f64x2_s_zero").set(whole);
    tableAddress(0).loadSplat().set(root);
    tableAddress(1).get(root).loadLane1().set(root);
    code.vectorConstant(1 / 720);
    for (const coefficient of [1 / 120, 1 / 24, 1 / 6, 0.5, 1]) {
      code.get(r).vectors("f64x2.mul").vectorConstant(coefficient).vectors("f64x2.add");
    }
    code.get(r).vectors("f64x2.mul").get(root).vectors("f64x2.mul").get(root).vectors("f64x2.add");
    code.get(whole).constant(5).vectors("i32x4.shr_s").vectors("i64x2.extend_low_i32x4_s");
    code.vectorInteger(1023).vectors("i64x2.add").constant(52).vectors("i64x2.shl");
    return code.vectors("f64x2.mul");
  };
}
