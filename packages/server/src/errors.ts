/**
 * The one error class of Relearn and the list of its codes.
 *
 * A message says what happened, the value, what is accepted and what to do. A code is stable: programs
 * branch on it, never on the text. The kind says whose turn it is; HTTP status and exit codes are derived
 * from it at the edges (`http/problem.ts`, `cli/exit-code.ts`), so nothing here knows of either.
 */

/** Whose turn it is after an error. */
export type ErrorKind =
  /** The input is wrong: the caller mends it. */
  | "invalid"
  /** The thing named does not exist. */
  | "not_found"
  /** The input is right but the present state does not allow it. */
  | "refused"
  /** Somebody else changed it in the meantime: look again. */
  | "conflict"
  /** The caller is known but lacks the right, or is not known. */
  | "forbidden"
  | "unauthenticated"
  /** A limit is reached: later, or less. */
  | "limited"
  /** A part Relearn needs does not answer: try again later. */
  | "unavailable"
  /** A defect of Relearn. */
  | "internal";

/** Every code with its kind. A feature adds its lines here, so that a code is never used with two meanings. */
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
  /** Facts a handler or a person needs, JSON-able: the path of the fault, the counts, the ids. */
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

/** Marks a branch that the types say cannot be reached; a new union member then fails to compile here. */
export function unreachable(value: never): never {
  throw new RelearnError(
    "internal",
    `Unexpected value ${JSON.stringify(value)}: this is a defect of Relearn.`,
  );
}
