import { databaseFault } from "../db/database-fault.ts";
import { RelearnError } from "../errors.ts";

/** An error with its code where what Hono, its validators or the database threw has one; else as it was. */
export function knownError(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof RelearnError) return error;
  const fault = databaseFault(error);
  if (fault !== undefined) return fault;
  if (!("status" in error)) return error;
  if (error.status === 400) {
    return new RelearnError("invalid_input", `The request is refused: ${error.message}.`, { cause: error });
  }
  if (error.status === 415) {
    return new RelearnError(
      "unsupported_media_type",
      "The body's content type is not one that this route takes; send application/json.",
      { cause: error },
    );
  }
  return error;
}

/** Whether the log should have it: nobody foresaw it, or it is no caller's doing. */
export function isWorthTelling(error: unknown): boolean {
  return (
    !(error instanceof RelearnError) || error.code === "internal" || error.code === "database_unavailable"
  );
}
