/** Waiting times after failures double up to this; longer would delay a kill switch after an outage. */
const MAX_WAIT_MS = 60_000;

/**
 * Runs `task` again and again, each time `intervalMs` after the last one ended, give or take a tenth so that
 * many processes spread out. After a failure (false) the wait doubles each time, up to a minute or
 * `intervalMs`, whichever is longer. The timer does not keep a process alive. Gives what stops it; an
 * interval of 0 never starts. `task` must not reject.
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
    // A number in browsers, which have no such notion.
    if (typeof timer === "object") timer.unref();
  };
  schedule();
  return () => {
    stopped = true;
    clearTimeout(timer);
  };
}
