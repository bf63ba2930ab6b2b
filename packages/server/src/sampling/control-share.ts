/**
 * How many results the next run draws to the control share: as many as are missing of `share`, what waits there
 * already counted, so that runs in quick succession do not pile random questions up.
 *
 * `share` need not be whole: 10 % of 5 is one every other time, so that it holds on average for batches of any
 * size. `draw` is uniform in [0, 1).
 */
export function drawControlCount(
  share: number,
  waiting: number,
  draw: number,
): {
  /** How many should wait after this run. */
  readonly wanted: number;
  readonly drawn: number;
  /** The mean of `drawn` over `draw`: divided by the results drawn from, the chance of each. 0: none had one. */
  readonly expected: number;
} {
  const whole = Math.floor(share);
  const rest = share - whole;
  const missing = (wanted: number): number => Math.max(0, wanted - waiting);
  const wanted = draw < rest ? whole + 1 : whole;
  return {
    wanted,
    drawn: missing(wanted),
    expected: (1 - rest) * missing(whole) + rest * missing(whole + 1),
  };
}
