import type { Switchboard } from "./switchboard.ts";

/**
 * Sends what is buffered when the process runs out of work by itself. A process that is ended by a signal or
 * by `process.exit` must await `switchboard.close()` itself: a library should not decide what a signal does.
 * Gives a function that takes the listener off again.
 */
export function closeOnExit(switchboard: Switchboard): () => void {
  const listener = (): void => {
    void switchboard.close();
  };
  process.once("beforeExit", listener);
  return () => process.off("beforeExit", listener);
}
