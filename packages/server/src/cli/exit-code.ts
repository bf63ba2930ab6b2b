import { type ErrorKind, RelearnError } from "../errors.ts";

/** Exit codes of every command; `docs/cli.md` lists them. */
export const EXIT_OK = 0;
/** A defect, or an error nobody foresaw. */
export const EXIT_FAILURE = 1;
/** The command line or the input is wrong. */
export const EXIT_USAGE = 2;
/** Understood and not done: the state does not allow it, or something is missing or forbidden. */
const EXIT_REFUSED = 3;
/** The database or the service does not answer. */
const EXIT_UNAVAILABLE = 4;
/** A check was made and did not pass (`audit verify`, `bundles verify`, `doctor`, `rollouts replay`). */
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
