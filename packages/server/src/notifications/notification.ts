import { createHmac } from "node:crypto";
import type { RolloutState } from "@relearn/contract";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../clock.ts";

/** A state change as it is sent: the body of a webhook, without the links, which are made when it is sent. */
export interface NotificationDocument {
  /** `rollout.` and what happened: started, widened, completed, hold, ask, rolled_back, approved, … or `test`. */
  readonly type: string;
  /** When it happened. */
  readonly timestamp: string;
  readonly data: NotificationData;
}

export interface NotificationData {
  readonly agent: string | null;
  readonly rollout_id: string | null;
  readonly approval_id: string | null;
  readonly bundle_id: string | null;
  readonly from: RolloutState | null;
  readonly state: RolloutState | null;
  readonly percent: number | null;
  readonly generation: number | null;
  /** A sentence with the numbers. */
  readonly reason: string;
  /** A person, or the guard. */
  readonly by: string;
  /** Somebody should be woken. */
  readonly page: boolean;
}

/** Where to go from a notification: the page of the rollout, and the two calls that end the question. */
export interface NotificationLinks {
  readonly rollout: string;
  readonly promote: string;
  readonly roll_back: string;
}

/** How often a message is tried before it is given up: over about a day. */
export const MAX_ATTEMPTS = 10;

const WAITS_MS: readonly number[] = [
  30 * SECOND_MS,
  2 * MINUTE_MS,
  10 * MINUTE_MS,
  30 * MINUTE_MS,
  HOUR_MS,
  2 * HOUR_MS,
  4 * HOUR_MS,
  6 * HOUR_MS,
  10 * HOUR_MS,
];

/** How long to wait after the n-th attempt has failed; undefined: it was the last. */
export function waitAfter(attempts: number): number | undefined {
  return attempts >= MAX_ATTEMPTS ? undefined : WAITS_MS[attempts - 1];
}

/** The key by which a receiver knows a message that it has had already. */
export function messageId(rolloutId: string, generation: number, event: string): string {
  return `${rolloutId}.${generation}.${event}`;
}

/** The body that is sent. `base` is the address under which people reach the service. */
export function toNotificationBody(document: NotificationDocument, base: string): string {
  const links = createLinks(document.data, base);
  return JSON.stringify(links === null ? document : { ...document, data: { ...document.data, links } });
}

function createLinks(data: NotificationData, base: string): NotificationLinks | null {
  if (data.agent === null || data.rollout_id === null) return null;
  const canary = `${base}/v1/agents/${encodeURIComponent(data.agent)}/canary`;
  return {
    rollout: `${base}/rollouts/${encodeURIComponent(data.rollout_id)}`,
    promote: `${canary}/promote`,
    roll_back: `${canary}/rollback`,
  };
}

/**
 * The headers that prove a message, as Standard Webhooks has them (standardwebhooks.com), so that a receiver
 * can check with a library it finds in any language: HMAC-SHA256 over `id.timestamp.body` by the endpoint's
 * secret. The time is that of the attempt: a receiver refuses what is older than its tolerance, and so a
 * message that somebody recorded and sends again.
 */
export function signedHeaders(
  message: { readonly id: string; readonly body: string },
  secret: string,
  now: Date,
): Record<string, string> {
  const seconds = Math.floor(now.getTime() / SECOND_MS);
  const signature = createHmac("sha256", secretBytes(secret))
    .update(`${message.id}.${seconds}.${message.body}`)
    .digest("base64");
  return {
    "content-type": "application/json",
    "user-agent": "relearn",
    "webhook-id": message.id,
    "webhook-timestamp": String(seconds),
    "webhook-signature": `v1,${signature}`,
  };
}

export const SECRET_PREFIX = "whsec_";

/** A secret is `whsec_` and base64; any other text counts by its bytes. */
function secretBytes(secret: string): Buffer {
  return secret.startsWith(SECRET_PREFIX)
    ? Buffer.from(secret.slice(SECRET_PREFIX.length), "base64")
    : Buffer.from(secret, "utf8");
}
