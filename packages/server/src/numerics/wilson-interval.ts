/**
 * Computes Wilson's score interval (1927) for a share, from `successes` of `trials`.
 * `z`: 1.959963984540054 gives 95 %. Inside [0, 1]; [0, 1] if there are no trials. Accepts fractions, for decayed
 * counts.
 *
 * @example
 * wilsonInterval(8, 10) // [0.490162, 0.943318]
 * wilsonInterval(0, 10) // [0, 0.277533]
 */
export function wilsonInterval(successes: number, trials: number, z = 1.959963984540054): [number, number] {
  if (!(trials > 0)) return [0, 1];
  const share = successes / trials;
  const square = (z * z) / trials;
  const centre = (share + square / 2) / (1 + square);
  const half = (z / (1 + square)) * Math.sqrt((share * (1 - share)) / trials + square / (4 * trials));
  return [
    successes <= 0 ? 0 : Math.max(0, centre - half),
    successes >= trials ? 1 : Math.min(1, centre + half),
  ];
}
