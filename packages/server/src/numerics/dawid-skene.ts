/**
 * Dawid and Skene's EM: estimates the true classes from the answers of several people, each with their own error rates, if
 * no true class is known. Dawid and Skene, "Maximum likelihood estimation of observer error-rates using the EM
 * algorithm", Applied Statistics 28, 1979.
 *
 * Tempered: in the final probabilities the answers' log-likelihood is multiplied by an inverse temperature of
 * at most 1, since people who find the same items hard do not err independently, as the model assumes. The
 * iterations are not tempered: less certain truths give higher error rates, which make the truths less certain again, until
 * nothing is known. For groups of people; not for panels of language models, which share so many errors that the result
 * gets worse (docs/methods/agreement.md).
 */
export interface CrowdAnswers {
  readonly items: number;
  readonly raters: number;
  readonly classes: number;
  /** One entry per answer, all of equal length; the same rater may answer an item more than once. */
  readonly item: ArrayLike<number>;
  readonly rater: ArrayLike<number>;
  readonly answer: ArrayLike<number>;
}

export interface DawidSkeneOptions {
  /** In (0, 1]; 1 leaves the model's own probabilities. */
  readonly inverseTemperature?: number;
  /** Pseudo-answers per row of a rater, spread over the classes; 0 is maximum likelihood. */
  readonly smoothing?: number;
  readonly maxIterations?: number;
  /** Stops when no probability of any item changes more than this in an iteration. */
  readonly tolerance?: number;
}

export interface DawidSkeneFit {
  /** items x classes. An item without an answer has the class probabilities. */
  readonly itemProbabilities: Float64Array;
  readonly classProbabilities: Float64Array;
  /** raters x classes x classes: P(answer | true class), rows the true class. */
  readonly confusion: Float64Array;
  readonly iterations: number;
  readonly converged: boolean;
}

/** Accounts for correlated answers on hard items; chosen by judgement, not measured. */
const DEFAULT_INVERSE_TEMPERATURE = 0.7;

/**
 * Estimates the true class of each item and the errors of each rater by EM, from a start at the shares of votes.
 * Cost of an iteration: answers x classes; at most `maxIterations` (1000).
 *
 * @example
 * const answers = {
 *   items: 4,
 *   raters: 3,
 *   classes: 2,
 *   item: [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3],
 *   rater: [0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2],
 *   answer: [0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1],
 * };
 * const fit = dawidSkene(answers);
 * fit.itemProbabilities.map((p) => roundToPlaces(p, 3)) // [0.584, 0.416, 0.195, 0.805, 0.728, 0.272, 0.195, 0.805]
 * fit.converged // true
 */
export function dawidSkene(answers: CrowdAnswers, options: DawidSkeneOptions = {}): DawidSkeneFit {
  const { items, raters, classes } = answers;
  const { maxIterations = 1000, tolerance = 1e-9 } = options;
  const inverseTemperature = options.inverseTemperature ?? DEFAULT_INVERSE_TEMPERATURE;
  const smoothing = options.smoothing ?? classes;
  const classProbabilities = new Float64Array(classes);
  const confusion = new Float64Array(raters * classes * classes);
  let itemProbabilities = voteShares(answers);
  let iterations = 0;
  let converged = false;
  while (!converged && iterations < maxIterations) {
    estimateErrors(answers, itemProbabilities, smoothing, classProbabilities, confusion);
    const next = estimateTruth(answers, classProbabilities, confusion, 1);
    let moved = 0;
    for (let cell = 0; cell < items * classes; cell++) {
      moved = Math.max(moved, Math.abs(next[cell]! - itemProbabilities[cell]!));
    }
    itemProbabilities = next;
    iterations += 1;
    converged = moved <= tolerance;
  }
  if (inverseTemperature !== 1 && iterations > 0) {
    itemProbabilities = estimateTruth(answers, classProbabilities, confusion, inverseTemperature);
  }
  return { itemProbabilities, classProbabilities, confusion, iterations, converged };
}

/** Computes the start: each item's shares of answers; equal shares if it has none. */
function voteShares({ items, classes, item, answer }: CrowdAnswers): Float64Array {
  const shares = new Float64Array(items * classes);
  for (let entry = 0; entry < item.length; entry++) shares[item[entry]! * classes + answer[entry]!]! += 1;
  normaliseRows(shares, classes);
  return shares;
}

/** M-step: computes class frequencies, and each rater's frequency of each answer given the class. */
function estimateErrors(
  { items, raters, classes, item, rater, answer }: CrowdAnswers,
  itemProbabilities: Float64Array,
  smoothing: number,
  classProbabilities: Float64Array,
  confusion: Float64Array,
): void {
  classProbabilities.fill(0);
  for (let row = 0; row < items; row++) {
    for (let k = 0; k < classes; k++) classProbabilities[k]! += itemProbabilities[row * classes + k]!;
  }
  normaliseRows(classProbabilities, classes);
  confusion.fill(smoothing / classes);
  for (let entry = 0; entry < item.length; entry++) {
    const offset = rater[entry]! * classes * classes + answer[entry]!;
    for (let k = 0; k < classes; k++) {
      confusion[offset + k * classes]! += itemProbabilities[item[entry]! * classes + k]!;
    }
  }
  normaliseRows(confusion.subarray(0, raters * classes * classes), classes);
}

/** E-step, with logarithms: a class for which a rater never gave this answer has probability 0, not NaN. */
function estimateTruth(
  { items, classes, item, rater, answer }: CrowdAnswers,
  classProbabilities: Float64Array,
  confusion: Float64Array,
  inverseTemperature: number,
): Float64Array {
  const logs = new Float64Array(items * classes);
  for (let row = 0; row < items; row++) {
    for (let k = 0; k < classes; k++) logs[row * classes + k] = Math.log(classProbabilities[k]!);
  }
  for (let entry = 0; entry < item.length; entry++) {
    const offset = rater[entry]! * classes * classes + answer[entry]!;
    for (let k = 0; k < classes; k++) {
      logs[item[entry]! * classes + k]! += inverseTemperature * Math.log(confusion[offset + k * classes]!);
    }
  }
  for (let row = 0; row < items; row++) {
    let highest = Number.NEGATIVE_INFINITY;
    for (let k = 0; k < classes; k++) highest = Math.max(highest, logs[row * classes + k]!);
    for (let k = 0; k < classes; k++) {
      // No class allows these answers: nothing is known, so all classes have the same probability.
      logs[row * classes + k] =
        highest === Number.NEGATIVE_INFINITY ? 1 : Math.exp(logs[row * classes + k]! - highest);
    }
  }
  normaliseRows(logs, classes);
  return logs;
}

/** Scales rows of length `width` to sum 1; equal values if a row sums to 0. */
function normaliseRows(values: Float64Array, width: number): void {
  for (let start = 0; start < values.length; start += width) {
    let sum = 0;
    for (let k = 0; k < width; k++) sum += values[start + k]!;
    for (let k = 0; k < width; k++) values[start + k] = sum > 0 ? values[start + k]! / sum : 1 / width;
  }
}
