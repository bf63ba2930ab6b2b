/**
 * Tells others of a rollout's state changes.
 *
 * A message is written into an outbox in the transaction of the change it tells of (`rollout-service.ts`), so
 * there is one for every change and none for a change that was given up. Whoever delivers takes due messages,
 * tries each once, and puts what failed back for later: at least once, with the same id each time, in about
 * the order of the changes. A message that ten attempts over a day could not deliver is dead, which the audit
 * log says.
 */

import { randomBytes } from "node:crypto";
import type { AddedEndpoint, NotificationEndpoint, StoredNotification } from "@relearn/contract";
import { type ActorReference, systemActor, toActor } from "../actor.ts";
import type { AuditService } from "../audit/audit-service.ts";
import { type Clock, DAY_MS, MINUTE_MS } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { RelearnError } from "../errors.ts";
import { newId } from "../new-id.ts";
import { MAX_ATTEMPTS, SECRET_PREFIX, signedHeaders, toNotificationBody, waitAfter } from "./notification.ts";
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

/** More would make every state change slow. */
const MAX_ENDPOINTS = 20;
const MAX_NAME_LENGTH = 100;
const MIN_SECRET_LENGTH = 16;
/** Messages under way at once, and at most in one round: a dead receiver holds nothing else up for long. */
const AT_ONCE = 10;
/** Longer than an attempt may take: only a process that died leaves a message so long. */
const RETRY_AFTER_CRASH_MS = 2 * MINUTE_MS;
const KEPT_MS = 30 * DAY_MS;

export interface DeliveryReport {
  readonly delivered: number;
  /** To be tried again. */
  readonly failed: number;
  /** Given up. */
  readonly dead: number;
}

/** Webhooks. It trusts its caller to have checked the right to administer. */
export class NotificationService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #clock: Clock;
  /** Under which address people reach the service. */
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

  /** Every endpoint, without its secret. */
  endpoints(): Promise<NotificationEndpoint[]> {
    return listEndpoints(this.#database.kysely);
  }

  /** Messages newest first. */
  list(filter: { endpoint?: string | undefined }, limit: number): Promise<StoredNotification[]> {
    return listNotifications(this.#database.kysely, filter, limit);
  }

  /** Adds an endpoint; without a secret one is made up and returned, this once. */
  async add(
    name: string,
    options: { url: string; secret?: string | undefined; actor: ActorReference },
  ): Promise<AddedEndpoint> {
    if (name.trim() !== name || name === "" || name.length > MAX_NAME_LENGTH) {
      throw new RelearnError(
        "invalid_input",
        `The endpoint's name is ${JSON.stringify(name.slice(0, 120))}: give 1 to ${MAX_NAME_LENGTH} characters without spaces at the ends.`,
      );
    }
    const url = parseWebhookAddress(options.url);
    if (options.secret !== undefined && options.secret.length < MIN_SECRET_LENGTH) {
      throw new RelearnError(
        "invalid_input",
        `The secret has ${options.secret.length} characters: give at least ${MIN_SECRET_LENGTH}, or none and Relearn makes one up.`,
      );
    }
    const secret = options.secret ?? `${SECRET_PREFIX}${randomBytes(32).toString("base64")}`;
    const actor = toActor(options.actor);
    await this.#audit.change(actor, async (trx) => {
      if ((await countEndpoints(trx)) >= MAX_ENDPOINTS) {
        throw new RelearnError(
          "too_large",
          `There are ${MAX_ENDPOINTS} endpoints already; let one relay to others, or remove one: relearn notifications remove NAME`,
        );
      }
      const now = this.#clock.now();
      if (!(await insertEndpoint(trx, { name, url, secret, createdBy: actor.name }, now))) {
        throw new RelearnError(
          "already_so",
          `There is an endpoint "${name}" already. Remove it first: relearn notifications remove ${name}`,
        );
      }
      return {
        result: undefined,
        // The host alone: the rest of an address often is a secret of its own.
        record: { kind: "notification.endpoint_added", object: name, detail: { host: new URL(url).host } },
      };
    });
    return {
      endpoint: await this.#endpoint(name),
      secret: options.secret === undefined ? secret : null,
    };
  }

  /** Removes an endpoint and what still waited for it. */
  async remove(name: string, options: { actor: ActorReference }): Promise<void> {
    await this.#endpoint(name);
    await this.#audit.change(toActor(options.actor), async (trx) => ({
      result: undefined,
      record: (await deleteEndpoint(trx, name))
        ? { kind: "notification.endpoint_removed", object: name }
        : undefined,
    }));
  }

  /** Sends a test message now and says what came of it; a failed one is not tried again. */
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
      reason: `A test of the endpoint "${name}".`,
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
    throw new RelearnError("not_found", `The endpoint "${name}" was removed in the same moment.`);
  }

  /**
   * Tries every due message once, in rounds of ten at once, at most `limit`. Safe to call anywhere at any
   * time: processes share the messages out. Never throws for a receiver that fails.
   */
  async deliverDue(limit = 500): Promise<DeliveryReport> {
    const report = { delivered: 0, failed: 0, dead: 0 };
    for (let taken = 0; taken < limit; ) {
      const now = this.#clock.now();
      const retryAt = new Date(now.getTime() + RETRY_AFTER_CRASH_MS);
      const claimed = await claimNotifications(this.#database.kysely, AT_ONCE, now, retryAt);
      if (claimed.length === 0) break;
      taken += claimed.length;
      const base = await this.#base();
      for (const came of await Promise.all(claimed.map((one) => this.#deliver(one, base)))) report[came] += 1;
    }
    return report;
  }

  /** Forgets messages that ended a month ago. */
  async prune(): Promise<number> {
    return pruneNotifications(this.#database.kysely, new Date(this.#clock.now().getTime() - KEPT_MS));
  }

  async #deliver(claimed: ClaimedNotification, base: string): Promise<keyof DeliveryReport> {
    const message = { id: claimed.message_id, body: toNotificationBody(claimed.document, base) };
    const headers = signedHeaders(message, claimed.secret, this.#clock.now());
    const sent = await this.#send(claimed.url, headers, message.body);
    const now = this.#clock.now();
    if (sent.delivered) {
      await settleNotification(this.#database.kysely, claimed, { state: "delivered" }, now);
      return "delivered";
    }
    const wait = claimed.document.type === "test" ? undefined : waitAfter(claimed.attempts);
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
    throw new RelearnError("not_found", `There is no endpoint "${name}". There are: ${names}.`);
  }
}
