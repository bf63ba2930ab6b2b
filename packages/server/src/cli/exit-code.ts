import { type ErrorKind, RelearnError } from "../errors.ts";

/** Exit codes of every command; `docs/cli.md` lists them. */
export const EXIT_OK = 0;
/** Unexpected error. */
export const EXIT_FAILURE = 1;
/** Invalid command line or input. */
export const EXIT_USAGE = 2;
/** Refused: the state does not allow it, or something is missing or forbidden. */
const EXIT_REFUSED = 3;
/** The database or the service does not respond. */
const EXIT_UNAVAILABLE = 4;
/** A check did not pass (`audit verify`, `bundles verify`, `doctor`, `rollouts replay`). */
export const EXIT_CHECK_FAILED = 5;

const byKind: Record<ErrorKind, number> = {
  invalid: EXIT_USAGE,
  not_found: EXIT_REFUSED,
  refused: EXIT_REFUSED,
  conflict: EXIT_REFUSED,
  forbidden: EXIT_REFUSED,
  unauthenticated: EXIT_REFUSED,
  limited: EXIT_UNAVAILABLE,
  unavailable: EXIT_UNAVAILABLE,
  internal: EXIT_FAILURE,
};

export function toExitCode(error: unknown): number {
  return error instanceof RelearnError ? byKind[error.kind] : EXIT_FAILURE;
}
