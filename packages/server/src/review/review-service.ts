import { randomUUID } from "node:crypto";
import type { AnswerResult, ReviewState, SkipReason, UndoneAnswer } from "@relearn/contract";
import type { Transaction } from "kysely";
import { type ActorReference, toActor } from "../actor.ts";
import type { AgentService } from "../agents/agent-service.ts";
import type { AuditRecord, AuditService } from "../audit/audit-service.ts";
import { type Clock, SECOND_MS } from "../clock.ts";
import type { Tables } from "../db/tables.ts";
import { RelearnError } from "../errors.ts";
import type { LabeledExampleService } from "../labeled-examples/labeled-example-service.ts";
import { decideAfterLabel, decideAfterSkip, decideLease } from "./decide-answer.ts";
import { type LeaseOptions, type NewLease, newLease } from "./lease.ts";
import { checkLabel, checkNotes, checkRepeat, leaseLost, type SentAnswer } from "./refuse-answer.ts";
import {
  exampleSource,
  findAnswerByLease,
  findBundleTrainedOn,
  findItemOfTask,
  findLastAnswer,
  findReviewExample,
  insertReviewAnswer,
  listAnswers,
  type StoredReviewAnswer,
  supersedeReviewExample,
  undoAnswer,
} from "./review-answer-store.ts";
import type { ReviewItemService } from "./review-item-service.ts";
import { leaseReviewItem } from "./review-lease-store.ts";
import { requireReviewItem, type StoredReviewItem, settleReviewItem } from "./review-store.ts";

export interface AnswerOptions {
  readonly actor: ActorReference;
  readonly leaseToken: string;
  readonly notes?: string | undefined;
}

/** What people answer to review items. It trusts its caller to have checked the right to label. */
export class ReviewService {
  readonly #audit: AuditService;
  readonly #clock: Clock;
  readonly #agents: AgentService;
  readonly #examples: LabeledExampleService;
  readonly #items: ReviewItemService;

  constructor(parts: {
    readonly audit: AuditService;
    readonly clock: Clock;
    readonly agents: AgentService;
    readonly examples: LabeledExampleService;
    readonly items: ReviewItemService;
  }) {
    this.#audit = parts.audit;
    this.#clock = parts.clock;
    this.#agents = parts.agents;
    this.#examples = parts.examples;
    this.#items = parts.items;
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
    const lease = newLease(options, this.#clock.now());
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
      item: await this.#items.document(item, await this.#agents.definition(item.agent), actor.name),
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
      const item = await requireReviewItem(trx, itemId, { lock: true });
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
      const item = await requireReviewItem(trx, itemId, { lock: true });
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

  async #answer(
    itemId: number,
    options: AnswerOptions,
    sent: SentAnswer,
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
      const item = await requireReviewItem(trx, itemId, { lock: true });
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
    return {
      item_id: item.id,
      task_key: item.task_key,
      agent: item.agent,
      answer_id: answerId,
      state: item.state,
      label,
      repeated,
      revealed: await this.#items.revealed(item, viewer),
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

function joinNotes(notes: readonly (string | null)[]): string | null {
  const said = notes.filter((note) => note !== null);
  return said.length === 0 ? null : said.join("\n\n");
}
