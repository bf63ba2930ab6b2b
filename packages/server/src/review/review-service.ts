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
import { createLease, type LeaseOptions, type NewLease } from "./lease.ts";
import {
  checkLabel,
  checkNotes,
  checkRepeat,
  type SentAnswer,
  toChangedItemError,
  toLeaseLostError,
} from "./refuse-answer.ts";
import {
  findAnswerByLease,
  findBundleTrainedOn,
  findLastAnswer,
  findReviewExample,
  insertReviewAnswer,
  listAnswers,
  type NewReviewAnswer,
  requireTaskItem,
  type StoredReviewAnswer,
  supersedeReviewExample,
  toExampleSource,
  undoAnswer,
} from "./review-answer-store.ts";
import type { ReviewItemService } from "./review-item-service.ts";
import { leaseReviewItem } from "./review-lease-store.ts";
import {
  type ReviewOutcome,
  requireReviewItem,
  type StoredReviewItem,
  settleReviewItem,
} from "./review-store.ts";

export interface AnswerOptions {
  readonly actor: ActorReference;
  readonly leaseToken: string;
  readonly notes?: string | undefined;
}

/** Answers to review items: labels, skips, corrections, adjudications. The caller checks the right to label. */
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
   * Stores a label: the answer, the item's state, the labeled example if the label settles the item, and the audit
   * event, in one transaction. Submitting the same label again under the same lease changes nothing.
   * Throws `lease_lost`, with the answer in its details, if the lease has ended.
   */
  async label(itemId: number, label: string, options: AnswerOptions): Promise<AnswerResult> {
    const notes = checkNotes(options.notes);
    return this.#answer(itemId, options, { label, notes }, async (trx, item, answer, now) => {
      checkLabel(await this.#agents.definition(item.agent, trx), label);
      const before = await listAnswers(trx, item);
      const labels = before.flatMap((one) => (one.kind === "label" && one.label !== null ? [one] : []));
      const answerId = await insertReviewAnswer(trx, item, { ...answer, kind: "label", label, notes });
      const after = decideAfterLabel([...labels.map((one) => one.label!), label], item.reviews_needed);
      await settle(trx, item, { ...after, now });
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

  /** Skips an item, with the reason. */
  async skip(itemId: number, reason: SkipReason, options: AnswerOptions): Promise<AnswerResult> {
    const notes = checkNotes(options.notes);
    return this.#answer(itemId, options, { skip_reason: reason, notes }, async (trx, item, answer, now) => {
      const answerId = await insertReviewAnswer(trx, item, {
        ...answer,
        kind: "skip",
        skip_reason: reason,
        notes,
      });
      const after = decideAfterSkip(reason);
      await settle(trx, item, { ...after, skipReason: reason, now });
      return { answerId, state: after.state };
    });
  }

  /**
   * Undoes the person's last answer and leases the item to them again. Throws `label_used` if a bundle was trained
   * on the answer (use `correct` then) and `final` if another answer has settled the item since.
   */
  async undo(options: LeaseOptions & { readonly agent?: string | undefined }): Promise<UndoneAnswer> {
    const actor = toActor(options.actor);
    const lease = createLease(options, this.#clock.now());
    const { item, answer } = await this.#audit.change(actor, async (trx) => {
      const answer = await findLastAnswer(trx, actor.name, { agent: options.agent });
      if (answer === undefined) {
        throw new RelearnError("nothing_to_undo", `${actor.name} has no answer to undo.`);
      }
      const item = await requireTaskItem(trx, answer);
      await this.#checkUndo(trx, item, answer);
      if (!(await undoAnswer(trx, answer, lease.now))) throw toChangedItemError(item);
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
   * Replaces the label of a labeled item, also of one that a bundle was trained on. Only a person who labeled or
   * adjudicated the item may correct it; a correction counts as not blind.
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
          `Item ${itemId} is ${item.state}${own === undefined ? ` and ${actor.name} did not label it` : ""}. A labeled item is corrected by a person who labeled it.`,
          { details: { item_id: itemId, state: item.state } },
        );
      }
      if (!(await undoAnswer(trx, own, now))) throw toChangedItemError(item);
      const answerId = await insertReviewAnswer(trx, item, {
        reviewer: actor.name,
        kind: "correction",
        label,
        notes,
        lease_token: `correction-${randomUUID()}`,
        created_at: now,
      });
      await supersedeReviewExample(trx, item, now);
      await this.#addExample(trx, item, { label, labeledBy: actor.name, notes, now });
      await settle(trx, item, { state: "labeled", label, now });
      return {
        result: { item, answerId },
        record: record("review.corrected", item, { answer_id: answerId, from: item.label, label }),
      };
    });
    return this.#result({ ...item, state: "labeled" }, answerId, label, actor.name, false);
  }

  /**
   * Settles a disputed item. The adjudicator must not have answered it. Afterwards only the adjudication itself can
   * be undone or corrected.
   */
  async adjudicate(
    itemId: number,
    label: string,
    options: { readonly actor: ActorReference; readonly rationale: string },
  ): Promise<AnswerResult> {
    const actor = toActor(options.actor);
    const notes = checkNotes(options.rationale);
    if (notes === null) {
      throw new RelearnError(
        "reason_missing",
        "An adjudication needs a rationale: give the reason in a sentence.",
      );
    }
    const now = this.#clock.now();
    const { item, answerId } = await this.#audit.change(actor, async (trx) => {
      const item = await requireReviewItem(trx, itemId, { lock: true });
      checkLabel(await this.#agents.definition(item.agent, trx), label);
      if (item.state !== "disputed") {
        throw new RelearnError(
          "wrong_state",
          `Item ${itemId} is ${item.state}: only a disputed item can be adjudicated.`,
          { details: { item_id: itemId, state: item.state } },
        );
      }
      const answers = await listAnswers(trx, item);
      if (answers.some((answer) => answer.reviewer === actor.name)) {
        throw new RelearnError(
          "reviewer_involved",
          `${actor.name} has answered item ${itemId}: a person who has not must adjudicate it.`,
          { details: { item_id: itemId } },
        );
      }
      const answerId = await insertReviewAnswer(trx, item, {
        reviewer: actor.name,
        kind: "adjudication",
        label,
        notes,
        lease_token: `adjudication-${randomUUID()}`,
        created_at: now,
      });
      await settle(trx, item, { state: "labeled", label, now });
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
      answer: Omit<NewReviewAnswer, "kind" | "notes">,
      now: Date,
    ) => Promise<{ answerId: number; state: ReviewState }>,
  ): Promise<AnswerResult> {
    const actor = toActor(options.actor);
    const { item, answerId, repeated } = await this.#audit.change(actor, async (trx) => {
      // Read the time under the row's lock: the lease may end while the submit waits for it.
      const item = await requireReviewItem(trx, itemId, { lock: true });
      const now = this.#clock.now();
      const earlier = await findAnswerByLease(trx, item, options.leaseToken);
      if (earlier !== undefined) {
        checkRepeat(item, earlier, actor.name, sent);
        return { result: { item, answerId: earlier.id, repeated: true } };
      }
      if (decideLease(item, actor.name, options.leaseToken, now).kind === "lost") {
        throw toLeaseLostError(item, actor.name, options.leaseToken, now, sent);
      }
      const answers = await listAnswers(trx, item);
      if (answers.some((one) => one.reviewer === actor.name)) {
        throw new RelearnError(
          "already_answered",
          `${actor.name} has already answered item ${itemId}. Undo or correct that answer.`,
          { details: { item_id: itemId, sent } },
        );
      }
      const stored = await store(
        trx,
        item,
        {
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
        `Item ${item.id} was settled after your answer, which can no longer be undone. Correct the label instead.`,
        { details: { item_id: item.id } },
      );
    }
    const example = await findReviewExample(trx, item);
    if (example === undefined) return;
    const bundleId = await findBundleTrainedOn(trx, item.agent, example.id);
    if (bundleId !== undefined) {
      throw new RelearnError(
        "label_used",
        `${bundleId} was trained on this label. Correct it instead of undoing it.`,
        {
          details: { item_id: item.id, bundle_id: bundleId },
        },
      );
    }
  }

  /** Reopens an item whose answer was undone: disputed again, or leased to the person who undid the answer. */
  async #reopen(
    trx: Transaction<Tables>,
    item: StoredReviewItem,
    answer: StoredReviewAnswer,
    lease: NewLease,
  ): Promise<StoredReviewItem> {
    await supersedeReviewExample(trx, item, lease.now);
    if (answer.kind === "adjudication") {
      await settle(trx, item, { state: "disputed", label: null, now: lease.now });
      return { ...item, state: "disputed", label: null };
    }
    const withAnother =
      item.state === "leased" && item.lease_expires_at !== null && item.lease_expires_at > lease.now;
    if (withAnother) return item;
    // The person has seen the verdicts after the first answer.
    const leased = await leaseReviewItem(trx, item, { ...lease, blind: false });
    if (leased === undefined) throw toChangedItemError(item);
    return leased;
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
        source_id: toExampleSource(item),
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
      revealed: await this.#items.reveal(item, viewer),
    };
  }
}

async function settle(
  trx: Transaction<Tables>,
  item: StoredReviewItem,
  outcome: ReviewOutcome,
): Promise<void> {
  if ((await settleReviewItem(trx, item, outcome)) !== 1) throw toChangedItemError(item);
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
  const written = notes.filter((note) => note !== null);
  return written.length === 0 ? null : written.join("\n\n");
}
