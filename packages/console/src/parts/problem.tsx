import { Button } from "@mantine/core";
import { ApiError } from "../api/call-api.ts";

interface ProblemProps {
  /** What did not happen: "Bundles not loaded". */
  readonly what: string;
  readonly error: Error;
  readonly onRetry?: (() => void) | undefined;
}

/** A failure in the place where it matters, with the service's reason. */
export function Problem({ what, error, onRetry }: ProblemProps) {
  const details =
    error instanceof ApiError
      ? JSON.stringify(
          { what, code: error.code, status: error.status, detail: error.message, details: error.details },
          null,
          2,
        )
      : `${what}: ${error.stack ?? error.message}`;
  return (
    <div className="problem" role="alert">
      <p>
        {what}: {error.message}
      </p>
      <div className="row" style={{ marginTop: 8 }}>
        {onRetry !== undefined && (
          <Button size="compact-sm" onClick={onRetry}>
            Try again
          </Button>
        )}
        <Button
          size="compact-sm"
          variant="subtle"
          onClick={() => void navigator.clipboard?.writeText(details)}
        >
          Copy details
        </Button>
      </div>
    </div>
  );
}
