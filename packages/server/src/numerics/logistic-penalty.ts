/**
 * Adds the penalty of a logistic model to its gradient and Hessian (size x size, row-major; `null` if not wanted)
 * and returns it: ½·strength·‖W‖², the intercepts left out.
 *
 * `parameters` holds `vectors` rows of equal length, each with its intercept last. With several vectors the sum of
 * the intercepts is free; a further penalty ½·(their sum)² fixes it at 0 and changes nothing else.
 * Cost O(parameters).
 *
 * @example
 * addLogisticPenalty(Float64Array.of(3, 4, 9), 1, 2, new Float64Array(3), null) // 25
 */
export function addLogisticPenalty(
  parameters: Float64Array,
  vectors: number,
  strength: number,
  gradient: Float64Array,
  hessian: Float64Array | null,
): number {
  const size = parameters.length;
  const width = size / vectors;
  let squares = 0;
  let interceptSum = 0;
  for (let v = 0; v < vectors; v++) {
    const at = v * width;
    for (let column = 0; column + 1 < width; column++) {
      const parameter = parameters[at + column]!;
      squares += parameter * parameter;
      gradient[at + column]! += strength * parameter;
      if (hessian !== null) hessian[(at + column) * size + at + column]! += strength;
    }
    interceptSum += parameters[at + width - 1]!;
  }
  if (vectors === 1) return 0.5 * strength * squares;
  for (let v = 0; v < vectors; v++) {
    const at = v * width + width - 1;
    gradient[at]! += interceptSum;
    if (hessian !== null) {
      for (let u = 0; u < vectors; u++) hessian[at * size + u * width + width - 1]! += 1;
    }
  }
  return 0.5 * strength * squares + 0.5 * interceptSum * interceptSum;
}
