/** Maximum wait after failures; a longer one would delay a kill switch after an outage. */
const MAX_WAIT_MS = 60_000;

/**
 * Runs `task` repeatedly, each time `intervalMs` after the end of the last run, with a jitter of ±10 %. After each failure
 * (false) the wait doubles, up to a minute or `intervalMs`, whichever is longer. The timer does not keep the process alive.
 * Returns a function that stops it. An interval of 0 never starts. `task` must not reject.
 */
export function repeat(task: () => Promise<boolean>, intervalMs: number, random: () => number): () => void {
  let stopped = intervalMs <= 0;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const schedule = (): void => {
    if (stopped) return;
    const wait = Math.min(intervalMs * 2 ** failures, Math.max(intervalMs, MAX_WAIT_MS));
    timer = setTimeout(
      async () => {
        failures = (await task()) ? 0 : Math.min(failures + 1, 16);
        schedule();
      },
      wait * (0.9 + 0.2 * random()),
    );
    // In browsers the timer is a number without `unref`.
    if (typeof timer === "object") timer.unref();
  };
  schedule();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
