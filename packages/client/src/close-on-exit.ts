import type { Switchboard } from "./switchboard.ts";

/**
 * Closes the switchboard, which sends its buffered events, when the process has no more work. A process that ends by a
 * signal or by `process.exit` must await `switchboard.close()` itself, since a library should not handle signals. Returns
 * a function that removes the listener.
 */
export function closeOnExit(switchboard: Switchboard): () => void {
  const listener = (): void => {
    void switchboard.close();
  };
  process.once("beforeExit", listener);
  return () => process.off("beforeExit", listener);
}
