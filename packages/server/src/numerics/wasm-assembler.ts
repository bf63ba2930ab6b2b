/**
 * Minimal WebAssembly assembler for the trainer's kernels: functions of i32 parameters over one imported memory, loops, and
 * 128-bit vectors of two float64. It needs no build tool, so the kernels are assembled wherever the sources run.
 * Encoding: WebAssembly Core Specification 2.0, chapter 5.
 */
export interface WasmFunction {
  readonly name: string;
  /** Number of i32 parameters; they are the locals 0, 1, … */
  readonly parameters: number;
  readonly write: (code: WasmCode) => void;
}

/**
 * Assembles a module of functions, exported by name, over the memory `env.memory`.
 *
 * @example
 * assembleModule([]).slice(0, 8) // [0, 97, 115, 109, 1, 0, 0, 0]  (the magic number and version 1)
 */
export function assembleModule(functions: readonly WasmFunction[]): Uint8Array<ArrayBuffer> {
  const types = functions.map((one) => [0x60, ...vector(new Array(one.parameters).fill([I32])), 0]);
  const bodies = functions.map((one) => {
    const code = new WasmCode(one.parameters);
    one.write(code);
    return code.body();
  });
  const memoryImport = [...text("env"), ...text("memory"), 0x02, 0x00, ...unsigned(1)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    ...section(1, vector(types)),
    ...section(2, vector([memoryImport])),
    ...section(3, vector(functions.map((_, at) => unsigned(at)))),
    ...section(7, vector(functions.map((one, at) => [...text(one.name), 0x00, ...unsigned(at)]))),
    ...section(10, vector(bodies.map((body) => [...unsigned(body.length), ...body]))),
  ]);
}

const I32 = 0x7f;
const V128 = 0x7b;

/** Operations on vectors, by their number after the prefix 0xfd. */
const vectorOperations = {
  "f64x2.splat": 0x14,
  "f64x2.abs": 0xec,
  "f64x2.neg": 0xed,
  "f64x2.add": 0xf0,
  "f64x2.sub": 0xf1,
  "f64x2.mul": 0xf2,
  "f64x2.div": 0xf3,
  "f64x2.max": 0xf5,
  "f64x2.ge": 0x4c,
  "i32x4.trunc_sat_f64x2_s_zero": 0xfc,
  "i32x4.shr_s": 0xac,
  "i64x2.extend_low_i32x4_s": 0xc7,
  "i64x2.add": 0xce,
  "i64x2.shl": 0xcb,
  "v128.bitselect": 0x52,
} as const;

const integerOperations = {
  "i32.add": 0x6a,
  "i32.sub": 0x6b,
  "i32.mul": 0x6c,
  "i32.and": 0x71,
  "i32.shl": 0x74,
  "i32.lt_u": 0x49,
} as const;

/** Instructions of one function, written in order. */
export class WasmCode {
  readonly #bytes: number[] = [];
  readonly #locals: number[] = [];
  readonly #parameters: number;

  constructor(parameters: number) {
    this.#parameters = parameters;
  }

  /** Adds a local for an address or count. */
  integer(): number {
    return this.#parameters + this.#locals.push(I32) - 1;
  }

  /** Adds a local for two float64. */
  vector(): number {
    return this.#parameters + this.#locals.push(V128) - 1;
  }

  get(local: number): this {
    return this.#emit(0x20, ...unsigned(local));
  }

  set(local: number): this {
    return this.#emit(0x21, ...unsigned(local));
  }

  tee(local: number): this {
    return this.#emit(0x22, ...unsigned(local));
  }

  constant(value: number): this {
    return this.#emit(0x41, ...signed(value));
  }

  /** Pushes the same float64 in both lanes. */
  vectorConstant(value: number): this {
    const bytes = new Uint8Array(new Float64Array([value, value]).buffer);
    return this.#emit(0xfd, ...unsigned(0x0c), ...bytes);
  }

  /** Pushes the same whole number in both 64-bit lanes. */
  vectorInteger(value: number): this {
    const bytes = new Uint8Array(new BigInt64Array([BigInt(value), BigInt(value)]).buffer);
    return this.#emit(0xfd, ...unsigned(0x0c), ...bytes);
  }

  integers(operation: keyof typeof integerOperations): this {
    return this.#emit(integerOperations[operation]);
  }

  vectors(operation: keyof typeof vectorOperations): this {
    return this.#emit(0xfd, ...unsigned(vectorOperations[operation]));
  }

  /** Loads two float64 from the address on the stack plus `offset`. */
  load(offset = 0): this {
    return this.#memory(0x00, 3, offset);
  }

  /** Loads one float64 into both lanes. */
  loadSplat(offset = 0): this {
    return this.#memory(0x0a, 3, offset);
  }

  /** Pops address and vector; pushes the vector with one float64 loaded into lane 1. */
  loadLane1(offset = 0): this {
    this.#memory(0x57, 3, offset);
    return this.#emit(1);
  }

  store(offset = 0): this {
    return this.#memory(0x0b, 3, offset);
  }

  /** Extracts a 32-bit lane of a vector of whole numbers. */
  laneInteger(lane: number): this {
    return this.#emit(0xfd, 0x1b, lane);
  }

  /** Adds the sum of the vector's lanes to the float64 at the address plus `offset`. */
  addSumAt(address: number, vector: number, offset: number): this {
    this.get(address)
      .get(address)
      .#emit(0x2b, 3, ...unsigned(offset));
    this.get(vector).#emit(0xfd, 0x21, 0);
    this.get(vector).#emit(0xfd, 0x21, 1);
    // The lanes are added first, so that their sum does not depend on the previous value.
    return this.#emit(0xa0, 0xa0, 0x39, 3, ...unsigned(offset));
  }

  /** Repeats `body`, which must advance `pointer`, while `pointer` < `end`; at least once. */
  loopUntil(pointer: number, end: number, body: () => void): this {
    this.#emit(0x03, 0x40);
    body();
    return this.get(pointer).get(end).integers("i32.lt_u").#emit(0x0d, 0x00, 0x0b);
  }

  /** pointer += bytes */
  advance(pointer: number, bytes: number): this {
    return this.get(pointer).constant(bytes).integers("i32.add").set(pointer);
  }

  body(): number[] {
    const locals = this.#locals.map((type) => [0x01, type]);
    return [...vector(locals), ...this.#bytes, 0x0b];
  }

  #memory(operation: number, alignment: number, offset: number): this {
    return this.#emit(0xfd, ...unsigned(operation), alignment, ...unsigned(offset));
  }

  #emit(...bytes: number[]): this {
    this.#bytes.push(...bytes);
    return this;
  }
}

function section(id: number, content: readonly number[]): number[] {
  return [id, ...unsigned(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): number[] {
  return [...unsigned(items.length), ...items.flat()];
}

function text(value: string): number[] {
  const bytes = new TextEncoder().encode(value);
  return [...unsigned(bytes.length), ...bytes];
}

/** Encodes as LEB128. */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value >>> 0;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return [...bytes, rest];
}

function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value | 0;
  for (;;) {
    const byte = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0)) return [...bytes, byte];
    bytes.push(byte | 0x80);
  }
}
