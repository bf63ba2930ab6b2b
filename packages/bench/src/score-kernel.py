"""The scoring kernels of score-kernel.ts in numpy, vectorised over a million tasks with five judges."""

import time

import numpy as np

ROWS, JUDGES, RUNS = 1_000_000, 5, 7
rng = np.random.default_rng(1)
draw = rng.random((ROWS, JUDGES))
votes = np.where(draw < 0.05, -1, np.where(draw < 0.7, 1, 0)).astype(np.int8)
confidences = (40 + rng.integers(0, 61, (ROWS, JUDGES))).astype(np.float64)
weights = np.full(JUDGES, 0.5)
shares = np.array([0.1, 0.2, 0.4, 0.2, 0.1])
intercepts = rng.normal(size=5)
log_odds = rng.normal(size=(JUDGES, 5))


def calibrated():
    signed = np.where(votes < 0, 0.0, 2.0 * votes - 1.0)
    p = (1 / (1 + np.exp(-(signed @ log_odds + intercepts)))) @ shares
    return np.minimum(p, 1 - p)


def specification():
    given = votes >= 0
    number = given.sum(1)
    ones = (votes == 1).sum(1)
    with np.errstate(all="ignore"):
        share = ones / number
        entropy = -(share * np.log2(share) + (1 - share) * np.log2(1 - share))
        weight = weights * given
        total = weight.sum(1)
        shares_stated = confidences / 100
        mean = (weight * shares_stated).sum(1) / total
        variance = (weight * (shares_stated - mean[:, None]) ** 2).sum(1) / total
    agreed = np.where(mean < 0.6, 1 - mean, np.minimum(1, 4 * variance))
    return np.where(number == 0, 1.0, np.where((ones > 0) & (ones < number), entropy, agreed))


def measure_fastest(run):
    least = float("inf")
    for _ in range(RUNS):
        start = time.perf_counter()
        run()
        least = min(least, time.perf_counter() - start)
    return least * 1000


print(f"numpy calibrated                    {measure_fastest(calibrated):.1f} ms")
print(f"numpy specification                 {measure_fastest(specification):.1f} ms")
