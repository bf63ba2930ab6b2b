/**
 * Computes e^x for x <= 0, the range that a sigmoid and a softmax need, with an error below 1 unit in the last
 * place. Below -708 the result is 0; NaN gives NaN.
 *
 * It replaces Math.exp for two reasons: V8 calls a C function for Math.exp, while this function is inlined into the loops
 * of the trainer; and its result does not depend on the engine's version, so that bundles are the same bit for bit. Method (Tang,
 * "Table-driven implementation of the exponential function", 1989): x = (32 m + j) ln2/32 + r with |r| <= ln2/64;
 * e^x = 2^m 2^(j/32) e^r, e^r by its Taylor series to r^6/720.
 *
 * @example
 * expNonPositive(-1) // 0.367879
 */
export function expNonPositive(x: number): number {
  if (x < -708) return 0;
  const steps = x * STEPS_PER_UNIT + ROUNDER - ROUNDER;
  const r = x - steps * STEP_HIGH - steps * STEP_LOW;
  const whole = steps | 0;
  const series = r * (1 + r * (0.5 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720))))));
  const root = rootsOfTwo[whole & 31]!;
  return (root + root * series) * powersOfTwo[-(whole >> 5)]!;
}

/** 32 / ln 2. */
const STEPS_PER_UNIT = 46.16624130844683;
/** ln 2 / 32 in two parts: the high one has 17 zero bits at its end, so that its product with `steps` is exact. */
const STEP_HIGH = 0.021660849392446835;
const STEP_LOW = 5.145609244655338e-14;
/** 1.5 * 2^52: adding and subtracting it rounds to the nearest whole number. */
const ROUNDER = 6755399441055744;

/** Constants for the kernel that processes two values at a time; it uses the lowest x for all values below it. */
export const EXP_CONSTANTS = {
  stepsPerUnit: STEPS_PER_UNIT,
  stepHigh: STEP_HIGH,
  stepLow: STEP_LOW,
  rounder: ROUNDER,
  lowest: -708,
} as const;

/** 2^(j/32), correctly rounded; from Python's decimal module at 60 digits. */
export const rootsOfTwo = Float64Array.of(
  1.0,
  1.0218971486541166,
  1.0442737824274138,
  1.0671404006768237,
  1.0905077326652577,
  1.1143867425958924,
  1.1387886347566916,
  1.1637248587775775,
  1.189207115002721,
  1.215247359980469,
  1.241857812073484,
  1.2690509571917332,
  1.2968395546510096,
  1.3252366431597413,
  1.3542555469368927,
  1.383909881963832,
  Math.SQRT2,
  1.4451808069770467,
  1.4768261459394993,
  1.5091644275934228,
  1.5422108254079407,
  1.5759808451078865,
  1.6104903319492543,
  1.645755478153965,
  1.681792830507429,
  1.718619298122478,
  1.7562521603732995,
  1.7947090750031072,
  1.8340080864093424,
  1.8741676341103,
  1.9152065613971474,
  1.9571441241754002,
);

/** 2^-m for m in 0 .. 1022. */
const powersOfTwo = Float64Array.from({ length: 1023 }, (_, m) => 2 ** -m);
