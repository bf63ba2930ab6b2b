import type { ProblemDocument } from "@relearn/contract";
import { type ErrorCode, type ErrorKind, errorKinds, RelearnError } from "../errors.ts";

/** HTTP status of each kind of error; `statusByCode` has the exceptions. */
const statusByKind = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  not_found: 404,
  refused: 409,
  conflict: 409,
  limited: 429,
  unavailable: 503,
  internal: 500,
} as const satisfies Record<ErrorKind, number>;

const statusByCode = {
  method_not_allowed: 405,
  request_stalled: 408,
  too_large: 413,
  unsupported_media_type: 415,
  idempotency_key_reused: 422,
} as const satisfies Partial<Record<ErrorCode, number>>;

export type ProblemStatus =
  | (typeof statusByKind)[ErrorKind]
  | (typeof statusByCode)[keyof typeof statusByCode];

/** Returns the HTTP status of an error with this code. */
export function toProblemStatus(code: ErrorCode): ProblemStatus {
  const exceptions: Partial<Record<ErrorCode, ProblemStatus>> = statusByCode;
  return exceptions[code] ?? statusByKind[errorKinds[code]];
}

/** Returns the URL of the code's documentation, relative to the address of the service. */
const toProblemType = (code: ErrorCode): string => `/docs#problem-${code}`;

export const titles: Record<ErrorKind, string> = {
  invalid: "Invalid request",
  unauthenticated: "Not authenticated",
  forbidden: "Not allowed",
  not_found: "Not found",
  refused: "Not possible in the current state",
  conflict: "Conflict with another change",
  limited: "Limit exceeded",
  unavailable: "Temporarily unavailable",
  internal: "Internal server error",
};

/** Converts an error to a problem document. An unexpected error is not described; the server log has its details. */
export function toProblem(error: unknown): ProblemDocument & { readonly status: ProblemStatus } {
  if (!(error instanceof RelearnError)) {
    return {
      type: toProblemType("internal"),
      title: titles.internal,
      status: 500,
      detail: "Unexpected error; see the server log.",
      code: "internal",
    };
  }
  return {
    type: toProblemType(error.code),
    title: titles[error.kind],
    status: toProblemStatus(error.code),
    detail: error.message,
    code: error.code,
    ...(Object.keys(error.details).length === 0 ? {} : { details: error.details }),
  };
}
