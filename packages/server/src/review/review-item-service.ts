import type {
  AgentDefinition,
  AgreementReport,
  DisputedItemDocument,
  Revelation,
  ReviewItemDocument,
  ReviewQueueDocument,
  ReviewState,
} from "@relearn/contract";
import { type ActorReference, toActor } from "../actor.ts";
import type { AgentService } from "../agents/agent-service.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { createClassScoreMapper } from "../judges/class-scores.ts";
import { byIdentity } from "../judges/judge-identity.ts";
import { getVerdict } from "../judges/judge-scores.ts";
import type { JudgeWeightService } from "../judges/judge-weight-service.ts";
import { predictPanel } from "../judges/panel-model.ts";
import { createLabelMapper } from "../training/training-rows.ts";
import { createAgreementReport } from "./agreement-report.ts";
import { explainChoice } from "./explain-choice.ts";
import {
  countSkips,
  listAnswers,
  listReviewedLabels,
  type StoredReviewAnswer,
} from "./review-answer-store.ts";
import { markNotBlind } from "./review-lease-store.ts";
import {
  countReviewItems,
  listReviewItems,
  requireReviewItem,
  type StoredReviewItem,
} from "./review-store.ts";

/** Agreement figures use the newest labels, at most this many. */
const MAX_AGREEMENT_LABELS = 50_000;

/** Review items as a person may see them: without the judges' verdicts until that person has answered. */
export class ReviewItemService {
  readonly #database: Database;
  readonly #clock: Clock;
  readonly #agents: AgentService;
  readonly #judges: JudgeWeightService;

  constructor(database: Database, clock: Clock, agents: AgentService, judges: JudgeWeightService) {
    this.#database = database;
    this.#clock = clock;
    this.#agents = agents;
    this.#judges = judges;
  }

  /**
   * Returns one item as the person may see it. `reveal` shows the judges' verdicts to the holder of the item's
   * lease, whose answer is then not blind.
   */
  async get(
    itemId: number,
    options: { readonly actor: ActorReference; readonly reveal?: boolean | undefined },
  ): Promise<ReviewItemDocument> {
    const viewer = toActor(options.actor).name;
    if (options.reveal) await markNotBlind(this.#database.kysely, itemId, viewer);
    const item = await requireReviewItem(this.#database.kysely, itemId);
    return this.document(item, await this.#agents.definition(item.agent), viewer);
  }

  /** Lists items newest first, as the person may see them. */
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
    for (const item of items) documents.push(await this.document(item, definitions.get(item.agent), viewer));
    return documents;
  }

  /** Lists the disputed items with the reviewers' answers, without the reviewers' names. */
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
      } = await this.document(item, definitions.get(item.agent), "");
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

  /** Counts items by state, for each agent that has any. */
  async queues(): Promise<ReviewQueueDocument[]> {
    const counts = await countReviewItems(this.#database.kysely, this.#clock.now());
    return Object.entries(counts).map(([agent, byState]) => ({ agent, ...byState }));
  }

  /** Reports how far people agree on the agent's items, and the figures of each reviewer. */
  async agreement(agent: string): Promise<AgreementReport> {
    await this.#agents.get(agent);
    const labels = await listReviewedLabels(this.#database.kysely, agent, MAX_AGREEMENT_LABELS);
    const skips = await countSkips(this.#database.kysely, agent);
    return createAgreementReport(agent, labels, skips);
  }

  /** Returns the document of an item as `viewer` may see it. */
  async document(
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
      revealed:
        closed || answered || unblinded ? await this.#reveal(item, answers, definition, viewer) : null,
    };
  }

  /** Returns the judges' verdicts and the other people's labels. The caller checks that `viewer` may see them. */
  async reveal(item: StoredReviewItem, viewer: string): Promise<Revelation> {
    const definition = await this.#agents.definition(item.agent);
    return this.#reveal(item, await listAnswers(this.#database.kysely, item), definition, viewer);
  }

  async #reveal(
    item: StoredReviewItem,
    answers: readonly StoredReviewAnswer[],
    definition: AgentDefinition | undefined,
    viewer: string,
  ): Promise<Revelation> {
    const own = answers.find((answer) => answer.reviewer === viewer)?.label ?? null;
    const scores =
      definition === undefined ? item.judge_scores : createClassScoreMapper(definition)(item.judge_scores);
    const verdicts = Object.values(scores).flatMap((score) => getVerdict(score) ?? []);
    const ownClass =
      own === null || definition === undefined ? own : (createLabelMapper(definition)(own) ?? own);
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
