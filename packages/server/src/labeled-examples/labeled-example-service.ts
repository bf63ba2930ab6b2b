import {
  type AddReport,
  exampleDraftSchema,
  type LabelConflict,
  type LabelCounts,
  type LabeledExample,
  type LabelStats,
  type Rejection,
} from "@relearn/contract";
import type { Transaction } from "kysely";
import { type Actor, type ActorReference, toActor } from "../actor.ts";
import type { AgentService } from "../agents/agent-service.ts";
import { redactPayload } from "../agents/redact-payload.ts";
import type { AuditService } from "../audit/audit-service.ts";
import { type Clock, DAY_MS } from "../clock.ts";
import type { Database } from "../db/database.ts";
import { freezeHighestId } from "../db/freeze-highest-id.ts";
import type { Tables } from "../db/tables.ts";
import { RelearnError } from "../errors.ts";
import { parseRecord, unknownAgentFault } from "../rejection.ts";
import { decideLabel } from "./decide-label.ts";
import { type AddedAs, type ExampleDraft, toExampleDraft } from "./labeled-example.ts";
import {
  type ConflictFilter,
  type ExampleFilter,
  type ExampleForTraining,
  insertConflicts,
  insertExamples,
  listConflicts,
  listExamples,
  lockConflict,
  type PagePosition,
  readCurrentLabels,
  readDailyLabels,
  readLabelStats,
  readSettledConflicts,
  readTrainingPage,
  readViewPage,
  relabelOpenConflicts,
  settleConflict,
  supersedeExample,
  toIdentityText,
} from "./labeled-example-store.ts";

/** Valid drafts of a batch, redacted, and the rejected documents with their faults. */
export interface CheckedExamples {
  readonly drafts: readonly ExampleDraft[];
  readonly rejected: readonly Rejection[];
}

export type Settlement = "keep_old" | "take_new";

/** Maximum records per transaction, so that statements and locks are short. */
const CHUNK = 1000;
/** Examples of an export that are in memory at the same time: 64 MB if each payload has the maximum size. */
const EXPORT_PAGE = 250;

/** Stores labeled examples and settles label conflicts. The caller must check the right to do so. */
export class LabeledExampleService {
  readonly #database: Database;
  readonly #audit: AuditService;
  readonly #agents: AgentService;
  readonly #clock: Clock;

  constructor(database: Database, audit: AuditService, agents: AgentService, clock: Clock) {
    this.#database = database;
    this.#audit = audit;
    this.#agents = agents;
    this.#clock = clock;
  }

  /** Adds the valid ones of the documents, a thousand per transaction. */
  async add(documents: readonly unknown[], options: { actor: ActorReference }): Promise<AddReport> {
    return this.store(await this.check(documents), options);
  }

  /** Parses and checks documents without storing them. */
  async check(documents: readonly unknown[]): Promise<CheckedExamples> {
    const definitions = new Map(
      (await this.#agents.list()).map(({ definition }) => [definition.name, definition]),
    );
    const now = this.#clock.now();
    const rejected: Rejection[] = [];
    const drafts: ExampleDraft[] = [];
    for (const [index, document] of documents.entries()) {
      const parsed = parseRecord(exampleDraftSchema, ["created_at"], document, now);
      if (!parsed.ok) {
        rejected.push({ index, ...parsed.fault });
        continue;
      }
      const draft = toExampleDraft(parsed.record);
      const definition = definitions.get(draft.agent);
      if (definition === undefined) {
        rejected.push({ index, ...unknownAgentFault(draft.agent, [...definitions.keys()]) });
        continue;
      }
      drafts.push({ ...draft, payload: redactPayload(draft.payload, definition.redact ?? []) });
    }
    return { drafts, rejected };
  }

  /** Stores checked examples, a thousand per transaction. */
  async store(checked: CheckedExamples, options: { actor: ActorReference }): Promise<AddReport> {
    const actor = toActor(options.actor);
    const counts = { stored: 0, duplicate: 0, conflict: 0 };
    // The first audit event counts the rejections of the whole batch.
    let unreported = checked.rejected.length;
    for (let from = 0; from < checked.drafts.length; from += CHUNK) {
      const results = await this.#addChunk(checked.drafts.slice(from, from + CHUNK), unreported, actor);
      for (const added of results) counts[added] += 1;
      if (results.some((added) => added !== "duplicate")) unreported = 0;
    }
    return {
      stored: counts.stored,
      duplicates: counts.duplicate,
      conflicts: counts.conflict,
      rejected: checked.rejected,
    };
  }

  /** Returns the report of `store` without storing anything. */
  dryRun(checked: CheckedExamples, options: { actor: ActorReference }): Promise<AddReport> {
    return this.#database.dryRun(() => this.store(checked, options));
  }

  #addChunk(drafts: readonly ExampleDraft[], rejected: number, actor: Actor): Promise<AddedAs[]> {
    return this.#audit.change(actor, async (trx) => {
      const result = await this.addWithin(trx, drafts);
      const stored = result.filter((one) => one === "stored").length;
      const conflicts = result.filter((one) => one === "conflict").length;
      const agents = [...new Set(drafts.map((draft) => draft.agent))].sort();
      return {
        result,
        record:
          stored + conflicts === 0
            ? undefined
            : {
                kind: "examples.added",
                agent: agents.length === 1 ? agents[0] : undefined,
                object: "labeled_examples",
                detail: {
                  stored,
                  duplicates: result.length - stored - conflicts,
                  conflicts,
                  rejected,
                  agents,
                },
              },
      };
    });
  }

  /**
   * Adds checked and redacted drafts inside the caller's transaction, which writes the audit event, and returns the result
   * of each draft. Never changes an existing record.
   */
  async addWithin(trx: Transaction<Tables>, drafts: readonly ExampleDraft[]): Promise<AddedAs[]> {
    if (drafts.length === 0) return [];
    const now = this.#clock.now();
    const inserted = await insertExamples(trx, drafts, now);
    const results = drafts.map((draft): AddedAs | undefined =>
      // Of several drafts of one record only the first was stored: `delete` makes the others continue.
      inserted.delete(toIdentityText(draft)) ? "stored" : undefined,
    );
    const others = drafts.filter((_, place) => results[place] === undefined);
    const labels = await readCurrentLabels(trx, others);
    const differing = others.filter((draft) => labels.get(toIdentityText(draft)) !== draft.label);
    const settled = await readSettledConflicts(trx, differing);
    const conflicts: { kept_label: string; draft: ExampleDraft }[] = [];
    const decided = drafts.map((draft, place): AddedAs => {
      const result = results[place];
      if (result !== undefined) return result;
      const text = toIdentityText(draft);
      // Without a current example, someone is replacing it at this moment: a conflict for a person.
      const current = labels.get(text) ?? "";
      const decision = decideLabel(current, draft, settled.get(text) ?? []);
      if (decision === "conflict") conflicts.push({ kept_label: current, draft });
      return decision;
    });
    await insertConflicts(trx, conflicts, now);
    return decided;
  }

  list(filter: ExampleFilter, page: PagePosition): Promise<LabeledExample[]> {
    return listExamples(this.#database.kysely, filter, page);
  }

  /** Yields the matching examples page by page, oldest first, as of the time of the first page. */
  async *export(filter: ExampleFilter): AsyncGenerator<readonly LabeledExample[]> {
    const throughId = await this.freezeHighestId();
    const view = { throughId, at: this.#clock.now() };
    let after = 0;
    for (;;) {
      const page = await readViewPage(this.#database.kysely, filter, view, after, EXPORT_PAGE);
      if (page.length > 0) yield page;
      if (page.length < EXPORT_PAGE) return;
      after = page.at(-1)?.id ?? after;
    }
  }

  conflicts(filter: ConflictFilter, page: Omit<PagePosition, "after">): Promise<LabelConflict[]> {
    return listConflicts(this.#database.kysely, filter, page);
  }

  /** Settles an open conflict: keeps the old label, or stores the new one and marks the old row as superseded. */
  async settle(
    conflictId: number,
    settlement: Settlement,
    options: { actor: ActorReference },
  ): Promise<LabelConflict> {
    const actor = toActor(options.actor);
    const now = this.#clock.now();
    return this.#audit.change(actor, async (trx) => {
      const conflict = await lockConflict(trx, conflictId);
      if (conflict === undefined) {
        throw new RelearnError(
          "not_found",
          `There is no conflict ${conflictId}. List the conflicts with \`relearn conflicts list\`.`,
        );
      }
      const state = settlement === "keep_old" ? "kept_old" : "took_new";
      if (conflict.state !== "open" || !(await settleConflict(trx, conflict, state, actor.name, now))) {
        throw new RelearnError(
          "already_so",
          `Conflict ${conflictId} was settled by ${conflict.settled_by} on ${conflict.settled_at}: ${conflict.state}. A settled conflict cannot be settled again.`,
          { details: { conflict: conflictId, state: conflict.state } },
        );
      }
      if (settlement === "take_new") {
        await supersedeExample(trx, conflict, now);
        await insertExamples(trx, [conflict.offered], now);
        await relabelOpenConflicts(trx, conflict, conflict.offered_label);
      }
      return {
        result: { ...conflict, state, settled_at: now.toISOString(), settled_by: actor.name },
        record: {
          kind: "conflict.settled",
          agent: conflict.agent,
          object: `conflict-${conflictId}`,
          detail: {
            settlement,
            kept_label: conflict.kept_label,
            offered_label: conflict.offered_label,
            source: conflict.source,
          },
        },
      };
    });
  }

  /** Counts current examples as the specification's `get_stats` does, and the labels of each agent. */
  stats(): Promise<LabelStats> {
    return readLabelStats(this.#database.kysely, new Date(this.#clock.now().getTime() - 7 * DAY_MS));
  }

  /** Counts the agent's labels by day and source over the last `days` days, today included. */
  async countDailyLabels(agent: string, days: number): Promise<LabelCounts> {
    await this.#agents.get(agent);
    const today = Math.floor(this.#clock.now().getTime() / DAY_MS) * DAY_MS;
    const since = today - (days - 1) * DAY_MS;
    const before: Record<string, number> = {};
    const byDay = new Map<string, Record<string, number>>(
      Array.from({ length: days }, (_, index) => [
        new Date(since + index * DAY_MS).toISOString().slice(0, 10),
        {},
      ]),
    );
    for (const row of await readDailyLabels(this.#database.kysely, agent, new Date(since))) {
      // A label dated in the future, by a fast clock, counts as of today.
      const counts = row.day === null ? before : (byDay.get(row.day) ?? [...byDay.values()].at(-1)!);
      counts[row.source] = (counts[row.source] ?? 0) + row.examples;
    }
    return { agent, days: [...byDay].map(([day, by_source]) => ({ day, by_source })), before };
  }

  /**
   * Returns the highest id of the agent's examples, or of all, such that no example with a lower id appears later. 0 if
   * there is none.
   */
  freezeHighestId(agent?: string): Promise<number> {
    return freezeHighestId(this.#database, "labeled_examples", agent);
  }

  /** Reads current examples by ascending id, above `afterId`, up to `throughId`; an empty page is the end. */
  pageForTraining(
    agent: string,
    afterId: number,
    throughId: number,
    limit: number,
  ): Promise<ExampleForTraining[]> {
    return readTrainingPage(this.#database.kysely, agent, afterId, throughId, limit);
  }
}
