import { describe, expect, it } from "vitest";
import { expNonPositive } from "./exponential.ts";
import { seededRandom } from "./random.ts";
import { KERNEL_BYTES, tileKernels } from "./tile-kernels.ts";
import { webAssembly } from "./wasm-runtime.ts";

const ROWS = 24;
const WIDTH = 12;
const STRIDE = 8 * 32;

describe("the kernels agree with the sums written out", () => {
  const memory = new webAssembly.Memory({ initial: 4 });
  const kernels = tileKernels(memory);
  const values = new Float64Array(memory.buffer);
  const random = seededRandom(2);
  const tile = KERNEL_BYTES;
  const scaled = tile + WIDTH * STRIDE;
  const vectors = scaled + WIDTH * STRIDE;
  const place = (index: number): number => vectors + index * STRIDE;
  const x = (column: number, row: number): number => values[(tile + column * STRIDE) / 8 + row]!;
  const at = (address: number, index: number): number => values[address / 8 + index]!;
  const fill = (address: number, count: number, value: () => number): void => {
    for (let i = 0; i < count; i++) values[address / 8 + i] = value();
  };
  fill(tile, (WIDTH * STRIDE) / 8, () => random.normal());
  const sumOver = (count: number, term: (i: number) => number): number => {
    let sum = 0;
    for (let i = 0; i < count; i++) sum += term(i);
    return sum;
  };

  it("standardise, to the last bit", () => {
    const raw = place(0);
    const scaler = place(20);
    fill(raw, (3 * STRIDE) / 8, () => 100 + 7 * random.normal());
    fill(scaler, 6, () => 1 + random.uniform());
    kernels.standardise(raw, STRIDE, 3, 8 * ROWS, scaler, place(10), STRIDE);
    for (let c = 0; c < 3; c++) {
      for (let row = 0; row < ROWS; row++) {
        const expected = (at(raw + c * STRIDE, row) - at(scaler, 2 * c)) * at(scaler, 2 * c + 1);
        expect(at(place(10) + c * STRIDE, row)).toBe(expected);
      }
    }
  });

  it("margins", () => {
    fill(place(0), WIDTH, () => random.normal());
    kernels.margins(tile, STRIDE, WIDTH, 8 * ROWS, place(0), place(1));
    for (let row = 0; row < ROWS; row++) {
      expect(at(place(1), row)).toBeCloseTo(
        sumOver(WIDTH, (c) => at(place(0), c) * x(c, row)),
        12,
      );
    }
  });

  it("gradient, added to what stands there", () => {
    fill(place(0), ROWS, () => random.normal());
    fill(place(1), WIDTH, () => 10);
    kernels.gradient(tile, STRIDE, WIDTH, 8 * ROWS, place(0), place(1));
    for (let c = 0; c < WIDTH; c++) {
      expect(at(place(1), c)).toBeCloseTo(10 + sumOver(ROWS, (i) => at(place(0), i) * x(c, i)), 11);
    }
  });

  it("gram", () => {
    const gram = place(4);
    fill(place(0), ROWS, () => random.uniform());
    fill(gram, WIDTH * WIDTH, () => 0);
    kernels.scale(tile, STRIDE, WIDTH, 8 * ROWS, place(0), scaled);
    kernels.gram(tile, STRIDE, WIDTH, 8 * ROWS, scaled, gram);
    for (let j = 0; j < WIDTH; j++) {
      for (let k = j; k < WIDTH; k++) {
        const expected = sumOver(ROWS, (i) => at(place(0), i) * x(j, i) * x(k, i));
        expect(at(gram, j * WIDTH + k)).toBeCloseTo(expected, 11);
      }
    }
  });

  it("sigmoid, its exponential the very bits of expNonPositive", () => {
    fill(place(0), ROWS, () => 20 * random.normal());
    const z = Array.from({ length: ROWS }, (_, i) => at(place(0), i));
    fill(place(1), ROWS, () => random.below(2));
    fill(place(2), ROWS, () => random.uniform());
    fill(place(5), 1, () => 0);
    kernels.sigmoid(place(0), 8 * ROWS, place(1), place(2), place(3), place(4), place(5));
    for (let i = 0; i < ROWS; i++) {
      const p = 1 / (1 + Math.exp(-z[i]!));
      const s = at(place(2), i);
      expect(at(place(4), i)).toBe(1 + expNonPositive(-Math.abs(z[i]!)));
      expect(at(place(0), i)).toBeCloseTo(s * (p - at(place(1), i)), 14);
      expect(at(place(3), i)).toBeCloseTo(s * p * (1 - p), 14);
    }
    const expected = sumOver(ROWS, (i) => at(place(2), i) * (Math.max(z[i]!, 0) - at(place(1), i) * z[i]!));
    expect(at(place(5), 0)).toBeCloseTo(expected, 10);
  });

  it("softmax", () => {
    const margins = tile;
    fill(margins, (3 * STRIDE) / 8, () => 300 * random.normal());
    const z = [0, 1, 2].map((k) => Array.from({ length: ROWS }, (_, i) => at(margins + k * STRIDE, i)));
    kernels.softmax(margins, STRIDE, margins + 3 * STRIDE, 8 * ROWS, place(0), place(1));
    for (let i = 0; i < ROWS; i++) {
      const top = Math.max(z[0]![i]!, z[1]![i]!, z[2]![i]!);
      const sum = sumOver(3, (k) => Math.exp(z[k]![i]! - top));
      expect(at(place(0), i)).toBeCloseTo(sum, 12);
      expect(at(place(1), i)).toBe(top);
      for (const k of [0, 1, 2]) {
        expect(at(margins + k * STRIDE, i)).toBeCloseTo(Math.exp(z[k]![i]! - top) / sum, 13);
      }
    }
  });
});
