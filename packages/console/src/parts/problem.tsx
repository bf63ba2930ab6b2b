import { Button, Group, Stack } from "@mantine/core";
import { ApiError } from "../api/call-api.ts";
import { Notice } from "./notice.tsx";

interface ProblemProps {
  /** Outcome that failed: "Bundles not loaded". */
  readonly what: string;
  readonly error: Error;
  readonly onRetry?: (() => void) | undefined;
}

/** Failure, shown where it matters, with the service's reason. */
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
    <Notice kind="failure">
      <Stack gap="xs">
        <p>
          {what}: {error.message}
        </p>
        <Group>
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
        </Group>
      </Stack>
    </Notice>
  );
}
