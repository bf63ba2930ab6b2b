/**
 * Computes how many results the next run draws for the control share: `share` minus the `waiting` ones, so that
 * frequent runs do not accumulate random questions.
 *
 * `share` may be fractional: 10 % of 5 is one result in every other run, so that the share holds on average for
 * batches of any size. `draw` is uniform in [0, 1).
 */
export function drawControlCount(
  share: number,
  waiting: number,
  draw: number,
): {
  /** Number of control results that should wait after this run. */
  readonly wanted: number;
  readonly drawn: number;
  /** Mean of `drawn` over `draw`. Divided by the number of results it is each result's inclusion probability. */
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
