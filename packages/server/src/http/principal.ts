import type { Right, Role } from "@relearn/contract";
import type { Actor } from "../actor.ts";
import type { IdempotencyService } from "../idempotency/idempotency-service.ts";
import type { ByteBudget } from "./byte-budget.ts";
import type { RequestBody } from "./request-body.ts";

/** Caller of a request and its rights; set by the authentication before any route runs. */
export interface Principal {
  readonly actor: Actor;
  readonly rights: ReadonlySet<Right>;
  /**
   * How the caller is authenticated. `open`: no API key exists yet, and the caller asserts its name; `machine`:
   * by the token of the data folder, and it asserts its name; `key` and `session`: proven; `anonymous`: not
   * authenticated, which only signing in allows.
   */
  readonly via: "open" | "machine" | "key" | "session" | "anonymous";
  readonly role: Role | null;
  readonly keyId: string | null;
  readonly sessionId: string | null;
  /** When the key or the session expires; null if it does not. */
  readonly expiresAt: Date | null;
}

export interface HttpEnv {
  Variables: {
    principal: Principal;
    requestId: string;
    /** Body of a request to a batch route. */
    body: RequestBody;
    /** Memory limit of the process for batches being processed. */
    batchBudget: ByteBudget;
    /** Handles idempotency keys; undefined if the application stores none. */
    idempotency: IdempotencyService | undefined;
    /** Logs an unexpected error that occurs after the response has started. */
    reportFailure: (error: unknown, request: Request, requestId: string) => void;
  };
}

/** Returns the name that identifies the caller across requests. All keys and sessions of a person share it. */
export function principalName({ via, actor }: Principal): string {
  return `${via === "key" || via === "session" ? "person" : via} ${actor.name}`;
}
