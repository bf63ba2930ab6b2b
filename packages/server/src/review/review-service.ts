import { randomUUID } from "node:crypto";
import type { Transaction } from "kysely";
import { type ActorReference, toActor } from "../actor.ts";
import type { AgentDefinition } from "../agents/agent-definition.ts";
import type { AgentService } from "../agents/agent-service.ts";
import type { AuditRecord, AuditService } from "../audit/audit-service.ts";
import { type Clock, SECOND_MS } from "../clock.ts";
import type { Database, Executor } from "../db/database.ts";
import { isUnstorableText } from "../db/jsonb.ts";
import type { Tables } from "../db/tables.ts";
import { RelearnError } from "../errors.ts";
import { classScores } from "../judges/class-scores.ts";
import { byIdentity } from "../judges/judge-identity.ts";
import { verdictOf } from "../judges/judge-scores.ts";
import type { JudgeWeightService } from "../judges/judge-weight-service.ts";
import { predictPanel } from "../judges/panel-model.ts";
import type { LabeledExampleService } from "../labeled-examples/labeled-example-service.ts";
import { labelMapper } from "../training/training-rows.ts";
import { type AgreementReport, agreementReport } from "./agreement-report.ts";
import { decideAfterLabel, decideAfterSkip, decideLease } from "./decide-answer.ts";
import { explainChoice } from "./explain-choice.ts";
import {
  type AnswerResult,
  type DisputedItemDocument,
  LEASE_MS,
  type Revelation,
  type ReviewItemDocument,
  type ReviewState,
  type SkipReason,
} from "./review-item.ts";
import {
  claimReviewItems,
  countReviewItems,
  countSkips,
  exampleSource,
  findAnswerByLease,
  findBundleTrainedOn,
  findItemOfTask,
  findLastAnswer,
  findRequestedItem,
  findReviewExample,
  findReviewItem,
  insertReviewAnswer,
  insertReviewItems,
  leaseReviewItem,
  listAnswers,
  listReviewedLabels,
  listReviewItems,
  markNotBlind,
  type NewLease,
  type QueueCounts,
  renewLease,
  resumeLeases,
  type StoredReviewAnswer,
  type StoredReviewItem,
  settleReviewItem,
  supersedeReviewExample,
  undoAnswer,
} from "./review-store.ts";

export interface ReviewServiceParts {
  readonly database: Database;
  readonly audit: AuditService;
  readonly clock: Clock;
  readonly agents: AgentService;
  readonly judges: JudgeWeightService;
  readonly examples: LabeledExampleService;
}

export interface LeaseOptions {
  readonly actor: ActorReference;
  /** How long the lease lasts; ten minutes unless told. */
  readonly leaseSeconds?: number | undefined;
  /** False: the judges' verdicts come with the item, and the answer counts as not blind. */
  readonly blind?: boolean | undefined;
}

export interface ClaimOptions extends LeaseOptions {
  /** How many at most; one unless told. */
  readonly count?: number | undefined;
  /** Items that the person holds already come first, their leases extended. */
  readonly resume?: boolean | undefined;
}

export interface AnswerOptions {
  readonly actor: ActorReference;
  readonly leaseToken: string;
  readonly notes?: string | undefined;
}

export interface UndoneAnswer {
  readonly undone: { readonly answer_id: number; readonly kind: string; readonly label: string | null };
  /** The item, leased again to the person where it could be. */
  readonly item: ReviewItemDocument;
}

/** The queue of one agent in numbers; a lease that has ended counts as waiting. */
export interface ReviewQueueDocument extends QueueCounts {
  readonly agent: string;
}

/** Answers beyond these are left out of the agreement figures, the newest are kept. */
const AGREEMENT_ANSWERS = 50_000;

/** The review queue. It trusts its caller to have checked the right to label. */
export class ReviewService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #clock: Clock;
  readonly #agents: AgentService;
  readonly #judges: JudgeWeightService;
  readonly #examples: LabeledExampleService;

  constructor(parts: ReviewServiceParts) {
    this.#database = parts.database;
    this.#audit = parts.audit;
    this.#clock = parts.clock;
    this.#agents = parts.agents;
    this.#judges = parts.judges;
    this.#examples = parts.examples;
  }

  /**
   * Puts a task into the queue because a person wants it looked at. `queued` is false where it is, or was, there
   * already. Throws `not_found` where the task has no evaluation result.
   */
  async request(
    agent: string,
    taskKey: string,
    options: { actor: ActorReference },
  ): Promise<{ readonly queued: boolean }> {
    const { definition } = await this.#agents.get(agent);
    return this.#audit.change(toActor(options.actor), async (trx) => {
      const now = this.#clock.now();
      const item = await findRequestedItem(trx, agent, taskKey);
      if (item === undefined) {
        throw new RelearnError(
          "not_found",
          `${agent} has no evaluation result of the task ${taskKey}: only a task with its payload can be reviewed.`,
          { details: { agent, task_key: taskKey } },
        );
      }
      const queued = await insertReviewItems(trx, agent, [item], {
        batchId: "requested",
        reviewsNeeded: definition.reviews_per_item ?? 1,
        now,
      });
      return {
        result: { queued: queued > 0 },
        record:
          queued === 0
            ? undefined
            : { kind: "review.requested", agent, object: taskKey, detail: { result_id: item.result_id } },
      };
    });
  }

  /**
   * Leases the next items of the agent to a person, the most worthwhile first. Empty: nothing waits for them.
   * No item is ever leased to two people; one whose lease ran out is offered again.
   */
  async claim(agent: string, options: ClaimOptions): Promise<ReviewItemDocument[]> {
    const definition = await this.#agents.definition(agent);
    const lease = this.#lease(options);
    const count = options.count ?? 1;
    const resumed = options.resume
      ? await resumeLeases(this.#database.kysely, agent, lease, count)
      : ([] as StoredReviewItem[]);
    const claimed =
      resumed.length < count
        ? await claimReviewItems(this.#database.kysely, agent, lease, count - resumed.length)
        : [];
    return Promise.all(
      [...resumed, ...claimed].map((item) => this.#document(item, definition, lease.reviewer)),
    );
  }

  /** Leases one item: for a link to it, or to send again after a lease ran out. */
  async claimItem(itemId: number, options: LeaseOptions): Promise<ReviewItemDocument> {
    const lease = this.#lease(options);
    const item = await this.#database.transaction(async (trx) => {
      const present = await this.#item(trx, itemId, { lock: true });
      const held =
        present.state === "leased" &&
        present.lease_expires_at !== null &&
        present.lease_expires_at > lease.now;
      const mine = present.leased_to === lease.reviewer;
      if ((present.state !== "pending" && present.state !== "leased") || (held && !mine)) {
        throw new RelearnError(
          "lease_lost",
          held
            ? `Item ${itemId} is with another reviewer until ${present.lease_expires_at?.toISOString()}. Take the next one.`
            : `Item ${itemId} is ${present.state}: it does not wait for a label. Take the next one.`,
          { details: { item_id: itemId, state: present.state, free: false } },
        );
      }
      const answered = await listAnswers(trx, present);
      if (answered.some((answer) => answer.reviewer === lease.reviewer)) {
        throw new RelearnError(
          "already_answered",
          `You have answered item ${itemId} already; it waits for another reviewer. Undo your answer to change it.`,
          { details: { item_id: itemId } },
        );
      }
      return leaseReviewItem(trx, present, lease);
    });
    return this.#document(item, await this.#agents.definition(item.agent), lease.reviewer);
  }

  /** Extends a lease that is still held. Throws `lease_lost` where it is not. */
  async renew(
    itemId: number,
    options: LeaseOptions & { readonly leaseToken: string },
  ): Promise<{ item_id: number; expires_at: string }> {
    const { reviewer, now, expiresAt } = this.#lease(options);
    const item = await renewLease(this.#database.kysely, itemId, {
      reviewer,
      token: options.leaseToken,
      now,
      expiresAt,
    });
    if (item === undefined) {
      const present = await this.#item(this.#database.kysely, itemId);
      throw leaseLost(present, reviewer, options.leaseToken, now, {});
    }
    return { item_id: itemId, expires_at: expiresAt.toISOString() };
  }

  /** Gives an item back without an answer. Harmless where the lease is gone. */
  async release(itemId: number, options: AnswerOptions): Promise<{ item_id: number; released: boolean }> {
    const reviewer = toActor(options.actor).name;
    const now = this.#clock.now();
    return this.#database.transaction(async (trx) => {
      const item = await this.#item(trx, itemId, { lock: true });
      const held = decideLease(item, reviewer, options.leaseToken, now).kind === "held";
      if (held) await settleReviewItem(trx, item, { state: "pending", label: null, now });
      return { item_id: itemId, released: held };
    });
  }

  /**
   * Stores a label: the answer, the item's state, the labeled example where the item is settled by it, and the
   * audit event, in one transaction. Sending the same again with the same lease changes nothing.
   * Throws `lease_lost`, with what was sent in its details, where the lease has ended.
   */
  async label(itemId: number, label: string, options: AnswerOptions): Promise<AnswerResult> {
    const notes = checkNotes(options.notes);
    return this.#answer(itemId, options, { label, notes }, async (trx, item, answer, now) => {
      checkLabel(await this.#agents.definition(item.agent, trx), label);
      const before = await listAnswers(trx, item);
      const labels = before.flatMap((one) => (one.kind === "label" && one.label !== null ? [one] : []));
      const answerId = await insertReviewAnswer(trx, {
        ...answer,
        kind: "label",
        label,
        skip_reason: null,
        notes,
      });
      const after = decideAfterLabel([...labels.map((one) => one.label!), label], item.reviews_needed);
      await settleReviewItem(trx, item, { ...after, now });
      if (after.state === "labeled") {
        await this.#addExample(trx, item, {
          label,
          labeledBy: [...labels.map((one) => one.reviewer), answer.reviewer].join(", "),
          notes: joinNotes([...labels.map((one) => one.notes), notes]),
          now,
        });
      }
      return { answerId, state: after.state };
    });
  }

  /** Passes an item over, with the reason. */
  async skip(itemId: number, reason: SkipReason, options: AnswerOptions): Promise<AnswerResult> {
    const notes = checkNotes(options.notes);
    return this.#answer(itemId, options, { skip_reason: reason, notes }, async (trx, item, answer, now) => {
      const answerId = await insertReviewAnswer(trx, {
        ...answer,
        kind: "skip",
        label: null,
        skip_reason: reason,
        notes,
      });
      const after = decideAfterSkip(reason);
      await settleReviewItem(trx, item, { ...after, skipReason: reason, now });
      return { answerId, state: after.state };
    });
  }

  /**
   * Takes back the person's last answer and leases the item to them again. Throws `label_used` once a bundle
   * was trained on it: `correct` it then; `final` after somebody settled the dispute.
   */
  async undo(options: LeaseOptions & { readonly agent?: string | undefined }): Promise<UndoneAnswer> {
    const actor = toActor(options.actor);
    const lease = this.#lease(options);
    const { item, answer } = await this.#audit.change(actor, async (trx) => {
      const answer = await findLastAnswer(trx, actor.name, { agent: options.agent });
      if (answer === undefined) {
        throw new RelearnError("nothing_to_undo", `${actor.name} has no answer to take back.`);
      }
      const item = await findItemOfTask(trx, answer);
      await this.#checkUndo(trx, item, answer);
      await undoAnswer(trx, answer, lease.now);
      const after = await this.#reopen(trx, item, answer, lease);
      return {
        result: { item: after, answer },
        record: record("review.undone", item, { answer_id: answer.id, answer: answer.kind }),
      };
    });
    return {
      undone: { answer_id: answer.id, kind: answer.kind, label: answer.label },
      item: await this.#document(item, await this.#agents.definition(item.agent), actor.name),
    };
  }

  /**
   * Replaces the label of a settled item, also one that a bundle was trained on. By whoever labeled or
   * adjudicated it; it counts as not blind.
   */
  async correct(
    itemId: number,
    label: string,
    options: { readonly actor: ActorReference; readonly notes?: string | undefined },
  ): Promise<AnswerResult> {
    const actor = toActor(options.actor);
    const notes = checkNotes(options.notes);
    const now = this.#clock.now();
    const { item, answerId } = await this.#audit.change(actor, async (trx) => {
      const item = await this.#item(trx, itemId, { lock: true });
      checkLabel(await this.#agents.definition(item.agent, trx), label);
      const answers = await listAnswers(trx, item);
      const own = answers.find((answer) => answer.reviewer === actor.name && answer.label !== null);
      if (item.state !== "labeled" || own === undefined) {
        throw new RelearnError(
          "wrong_state",
          `Item ${itemId} is ${item.state}${own === undefined ? ` and ${actor.name} did not label it` : ""}; only those who labeled a settled item correct it.`,
          { details: { item_id: itemId, state: item.state } },
        );
      }
      await undoAnswer(trx, own, now);
      const answerId = await insertReviewAnswer(trx, {
        task_key: item.task_key,
        agent: item.agent,
        reviewer: actor.name,
        kind: "correction",
        label,
        skip_reason: null,
        notes,
        blind: false,
        lease_token: `correction-${randomUUID()}`,
        seconds: null,
        created_at: now,
      });
      await supersedeReviewExample(trx, item, now);
      await this.#addExample(trx, item, { label, labeledBy: actor.name, notes, now });
      await settleReviewItem(trx, item, { state: "labeled", label, now });
      return {
        result: { item, answerId },
        record: record("review.corrected", item, { answer_id: answerId, from: item.label, label }),
      };
    });
    return this.#result({ ...item, state: "labeled" }, answerId, label, actor.name, false);
  }

  /** Settles a dispute. By somebody who did not label the item; final but for its own undo and correction. */
  async adjudicate(
    itemId: number,
    label: string,
    options: { readonly actor: ActorReference; readonly rationale: string },
  ): Promise<AnswerResult> {
    const actor = toActor(options.actor);
    const notes = checkNotes(options.rationale);
    if (notes === null) {
      throw new RelearnError("reason_missing", "An adjudication needs its rationale: say why in a sentence.");
    }
    const now = this.#clock.now();
    const { item, answerId } = await this.#audit.change(actor, async (trx) => {
      const item = await this.#item(trx, itemId, { lock: true });
      checkLabel(await this.#agents.definition(item.agent, trx), label);
      if (item.state !== "disputed") {
        throw new RelearnError(
          "wrong_state",
          `Item ${itemId} is ${item.state}: only a disputed item is adjudicated.`,
          { details: { item_id: itemId, state: item.state } },
        );
      }
      const answers = await listAnswers(trx, item);
      if (answers.some((answer) => answer.reviewer === actor.name)) {
        throw new RelearnError(
          "reviewer_involved",
          `${actor.name} answered item ${itemId}: a third person settles it.`,
          { details: { item_id: itemId } },
        );
      }
      const answerId = await insertReviewAnswer(trx, {
        task_key: item.task_key,
        agent: item.agent,
        reviewer: actor.name,
        kind: "adjudication",
        label,
        skip_reason: null,
        notes,
        blind: false,
        lease_token: `adjudication-${randomUUID()}`,
        seconds: null,
        created_at: now,
      });
      await settleReviewItem(trx, item, { state: "labeled", label, now });
      await this.#addExample(trx, item, { label, labeledBy: actor.name, notes, now });
      return {
        result: { item, answerId },
        record: record("review.adjudicated", item, { answer_id: answerId, label }),
      };
    });
    return this.#result({ ...item, state: "labeled" }, answerId, label, actor.name, false);
  }

  /**
   * One item as the person may see it. `reveal` shows the holder of its lease what the judges said, and makes
   * their answer not blind.
   */
  async get(
    itemId: number,
    options: { readonly actor: ActorReference; readonly reveal?: boolean | undefined },
  ): Promise<ReviewItemDocument> {
    const viewer = toActor(options.actor).name;
    if (options.reveal) await markNotBlind(this.#database.kysely, itemId, viewer);
    const item = await this.#item(this.#database.kysely, itemId);
    return this.#document(item, await this.#agents.definition(item.agent), viewer);
  }

  /** Items newest first, as the person may see them. */
  async list(
    filter: { readonly agent?: string | undefined; readonly state?: ReviewState | undefined },
    page: { readonly before?: number | undefined; readonly limit: number },
    options: { readonly actor: ActorReference },
  ): Promise<ReviewItemDocument[]> {
    const viewer = toActor(options.actor).name;
    const items = await listReviewItems(this.#database.kysely, filter, page);
    const definitions = new Map(
      (await this.#agents.list()).map(({ definition }) => [definition.name, definition]),
    );
    const documents: ReviewItemDocument[] = [];
    for (const item of items) documents.push(await this.#document(item, definitions.get(item.agent), viewer));
    return documents;
  }

  /** What reviewers disagree about, without their names. */
  async disputed(
    agent: string | undefined,
    page: { readonly before?: number | undefined; readonly limit: number },
  ): Promise<DisputedItemDocument[]> {
    const items = await listReviewItems(this.#database.kysely, { agent, state: "disputed" }, page);
    const definitions = new Map(
      (await this.#agents.list()).map(({ definition }) => [definition.name, definition]),
    );
    const documents: DisputedItemDocument[] = [];
    for (const item of items) {
      const answers = (await listAnswers(this.#database.kysely, item)).filter(
        (answer) => answer.label !== null,
      );
      const {
        lease: _lease,
        revealed: _revealed,
        ...document
      } = await this.#document(item, definitions.get(item.agent), "");
      documents.push({
        ...document,
        answers: answers.map((answer, index) => ({
          who: String.fromCharCode(65 + index),
          label: answer.label!,
          notes: answer.notes,
        })),
      });
    }
    return documents;
  }

  /** How many items wait, are leased, disputed, answered: one entry an agent that has any. */
  async queues(): Promise<ReviewQueueDocument[]> {
    const counts = await countReviewItems(this.#database.kysely, this.#clock.now());
    return Object.entries(counts).map(([agent, of]) => ({ agent, ...of }));
  }

  /** How far people agree with each other on this agent's items, and what each reviewer did. */
  async agreement(agent: string): Promise<AgreementReport> {
    await this.#agents.get(agent);
    const labels = await listReviewedLabels(this.#database.kysely, agent, AGREEMENT_ANSWERS);
    const skips = await countSkips(this.#database.kysely, agent);
    return agreementReport(agent, labels, skips);
  }

  #lease(options: LeaseOptions): NewLease {
    const now = this.#clock.now();
    const duration = options.leaseSeconds === undefined ? LEASE_MS : options.leaseSeconds * SECOND_MS;
    return {
      reviewer: toActor(options.actor).name,
      now,
      expiresAt: new Date(now.getTime() + duration),
      blind: options.blind ?? true,
    };
  }

  async #item(
    executor: Executor,
    itemId: number,
    options: { readonly lock?: boolean } = {},
  ): Promise<StoredReviewItem> {
    const item = await findReviewItem(executor, itemId, options);
    if (item !== undefined) return item;
    throw new RelearnError("not_found", `There is no review item ${itemId}.`, {
      details: { item_id: itemId },
    });
  }

  async #answer(
    itemId: number,
    options: AnswerOptions,
    sent: { readonly label?: string; readonly skip_reason?: SkipReason; readonly notes: string | null },
    store: (
      trx: Transaction<Tables>,
      item: StoredReviewItem,
      answer: Pick<
        StoredReviewAnswer,
        "task_key" | "agent" | "reviewer" | "blind" | "lease_token" | "seconds" | "created_at"
      >,
      now: Date,
    ) => Promise<{ answerId: number; state: ReviewState }>,
  ): Promise<AnswerResult> {
    const actor = toActor(options.actor);
    const { item, answerId, repeated } = await this.#audit.change(actor, async (trx) => {
      // The time is read under the row's lock: a submit that waited for it may be late by now.
      const item = await this.#item(trx, itemId, { lock: true });
      const now = this.#clock.now();
      const earlier = await findAnswerByLease(trx, item, options.leaseToken);
      if (earlier !== undefined) {
        checkRepeat(item, earlier, actor.name, sent);
        return { result: { item, answerId: earlier.id, repeated: true } };
      }
      if (decideLease(item, actor.name, options.leaseToken, now).kind === "lost") {
        throw leaseLost(item, actor.name, options.leaseToken, now, sent);
      }
      const answers = await listAnswers(trx, item);
      if (answers.some((one) => one.reviewer === actor.name)) {
        throw new RelearnError(
          "already_answered",
          `${actor.name} has answered item ${itemId} already. Undo that answer, or correct it.`,
          { details: { item_id: itemId, sent } },
        );
      }
      const stored = await store(
        trx,
        item,
        {
          task_key: item.task_key,
          agent: item.agent,
          reviewer: actor.name,
          blind: item.lease_blind,
          lease_token: options.leaseToken,
          seconds: item.leased_at === null ? null : (now.getTime() - item.leased_at.getTime()) / SECOND_MS,
          created_at: now,
        },
        now,
      );
      return {
        result: { item: { ...item, state: stored.state }, answerId: stored.answerId, repeated: false },
        record: record(sent.label === undefined ? "review.skipped" : "review.labeled", item, {
          answer_id: stored.answerId,
          ...(sent.label === undefined ? { reason: sent.skip_reason } : { label: sent.label }),
          blind: item.lease_blind,
          state: stored.state,
        }),
      };
    });
    return this.#result(item, answerId, sent.label ?? null, actor.name, repeated);
  }

  async #checkUndo(
    trx: Transaction<Tables>,
    item: StoredReviewItem,
    answer: StoredReviewAnswer,
  ): Promise<void> {
    const answers = await listAnswers(trx, item);
    const settledBy = answers.find((one) => one.kind === "adjudication" || one.kind === "correction");
    if (settledBy !== undefined && (settledBy.id !== answer.id || answer.kind === "correction")) {
      throw new RelearnError(
        "final",
        `Item ${item.id} was settled after your answer; a label that stands is corrected, not undone.`,
        { details: { item_id: item.id } },
      );
    }
    const example = await findReviewExample(trx, item);
    if (example === undefined) return;
    const bundleId = await findBundleTrainedOn(trx, item.agent, example.id);
    if (bundleId !== undefined) {
      throw new RelearnError("label_used", `In ${bundleId} already. Correct it instead.`, {
        details: { item_id: item.id, bundle_id: bundleId },
      });
    }
  }

  /** The item without the answer: a dispute again, or leased to whoever took the answer back. */
  async #reopen(
    trx: Transaction<Tables>,
    item: StoredReviewItem,
    answer: StoredReviewAnswer,
    lease: NewLease,
  ): Promise<StoredReviewItem> {
    await supersedeReviewExample(trx, item, lease.now);
    if (answer.kind === "adjudication") {
      await settleReviewItem(trx, item, { state: "disputed", label: null, now: lease.now });
      return { ...item, state: "disputed", label: null };
    }
    const withAnother =
      item.state === "leased" && item.lease_expires_at !== null && item.lease_expires_at > lease.now;
    // Seen once, the verdicts are known.
    return withAnother ? item : leaseReviewItem(trx, item, { ...lease, blind: false });
  }

  async #addExample(
    trx: Transaction<Tables>,
    item: StoredReviewItem,
    example: {
      readonly label: string;
      readonly labeledBy: string;
      readonly notes: string | null;
      readonly now: Date;
    },
  ): Promise<void> {
    await this.#examples.addWithin(trx, [
      {
        agent: item.agent,
        key: item.task_key,
        payload: item.payload,
        label: example.label,
        source: "review",
        source_id: exampleSource(item),
        confidence: 100,
        notes: example.notes,
        labeled_by: example.labeledBy,
        created_at: example.now.toISOString(),
      },
    ]);
  }

  async #result(
    item: StoredReviewItem,
    answerId: number,
    label: string | null,
    viewer: string,
    repeated: boolean,
  ): Promise<AnswerResult> {
    const definition = await this.#agents.definition(item.agent);
    return {
      item_id: item.id,
      task_key: item.task_key,
      agent: item.agent,
      answer_id: answerId,
      state: item.state,
      label,
      repeated,
      revealed: await this.#reveal(item, definition, viewer),
    };
  }

  async #document(
    item: StoredReviewItem,
    definition: AgentDefinition | undefined,
    viewer: string,
  ): Promise<ReviewItemDocument> {
    const answers = await listAnswers(this.#database.kysely, item);
    const closed = item.state === "labeled" || item.state === "skipped" || item.state === "expired";
    const answered = answers.some((answer) => answer.reviewer === viewer);
    const unblinded = item.state === "leased" && item.leased_to === viewer && !item.lease_blind;
    return {
      item_id: item.id,
      agent: item.agent,
      task_key: item.task_key,
      state: item.state,
      payload: item.payload,
      classes: definition?.classes ?? null,
      why: explainChoice(item),
      received_at: item.result_created_at.toISOString(),
      reviews_needed: item.reviews_needed,
      reviews_done: answers.filter((answer) => answer.kind === "label").length,
      lease:
        item.state === "leased" && item.leased_to !== null && item.lease_expires_at !== null
          ? {
              token: item.leased_to === viewer ? item.lease_token : null,
              reviewer: item.leased_to,
              expires_at: item.lease_expires_at.toISOString(),
            }
          : null,
      revealed: closed || answered || unblinded ? await this.#reveal(item, definition, viewer) : null,
    };
  }

  async #reveal(
    item: StoredReviewItem,
    definition: AgentDefinition | undefined,
    viewer: string,
  ): Promise<Revelation> {
    const answers = await listAnswers(this.#database.kysely, item);
    const own = answers.find((answer) => answer.reviewer === viewer)?.label ?? null;
    const scores = definition === undefined ? item.judge_scores : classScores(definition)(item.judge_scores);
    const verdicts = Object.values(scores).flatMap((score) => verdictOf(score) ?? []);
    const ownClass = own === null || definition === undefined ? own : (labelMapper(definition)(own) ?? own);
    const panel = await this.#judges.storedPanel(item.agent);
    return {
      judge_scores: item.judge_scores,
      panel: panel === undefined ? null : predictPanel(panel, byIdentity(scores)),
      judges_agreeing:
        ownClass === null
          ? null
          : {
              agreeing: verdicts.filter((verdict) => verdict === ownClass).length,
              verdicts: verdicts.length,
            },
      others: answers
        .filter((answer) => answer.reviewer !== viewer)
        .map((answer) => ({ reviewer: answer.reviewer, label: answer.label })),
    };
  }
}

function record(kind: string, item: StoredReviewItem, detail: Record<string, unknown>): AuditRecord {
  return {
    kind,
    agent: item.agent,
    object: `review-item-${item.id}`,
    detail: { item_id: item.id, ...detail },
  };
}

function leaseLost(
  item: StoredReviewItem,
  reviewer: string,
  token: string,
  now: Date,
  sent: object,
): RelearnError {
  const decision = decideLease(item, reviewer, token, now);
  const lost = decision.kind === "lost" ? decision : { ended_at: null, free: false };
  const ended =
    lost.ended_at === null ? "Your lease has ended" : `Your lease ended ${lost.ended_at.toISOString()}`;
  const next = lost.free
    ? "The item is free: claim it again and send again."
    : `The item is ${item.state === "leased" ? "with another reviewer" : item.state}. Take the next one.`;
  return new RelearnError(
    "lease_lost",
    `${ended}. Nothing was stored; what you sent is in the details. ${next}`,
    {
      details: {
        item_id: item.id,
        state: item.state,
        free: lost.free,
        ended_at: lost.ended_at?.toISOString() ?? null,
        sent,
      },
    },
  );
}

/** The same again is a retry; anything else under a lease that was used is another answer. */
function checkRepeat(
  item: StoredReviewItem,
  earlier: StoredReviewAnswer,
  reviewer: string,
  sent: { readonly label?: string; readonly skip_reason?: SkipReason; readonly notes: string | null },
): void {
  const same =
    earlier.undone_at === null &&
    earlier.reviewer === reviewer &&
    earlier.label === (sent.label ?? null) &&
    earlier.skip_reason === (sent.skip_reason ?? null);
  if (same) return;
  throw new RelearnError(
    "already_answered",
    earlier.undone_at === null
      ? `Item ${item.id} was answered under this lease already. Undo that answer, or correct it.`
      : `Item ${item.id} was answered under this lease and the answer was taken back. Claim the item again.`,
    { details: { item_id: item.id, sent } },
  );
}

function checkLabel(definition: AgentDefinition, label: string): void {
  if (label.trim() === "" || label.length > 200 || isUnstorableText(label)) {
    throw new RelearnError(
      "invalid_input",
      `The label ${JSON.stringify(label.slice(0, 80))} is refused: it takes 1 to 200 characters, none of them U+0000.`,
    );
  }
  if (labelMapper(definition)(label) !== undefined) return;
  throw new RelearnError(
    "invalid_input",
    `"${label}" is no label of ${definition.name}. Its classes are ${definition.classes?.join(", ")}.`,
    { details: { label, classes: definition.classes } },
  );
}

const MAX_NOTES = 10_000;

function checkNotes(notes: string | undefined): string | null {
  if (notes === undefined || notes.trim() === "") return null;
  if (notes.length > MAX_NOTES || isUnstorableText(notes)) {
    throw new RelearnError(
      "invalid_input",
      `The notes are refused: at most ${MAX_NOTES} characters (these are ${notes.length}), none of them U+0000.`,
    );
  }
  return notes;
}

function joinNotes(notes: readonly (string | null)[]): string | null {
  const said = notes.filter((note) => note !== null);
  return said.length === 0 ? null : said.join("\n\n");
}
