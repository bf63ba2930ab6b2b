import { createHmac } from "node:crypto";
import type { RolloutState } from "@relearn/contract";
import { HOUR_MS, MINUTE_MS, SECOND_MS } from "../clock.ts";

/** Body of a webhook about a state change. The links are added when it is sent. */
export interface NotificationDocument {
  /** `rollout.` and the event, such as started, completed, hold, ask, rolled_back or approved; or `test`. */
  readonly type: string;
  /** Time of the change. */
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
  /** Reason as a sentence with the numbers. */
  readonly reason: string;
  /** The person who made the change, or the guard. */
  readonly by: string;
  /** Whether the change is urgent enough to page someone. */
  readonly page: boolean;
}

/** Links of a notification: the page of the rollout, and the API paths that promote it or roll it back. */
export interface NotificationLinks {
  readonly rollout: string;
  readonly promote: string;
  readonly roll_back: string;
}

/** Maximum number of attempts, over about a day. */
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

/** Returns the delay after the n-th failed attempt, or undefined if it was the last. */
export function computeRetryDelay(attempts: number): number | undefined {
  return attempts >= MAX_ATTEMPTS ? undefined : WAITS_MS[attempts - 1];
}

/** Returns the id by which a receiver recognizes a message that it has already received. */
export function messageId(rolloutId: string, generation: number, event: string): string {
  return `${rolloutId}.${generation}.${event}`;
}

/** Creates the body that is sent. `base` is the public URL of the service. */
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
 * Creates the headers that authenticate a message, as specified by Standard Webhooks (standardwebhooks.com),
 * which has libraries in many languages: HMAC-SHA256 of `id.timestamp.body` with the secret of the endpoint.
 * The timestamp is that of the attempt, so that a receiver can refuse replayed messages.
 */
export function createSignedHeaders(
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

/** Decodes a secret: `whsec_` and base64, or the UTF-8 bytes of any other text. */
function secretBytes(secret: string): Buffer {
  return secret.startsWith(SECRET_PREFIX)
    ? Buffer.from(secret.slice(SECRET_PREFIX.length), "base64")
    : Buffer.from(secret, "utf8");
}
