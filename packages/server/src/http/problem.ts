import { type ErrorKind, RelearnError } from "../errors.ts";

/** A problem document (RFC 9457). `code` is stable: programs branch on it. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: string;
  readonly details?: Readonly<Record<string, unknown>>;
}

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

const statusByCode: Readonly<Record<string, 413>> = { too_large: 413 };

export type ProblemStatus = (typeof statusByKind)[ErrorKind] | 413;

const titles: Record<ErrorKind, string> = {
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
      type: "about:blank",
      title: titles.internal,
      status: 500,
      detail: "Relearn failed in a way nobody foresaw; its log has the details.",
      code: "internal",
    };
  }
  return {
    type: "about:blank",
    title: titles[error.kind],
    status: statusByCode[error.code] ?? statusByKind[error.kind],
    detail: error.message,
    code: error.code,
    ...(Object.keys(error.details).length === 0 ? {} : { details: error.details }),
  };
}
