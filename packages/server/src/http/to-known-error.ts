import { toDatabaseFault } from "../db/database-fault.ts";
import { RelearnError } from "../errors.ts";

/** Converts an error of Hono, its validators or the database to a `RelearnError`; returns any other error unchanged. */
export function toKnownError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RelearnError) return error;
  const fault = toDatabaseFault(error);
  if (fault !== undefined) return fault;
  if (!("status" in error)) return error;
  if (error.status === 400) {
    return new RelearnError("invalid_input", `Invalid request: ${error.message}.`, { cause: error });
  }
  if (error.status === 415) {
    return new RelearnError(
      "unsupported_media_type",
      "The content type of the body is not supported by this route; send application/json.",
      { cause: error },
    );
  }
  return error;
}

/** Returns whether the error must be logged: it is unexpected, or not caused by the caller. */
export function shouldLog(error: unknown): boolean {
  return (
    !(error instanceof RelearnError) || error.code === "internal" || error.code === "database_unavailable"
  );
}
