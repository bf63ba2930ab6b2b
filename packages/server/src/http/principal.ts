import type { Right, Role } from "@relearn/contract";
import type { Actor } from "../actor.ts";
import type { IdempotencyService } from "../idempotency/idempotency-service.ts";
import type { ByteBudget } from "./byte-budget.ts";
import type { RequestBody } from "./request-body.ts";

/** Who makes the request and what they may do; set by the service's authentication before any route runs. */
export interface Principal {
  readonly actor: Actor;
  readonly rights: ReadonlySet<Right>;
  /**
   * How the caller is known: `open`, no key was ever made and the caller says who acts; `machine`, by the token
   * of the data folder, and says who acts; `key` and `session`, proven; `nobody`, on the way to signing in.
   */
  readonly via: "open" | "machine" | "key" | "session" | "nobody";
  readonly role: Role | null;
  readonly keyId: string | null;
  readonly sessionId: string | null;
  /** When the key or the session ends, where it does. */
  readonly expiresAt: Date | null;
}

export interface HttpEnv {
  Variables: {
    principal: Principal;
    requestId: string;
    /** The body of a request to a route of batches. */
    body: RequestBody;
    /** Memory for batches under way, of the whole process. */
    batchBudget: ByteBudget;
    /** Carries out once what comes with an idempotency key; missing where none are kept. */
    idempotency: IdempotencyService | undefined;
    /** Tells the log of an error nobody foresaw, where the answer has begun and cannot carry it any more. */
    reportFailure: (error: unknown, request: Request, requestId: string) => void;
  };
}

/** Identifies the caller across requests: all keys and sessions of one person are one caller. */
export function principalName({ via, actor }: Principal): string {
  return `${via === "key" || via === "session" ? "person" : via} ${actor.name}`;
}
