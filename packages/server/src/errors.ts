/**
 * The one error class of Relearn and the list of its codes.
 *
 * A message states what happened, the value, what is accepted and what to do. A code is stable: programs
 * branch on it, never on the text. The kind states how the caller can recover; HTTP statuses and exit codes
 * are derived from it in `http/problem.ts` and `cli/exit-code.ts`, so this file depends on neither.
 */

/** Class of an error: what has to change before the operation can succeed. */
export type ErrorKind =
  /** The input is invalid: correct it. */
  | "invalid"
  /** The named object does not exist. */
  | "not_found"
  /** The input is valid, but the current state does not allow the operation. */
  | "refused"
  /** The object was changed concurrently: read it again. */
  | "conflict"
  /** The caller is authenticated but lacks the right. */
  | "forbidden"
  /** The caller is not authenticated. */
  | "unauthenticated"
  /** A limit is exceeded: send less, or wait. */
  | "limited"
  /** A dependency of Relearn does not respond: try again later. */
  | "unavailable"
  /** Internal server error. */
  | "internal";

/** Every code with its kind. Each feature adds its codes here, so that a code has one meaning. */
export const errorKinds = {
  invalid_input: "invalid",
  invalid_definition: "invalid",
  invalid_payload: "invalid",
  invalid_policy: "invalid",
  unknown_agent: "not_found",
  not_found: "not_found",
  unknown_job: "not_found",
  database_unavailable: "unavailable",
  database_unsupported: "refused",
  data_folder_locked: "conflict",
  service_unavailable: "unavailable",
  forbidden: "forbidden",
  unauthenticated: "unauthenticated",
  cross_site: "forbidden",
  host_refused: "forbidden",
  too_many_attempts: "limited",
  unknown_key: "not_found",
  unknown_session: "not_found",
  admin_key_missing: "refused",
  last_admin_key: "refused",
  too_large: "limited",
  rate_limited: "limited",
  too_many_streams: "limited",
  busy: "unavailable",
  method_not_allowed: "invalid",
  unsupported_media_type: "invalid",
  request_stalled: "invalid",
  request_in_flight: "conflict",
  idempotency_key_reused: "invalid",
  unknown_bundle: "not_found",
  unknown_approval: "not_found",
  unknown_rollout: "not_found",
  nothing_to_propose: "refused",
  nothing_to_roll_back: "refused",
  no_canary: "refused",
  unknown_rules: "refused",
  bundle_altered: "refused",
  already_proposed: "refused",
  final: "refused",
  stale_generation: "conflict",
  wrong_state: "refused",
  lacks_right: "forbidden",
  self_approval: "forbidden",
  already_approved: "refused",
  digest_changed: "conflict",
  active_changed: "conflict",
  expired: "refused",
  kill_switch_on: "refused",
  already_running: "refused",
  illegal_target: "invalid",
  reason_missing: "invalid",
  already_so: "refused",
  insufficient_data: "refused",
  lease_lost: "conflict",
  already_answered: "conflict",
  label_used: "refused",
  nothing_to_undo: "refused",
  reviewer_involved: "forbidden",
  training_failed: "refused",
  internal: "internal",
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof errorKinds;

export class RelearnError extends Error {
  override readonly name = "RelearnError";
  readonly code: ErrorCode;
  /** Values for programs, serializable as JSON: the path of the fault, counts, ids. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    options: { details?: Record<string, unknown>; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.details = options.details ?? {};
  }

  get kind(): ErrorKind {
    return errorKinds[this.code];
  }
}

/** Marks a branch that the types exclude, so that a new member of the union fails to compile there. */
export function unreachable(value: never): never {
  throw new RelearnError(
    "internal",
    `Internal error: unexpected value ${JSON.stringify(value)}. Please report it.`,
  );
}
