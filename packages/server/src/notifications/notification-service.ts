/**
 * Sends webhooks about the state changes of rollouts.
 *
 * A message is written to an outbox in the transaction of its change (`rollout-service.ts`), so there is a
 * message for every committed change and none for one that was rolled back. A worker claims due messages, tries
 * each once and reschedules failed ones: delivery is at least once, with the same id each time, in approximately
 * the order of the changes. A message that ten attempts over a day could not deliver is dead, and the audit log
 * records it.
 */

import { randomBytes } from "node:crypto";
import type { AddedEndpoint, NotificationEndpoint, StoredNotification } from "@relearn/contract";
import { type ActorReference, systemActor, toActor } from "../actor.ts";
import type { AuditService } from "../audit/audit-service.ts";
import { type Clock, DAY_MS, MINUTE_MS } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { RelearnError } from "../errors.ts";
import { newId } from "../new-id.ts";
import {
  computeRetryDelay,
  createSignedHeaders,
  MAX_ATTEMPTS,
  SECRET_PREFIX,
  toNotificationBody,
} from "./notification.ts";
import {
  type ClaimedNotification,
  claimNotifications,
  countEndpoints,
  deleteEndpoint,
  enqueueNotification,
  insertEndpoint,
  listEndpoints,
  listNotifications,
  pruneNotifications,
  settleNotification,
} from "./notification-store.ts";
import { parseWebhookAddress } from "./webhook-address.ts";
import type { SendWebhook } from "./webhook-service.ts";

/** Limits the cost that endpoints add to every state change. */
const MAX_ENDPOINTS = 20;
const MAX_NAME_LENGTH = 100;
const MIN_SECRET_LENGTH = 16;
/** Number of messages sent concurrently in a round, so that a dead receiver does not delay others for long. */
const MAX_CONCURRENT_MESSAGES = 10;
/** Time after which a claimed message is retried; longer than an attempt, so that it applies only after a crash. */
const RETRY_AFTER_CRASH_MS = 2 * MINUTE_MS;
const KEPT_MS = 30 * DAY_MS;

export interface DeliveryReport {
  readonly delivered: number;
  /** Failed and scheduled for another attempt. */
  readonly failed: number;
  /** Failed at the last attempt. */
  readonly dead: number;
}

/** Manages notification endpoints and delivers messages. The caller must have checked the right to administer. */
export class NotificationService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #clock: Clock;
  /** Returns the public URL of the service. */
  readonly #base: () => Promise<string>;
  readonly #send: SendWebhook;

  constructor(parts: {
    database: Database;
    audit: AuditService;
    clock: Clock;
    base: () => Promise<string>;
    send: SendWebhook;
  }) {
    this.#database = parts.database;
    this.#audit = parts.audit;
    this.#clock = parts.clock;
    this.#base = parts.base;
    this.#send = parts.send;
  }

  /** Returns every endpoint, without its secret. */
  endpoints(): Promise<NotificationEndpoint[]> {
    return listEndpoints(this.#database.kysely);
  }

  /** Returns messages, newest first. */
  list(filter: { endpoint?: string | undefined }, limit: number): Promise<StoredNotification[]> {
    return listNotifications(this.#database.kysely, filter, limit);
  }

  /** Adds an endpoint. If no secret is given, generates one and returns it, this once. */
  async add(
    name: string,
    options: { url: string; secret?: string | undefined; actor: ActorReference },
  ): Promise<AddedEndpoint> {
    if (name.trim() !== name || name === "" || name.length > MAX_NAME_LENGTH) {
      throw new RelearnError(
        "invalid_input",
        `The endpoint cannot be named ${JSON.stringify(name.slice(0, 120))}; give 1 to ${MAX_NAME_LENGTH} characters without leading or trailing spaces.`,
      );
    }
    const url = parseWebhookAddress(options.url);
    if (options.secret !== undefined && options.secret.length < MIN_SECRET_LENGTH) {
      throw new RelearnError(
        "invalid_input",
        `The secret has ${options.secret.length} characters; give at least ${MIN_SECRET_LENGTH}, or omit it and Relearn generates one.`,
      );
    }
    const secret = options.secret ?? `${SECRET_PREFIX}${randomBytes(32).toString("base64")}`;
    const actor = toActor(options.actor);
    await this.#audit.change(actor, async (trx) => {
      if ((await countEndpoints(trx)) >= MAX_ENDPOINTS) {
        throw new RelearnError(
          "too_large",
          `There are already ${MAX_ENDPOINTS} endpoints, the maximum. Remove one: relearn notifications remove NAME`,
        );
      }
      const now = this.#clock.now();
      if (!(await insertEndpoint(trx, { name, url, secret, createdBy: actor.name }, now))) {
        throw new RelearnError(
          "already_so",
          `There is already an endpoint "${name}". Remove it first: relearn notifications remove ${name}`,
        );
      }
      return {
        result: undefined,
        // Only the host, because the rest of the URL is often a secret.
        record: { kind: "notification.endpoint_added", object: name, detail: { host: new URL(url).host } },
      };
    });
    return {
      endpoint: await this.#endpoint(name),
      secret: options.secret === undefined ? secret : null,
    };
  }

  /** Removes an endpoint and its waiting messages. */
  async remove(name: string, options: { actor: ActorReference }): Promise<void> {
    await this.#endpoint(name);
    await this.#audit.change(toActor(options.actor), async (trx) => ({
      result: undefined,
      record: (await deleteEndpoint(trx, name))
        ? { kind: "notification.endpoint_removed", object: name }
        : undefined,
    }));
  }

  /** Sends a test message and returns it with its result; a failed one is not retried. */
  async test(name: string, options: { actor: ActorReference }): Promise<StoredNotification> {
    const actor = toActor(options.actor);
    await this.#endpoint(name);
    const now = this.#clock.now();
    const id = newId("nt");
    const data = {
      agent: null,
      rollout_id: null,
      approval_id: null,
      bundle_id: null,
      from: null,
      state: null,
      percent: null,
      generation: null,
      reason: `Test of the endpoint "${name}".`,
      by: actor.name,
      page: false,
    };
    const document = { type: "test", timestamp: now.toISOString(), data };
    await this.#audit.change(actor, async (trx) => {
      await enqueueNotification(trx, { id, document, endpoint: name }, now);
      return { result: undefined, record: { kind: "notification.tested", object: name } };
    });
    await this.deliverDue();
    const [message] = await listNotifications(this.#database.kysely, { endpoint: name, message_id: id }, 1);
    if (message !== undefined) return message;
    throw new RelearnError("not_found", `The endpoint "${name}" was removed during the test.`);
  }

  /**
   * Attempts every due message once, in rounds of ten, up to `limit` messages. Processes can call this
   * concurrently; each message is claimed by one. Does not throw if a receiver fails.
   */
  async deliverDue(limit = 500): Promise<DeliveryReport> {
    const report = { delivered: 0, failed: 0, dead: 0 };
    for (let attempted = 0; attempted < limit; ) {
      const now = this.#clock.now();
      const retryAt = new Date(now.getTime() + RETRY_AFTER_CRASH_MS);
      const claimed = await claimNotifications(this.#database.kysely, MAX_CONCURRENT_MESSAGES, now, retryAt);
      if (claimed.length === 0) break;
      attempted += claimed.length;
      const base = await this.#base();
      const outcomes = await Promise.all(claimed.map((one) => this.#deliver(one, base)));
      for (const outcome of outcomes) report[outcome] += 1;
    }
    return report;
  }

  /** Deletes messages that ended more than 30 days ago. */
  async prune(): Promise<number> {
    return pruneNotifications(this.#database.kysely, new Date(this.#clock.now().getTime() - KEPT_MS));
  }

  async #deliver(claimed: ClaimedNotification, base: string): Promise<keyof DeliveryReport> {
    const message = { id: claimed.message_id, body: toNotificationBody(claimed.document, base) };
    const headers = createSignedHeaders(message, claimed.secret, this.#clock.now());
    const sent = await this.#send(claimed.url, headers, message.body);
    const now = this.#clock.now();
    if (sent.delivered) {
      await settleNotification(this.#database.kysely, claimed, { state: "delivered" }, now);
      return "delivered";
    }
    const wait = claimed.document.type === "test" ? undefined : computeRetryDelay(claimed.attempts);
    if (wait !== undefined) {
      const nextAttemptAt = new Date(now.getTime() + wait);
      const result = { state: "waiting", error: sent.error, nextAttemptAt } as const;
      await settleNotification(this.#database.kysely, claimed, result, now);
      return "failed";
    }
    await this.#audit.change(systemActor("notifications"), async (trx) => {
      const settled = await settleNotification(trx, claimed, { state: "dead", error: sent.error }, now);
      const detail = {
        message_id: claimed.message_id,
        event: claimed.document.type,
        attempts: Math.min(claimed.attempts, MAX_ATTEMPTS),
        error: sent.error,
      };
      return {
        result: undefined,
        record: settled
          ? { kind: "notification.dead", agent: claimed.agent ?? undefined, object: claimed.endpoint, detail }
          : undefined,
      };
    });
    return "dead";
  }

  async #endpoint(name: string): Promise<NotificationEndpoint> {
    const endpoints = await this.endpoints();
    const found = endpoints.find((one) => one.name === name);
    if (found !== undefined) return found;
    const names = endpoints.map((one) => one.name).join(", ") || "none";
    throw new RelearnError("not_found", `There is no endpoint "${name}". The endpoints are: ${names}.`);
  }
}
