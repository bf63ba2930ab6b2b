/**
 * Prediction-powered inference for a mean, from a few randomly drawn labels and predictions for all tasks. The labels make
 * the estimate unbiased, whatever the errors of the predictions; good predictions make the interval narrow.
 *
 *   θ = λ · mean_N(f) + mean_n(Y - λ f),   λ = cov(Y, f) / ((1 + n/N) var f), clipped to [0, 1]
 *   var θ = λ² var(f)/N + var(Y - λ f)/n;  interval by Student's t with n - 1 degrees of freedom
 *
 * N tasks without a label, n with one. Angelopoulos, Duchi and Zrnic, "PPI++: efficient prediction-powered
 * inference", 2023. Valid only for labels drawn at random, not for actively chosen ones, and only if the
 * predictions were not trained on these labels.
 */
import { wilsonInterval } from "./wilson-interval.ts";

export interface PredictionPoweredMean {
  readonly mean: number;
  readonly interval: readonly [number, number];
  /** Weight of the predictions, 0 to 1. */
  readonly lambda: number;
  readonly labels: number;
  /**
   * `labels_only` if the labels do not vary around the predictions, so that their variance is unknown: the interval is then
   * Wilson's interval of the labels, since an interval without width would be wrong.
   */
  readonly method: "prediction_powered" | "labels_only";
}

/**
 * Estimates a mean of outcomes in [0, 1] from few labels and predictions for all.
 *
 * `labels` and `predictions` are those of the tasks with a label, pairwise; `others` are the predictions of the tasks
 * without. `z`: 1.6448536269514722 gives a 90 % interval, 1.959963984540054 95 %. `null` if there is no label.
 *
 * `labelWeights`: the inverse of each labeled task's chance to be drawn, if the chances differ (Hájek's ratio
 * estimator; n is then Kish's effective number (sum w)²/sum w²). `otherCounts`: how many tasks each of `others`
 * stands for. Both are 1 by default. Cost O(labels + others).
 *
 * @example
 * const labels = [1, 0, 1, 1, 0, 1, 0, 0, 1, 0];
 * const predictions = [0.9, 0.4, 0.6, 0.8, 0.1, 0.9, 0.2, 0.3, 0.5, 0.6];
 * const others = [0.9, 0.8, 0.2, 0.7, 0.9, 0.1, 0.3, 0.6, 0.8, 0.7];
 * const { mean, interval, lambda } = predictionPoweredMean(labels, predictions, others);
 * mean // 0.550858
 * interval // [0.236689, 0.865027]
 * lambda // 0.726538
 */
export function predictionPoweredMean(
  labels: ArrayLike<number>,
  predictions: ArrayLike<number>,
  others: ArrayLike<number>,
  z = 1.959963984540054,
  options: { readonly labelWeights?: ArrayLike<number>; readonly otherCounts?: ArrayLike<number> } = {},
): PredictionPoweredMean | null {
  if (labels.length === 0) return null;
  const weights = normalise(options.labelWeights, labels.length);
  const counts = options.otherCounts ?? new Float64Array(others.length).fill(1);
  // With equal weights exactly their number, so that weights of 1 give the same bits as no weights.
  const n = options.labelWeights === undefined ? labels.length : 1 / sumProducts(weights, weights);
  const total = sumValues(counts);
  const labelMean = sumProducts(labels, weights);
  const predictionMean = sumProducts(predictions, weights);
  const otherMean = total === 0 ? predictionMean : sumProducts(others, counts) / total;
  const spread = pooledVariance(
    { values: predictions, weights, mean: predictionMean, size: n },
    others,
    counts,
  );
  const correction = n > 1 ? n / (n - 1) : 1;
  let covariance = 0;
  for (let row = 0; row < labels.length; row++) {
    covariance +=
      correction * weights[row]! * (labels[row]! - labelMean) * (predictions[row]! - predictionMean);
  }
  const usable = total > 0 && spread > 0;
  const lambda = usable ? Math.min(1, Math.max(0, covariance / ((1 + n / total) * spread))) : 0;
  let residual = 0;
  let residualOfMean = 0;
  for (let row = 0; row < labels.length; row++) {
    const difference = labels[row]! - labelMean - lambda * (predictions[row]! - predictionMean);
    residual += correction * weights[row]! * difference ** 2;
    residualOfMean += correction * weights[row]! ** 2 * difference ** 2;
  }
  // Equal residuals leave a variance of the size of the rounding error.
  if (n < 2 || residual < 1e-12) {
    return {
      mean: labelMean,
      interval: wilsonInterval(labelMean * n, n, z),
      lambda: 0,
      labels: labels.length,
      method: "labels_only",
    };
  }
  const mean = labelMean + lambda * (otherMean - predictionMean);
  const error = Math.sqrt((usable ? (lambda ** 2 * spread) / total : 0) + residualOfMean);
  const reach = studentQuantile(z, n - 1) * error;
  return {
    mean,
    interval: [mean - reach, mean + reach],
    lambda,
    labels: labels.length,
    method: "prediction_powered",
  };
}

/**
 * Computes Student's t quantile at the level of the normal quantile `z`: with 20 labels, normal intervals of 90 % cover only
 * 86 %. Cornish-Fisher expansion, Abramowitz and Stegun 26.7.5; within .001 from 5
 * degrees of freedom on.
 */
function studentQuantile(z: number, degrees: number): number {
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  const third = (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384;
  return z + first / degrees + second / degrees ** 2 + third / degrees ** 3;
}

function normalise(weights: ArrayLike<number> | undefined, length: number): Float64Array {
  if (weights === undefined) return new Float64Array(length).fill(1 / length);
  const total = sumValues(weights);
  return Float64Array.from(weights, (weight) => weight / total);
}

function sumValues(values: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += values[index]!;
  return sum;
}

function sumProducts(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < a.length; index++) sum += a[index]! * b[index]!;
  return sum;
}

/** Computes the sample variance of all predictions together; the labeled tasks count as `size`. */
function pooledVariance(
  labeled: {
    readonly values: ArrayLike<number>;
    readonly weights: Float64Array;
    readonly mean: number;
    readonly size: number;
  },
  others: ArrayLike<number>,
  counts: ArrayLike<number>,
): number {
  const total = sumValues(counts);
  const count = labeled.size + total;
  const mean = (labeled.size * labeled.mean + sumProducts(others, counts)) / count;
  let sum = 0;
  for (let index = 0; index < labeled.values.length; index++) {
    sum += labeled.size * labeled.weights[index]! * (labeled.values[index]! - mean) ** 2;
  }
  for (let index = 0; index < others.length; index++) sum += counts[index]! * (others[index]! - mean) ** 2;
  return count < 2 ? 0 : sum / (count - 1);
}
