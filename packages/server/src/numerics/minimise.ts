import { cholesky, solveCholesky } from "./cholesky.ts";

/** A smooth convex function of `size` parameters. */
export interface Objective {
  readonly size: number;
  /**
   * Returns the value at `parameters`. Overwrites `gradient`, and `hessian` (size x size, row-major, both triangles) if one is
   * given.
   */
  evaluate(parameters: Float64Array, gradient: Float64Array, hessian: Float64Array | null): number;
}

export interface MinimiseOptions {
  /** Stop when the next step is at most this times max(1, largest parameter), and take that step. */
  readonly tolerance: number;
  readonly maxIterations: number;
}

export type Minimum =
  | {
      readonly converged: true;
      readonly iterations: number;
      /** Cholesky factor of the last Hessian, for use as a preconditioner; `null` if none was computed. */
      readonly factor: Float64Array | null;
    }
  /** `parameter` is the one whose next step is largest. */
  | { readonly converged: false; readonly iterations: number; readonly parameter: number };

/**
 * Minimises by Newton's method with step halving (Armijo), from `parameters`, which it overwrites with the minimum.
 * Quadratic near the minimum: a step of 1e-7 leaves an error of about 1e-14 times the curvature's change.
 * Cost per step: one evaluation with Hessian, size³/6 for the factor.
 *
 * @example
 * const objective = {
 *   size: 1,
 *   evaluate([x], gradient, hessian) {
 *     gradient[0] = Math.exp(x) - 2;
 *     if (hessian !== null) hessian[0] = Math.exp(x);
 *     return Math.exp(x) - 2 * x;
 *   },
 * };
 * const parameters = Float64Array.of(0);
 * minimiseByNewton(objective, parameters, { tolerance: 1e-9, maxIterations: 50 }).converged // true
 * parameters // [0.693147]  (ln 2)
 */
export function minimiseByNewton(
  objective: Objective,
  parameters: Float64Array,
  options: MinimiseOptions,
): Minimum {
  const size = objective.size;
  let gradient = new Float64Array(size);
  let nextGradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  let step: Float64Array = new Float64Array(size);
  const trial = new Float64Array(size);
  let value = objective.evaluate(parameters, gradient, hessian);
  for (let iteration = 1; iteration <= options.maxIterations; iteration++) {
    const factor = Number.isFinite(value) ? factorise(hessian, size) : null;
    if (factor === null) return { converged: false, iterations: iteration, parameter: findLargest(gradient) };
    step = solveCholesky(factor, size, negate(gradient));
    if (isSmall(step, parameters, options.tolerance)) {
      for (let i = 0; i < size; i++) parameters[i]! += step[i]!;
      return { converged: true, iterations: iteration, factor };
    }
    const next = lineSearch(objective, parameters, value, gradient, step, trial, nextGradient, hessian);
    if (next === undefined) return { converged: false, iterations: iteration, parameter: findLargest(step) };
    value = next;
    parameters.set(trial);
    [gradient, nextGradient] = [nextGradient, gradient];
  }
  return { converged: false, iterations: options.maxIterations, parameter: findLargest(step) };
}

/**
 * Minimises by L-BFGS (Nocedal 1980; two-loop recursion) from `parameters`, which it overwrites with the minimum.
 * The first inverse Hessian is `precondition`, e.g. the solution with a Hessian of a sample of the rows: a few
 * passes over all rows then suffice, while Newton's method computes a Hessian of all rows in each.
 * Cost per step: one evaluation without Hessian, size² for the preconditioner.
 *
 * @example
 * const objective = {
 *   size: 1,
 *   evaluate([x], gradient) {
 *     gradient[0] = Math.exp(x) - 2;
 *     return Math.exp(x) - 2 * x;
 *   },
 * };
 * const parameters = Float64Array.of(0);
 * const options = { tolerance: 1e-9, maxIterations: 50 };
 * minimiseByLbfgs(objective, parameters, (gradient) => gradient, options).converged // true
 * parameters // [0.693147]  (ln 2)
 */
export function minimiseByLbfgs(
  objective: Objective,
  parameters: Float64Array,
  precondition: (gradient: Float64Array) => Float64Array,
  options: MinimiseOptions,
): Minimum {
  const size = objective.size;
  const moves: Float64Array[] = [];
  const changes: Float64Array[] = [];
  const curvatures: number[] = [];
  let gradient = new Float64Array(size);
  let nextGradient = new Float64Array(size);
  let step: Float64Array = new Float64Array(size);
  const trial = new Float64Array(size);
  const alphas: number[] = [];
  let value = objective.evaluate(parameters, gradient, null);
  for (let iteration = 1; iteration <= options.maxIterations; iteration++) {
    if (!Number.isFinite(value)) {
      return { converged: false, iterations: iteration, parameter: findLargest(gradient) };
    }
    step = negate(gradient);
    for (let m = moves.length - 1; m >= 0; m--) {
      const alpha = dot(moves[m]!, step) / curvatures[m]!;
      alphas[m] = alpha;
      addScaled(step, changes[m]!, -alpha);
    }
    step = precondition(step);
    for (let m = 0; m < moves.length; m++) {
      addScaled(step, moves[m]!, alphas[m]! - dot(changes[m]!, step) / curvatures[m]!);
    }
    if (isSmall(step, parameters, options.tolerance)) {
      addScaled(parameters, step, 1);
      return { converged: true, iterations: iteration, factor: null };
    }
    const next = lineSearch(objective, parameters, value, gradient, step, trial, nextGradient, null);
    if (next === undefined) return { converged: false, iterations: iteration, parameter: findLargest(step) };
    value = next;
    const move = trial.map((to, i) => to - parameters[i]!);
    const change = nextGradient.map((to, i) => to - gradient[i]!);
    const curvature = dot(move, change);
    // Positive for a strictly convex function, except for rounding; otherwise the update would not be definite.
    if (curvature > 1e-14 * dot(change, change)) {
      moves.push(move);
      changes.push(change);
      curvatures.push(curvature);
      if (moves.length > LBFGS_MEMORY) {
        moves.shift();
        changes.shift();
        curvatures.shift();
      }
    }
    parameters.set(trial);
    [gradient, nextGradient] = [nextGradient, gradient];
  }
  return { converged: false, iterations: options.maxIterations, parameter: findLargest(step) };
}

/** Number of pairs kept: a preconditioned problem converges before one is discarded. */
const LBFGS_MEMORY = 20;

/**
 * Halves the step until the value decreases enough. Stores the point in `trial`, its gradient in `nextGradient` and its
 * Hessian in `hessian`. Returns `undefined` if 50 halvings are not enough.
 */
function lineSearch(
  objective: Objective,
  parameters: Float64Array,
  value: number,
  gradient: Float64Array,
  step: Float64Array,
  trial: Float64Array,
  nextGradient: Float64Array,
  hessian: Float64Array | null,
): number | undefined {
  const slope = dot(gradient, step);
  let length = 1;
  for (let halving = 0; halving < 50; halving++) {
    for (let i = 0; i < trial.length; i++) trial[i] = parameters[i]! + length * step[i]!;
    const next = objective.evaluate(trial, nextGradient, hessian);
    if (next <= value + 1e-4 * length * slope) return next;
    // Near the minimum the decrease is below the rounding error of the value, so the gradient decides.
    const flat = next <= value + 1e-11 * Math.abs(value);
    if (flat && Math.abs(dot(nextGradient, step)) <= 0.9 * Math.abs(slope)) return next;
    length /= 2;
  }
  return undefined;
}

/** Factorises the Hessian; if rounding makes a pivot vanish, adds a ridge of 1e-12 of the diagonal, then more. */
function factorise(hessian: Float64Array, size: number): Float64Array | null {
  const factor = cholesky(hessian, size);
  if (factor !== null) return factor;
  const ridged = hessian.slice();
  for (let ridge = 1e-12; ridge < 1e-3; ridge *= 100) {
    for (let at = 0; at < ridged.length; at += size + 1) {
      ridged[at] = hessian[at]! + ridge * (1 + Math.abs(hessian[at]!));
    }
    const ridgedFactor = cholesky(ridged, size);
    if (ridgedFactor !== null) return ridgedFactor;
  }
  return null;
}

function negate(values: Float64Array): Float64Array {
  return values.map((value) => -value);
}

function isSmall(step: Float64Array, parameters: Float64Array, tolerance: number): boolean {
  let maxLength = 0;
  let scale = 1;
  for (let i = 0; i < step.length; i++) {
    // Not Math.max: NaN must not count as small.
    const length = Math.abs(step[i]!);
    if (!(length <= maxLength)) maxLength = length;
    scale = Math.max(scale, Math.abs(parameters[i]!));
  }
  return maxLength <= tolerance * scale;
}

function findLargest(values: Float64Array): number {
  let best = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) return i;
    if (Math.abs(value) > Math.abs(values[best]!)) best = i;
  }
  return best;
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

function addScaled(target: Float64Array, values: Float64Array, factor: number): void {
  for (let i = 0; i < target.length; i++) target[i]! += factor * values[i]!;
}
