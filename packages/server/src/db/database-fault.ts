import { RelearnError } from "../errors.ts";

/** Value of Retry-After if the database does not respond. */
const RETRY_SECONDS = 5;

/**
 * SQLSTATEs of an unavailable server: connection failure (08), insufficient resources (53: disk, memory,
 * connections), shutdown, crash or startup (57P), or read-only because another server is now the primary (25006).
 */
const unavailableState = /^(08...|53...|57P0[1-5]|25006)$/;
const unreachableCodes: ReadonlySet<string> = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EHOSTUNREACH",
  "ENETUNREACH",
]);
/** Connection errors of the driver that have no code. */
const lostConnection =
  /^(Connection terminated|timeout exceeded when trying to connect|Client (has encountered a connection error|was closed))/;

/** Converts an error to `database_unavailable` if the database cannot serve; returns undefined for any other error. */
export function toDatabaseFault(error: unknown): RelearnError | undefined {
  if (!(error instanceof Error) || error instanceof RelearnError) return undefined;
  const code = "code" in error ? String(error.code) : "";
  if (!unavailableState.test(code) && !unreachableCodes.has(code) && !lostConnection.test(error.message)) {
    return undefined;
  }
  const isFull = code === "53100";
  return new RelearnError(
    "database_unavailable",
    isFull
      ? "The disk of the database is full. Nothing of the request was stored. Free disk space, then send the request again."
      : "The database is not responding. Send the request again in a moment. With an idempotency key, the change is made only once, even if this request succeeded.",
    { details: { retry_after_seconds: RETRY_SECONDS }, cause: error },
  );
}
