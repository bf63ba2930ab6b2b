import { RelearnError } from "../errors.ts";

/** How soon a request is worth sending again after the database did not answer. */
const RETRY_SECONDS = 5;

/**
 * SQLSTATEs by which a server says that it cannot serve now: the connection failed (08), there are not the
 * means (53: disk, memory, connections), it shuts down, has crashed or starts up (57P), or takes no writes
 * because another one is the primary now (25006).
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
/** What the driver says in words alone. */
const lostConnection =
  /^(Connection terminated|timeout exceeded when trying to connect|Client (has encountered a connection error|was closed))/;

/** The error where the database does not answer at all; undefined where it answered, or the error is another's. */
export function databaseFault(error: unknown): RelearnError | undefined {
  if (!(error instanceof Error) || error instanceof RelearnError) return undefined;
  const code = "code" in error ? String(error.code) : "";
  if (!unavailableState.test(code) && !unreachableCodes.has(code) && !lostConnection.test(error.message)) {
    return undefined;
  }
  const isFull = code === "53100";
  return new RelearnError(
    "database_unavailable",
    isFull
      ? "The database has no room on its disk. Nothing of the request was stored; make room, then send it again."
      : "The database does not answer now. Send the request again in a moment; a change with an idempotency key is then made once, whatever became of this one.",
    { details: { retry_after_seconds: RETRY_SECONDS }, cause: error },
  );
}
