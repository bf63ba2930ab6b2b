import type { ProblemDocument } from "@relearn/contract";
import { type ErrorCode, type ErrorKind, errorKinds, RelearnError } from "../errors.ts";

/** The one place where an error gets an HTTP status. */
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

/** The HTTP status of an error with this code. */
export function toProblemStatus(code: ErrorCode): ProblemStatus {
  const own: Partial<Record<ErrorCode, ProblemStatus>> = statusByCode;
  return own[code] ?? statusByKind[errorKinds[code]];
}

/** Where the service's own pages explain the code; relative to the service's address. */
const toProblemType = (code: ErrorCode): string => `/docs#problem-${code}`;

export const titles: Record<ErrorKind, string> = {
  invalid: "The request is wrong",
  unauthenticated: "Not signed in",
  forbidden: "Not allowed",
  not_found: "Not found",
  refused: "Not possible in the present state",
  conflict: "Changed in the meantime",
  limited: "Too much",
  unavailable: "Not available now",
  internal: "A defect of Relearn",
};

/** The problem document of an error. Of an unforeseen one it tells nothing but that: the log has the rest. */
export function toProblem(error: unknown): ProblemDocument & { readonly status: ProblemStatus } {
  if (!(error instanceof RelearnError)) {
    return {
      type: toProblemType("internal"),
      title: titles.internal,
      status: 500,
      detail: "Relearn failed in a way nobody foresaw; its log has the details.",
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
