import {
  type AgentDefinition,
  type FeedReport,
  type LabelStats,
  type LoadReport,
  MAX_LABEL_CHARACTERS,
  type WaitingDay,
} from "@relearn/contract";
import type { Transaction } from "kysely";
import { type Actor, type ActorReference, systemActor, toActor } from "../actor.ts";
import type { AgentService } from "../agents/agent-service.ts";
import type { AuditService } from "../audit/audit-service.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import type { ExampleDraft } from "../labeled-examples/labeled-example.ts";
import type { LabeledExampleService } from "../labeled-examples/labeled-example-service.ts";
import { toApprovalExample } from "./approval-example.ts";
import { FeedTally } from "./feed-report.ts";
import {
  countThumbs,
  freezeHighestApprovalId,
  freezeHighestFeedbackId,
  freezeHighestGoldId,
  listAgentsWithGold,
  lockFeedPosition,
  readApprovals,
  readFeedback,
  readFeedPosition,
  readGoldenTasks,
  type SignalPage,
  saveFeedPosition,
} from "./feed-store.ts";
import { getEndOfDay, toDayExample, toTaskExample } from "./feedback-example.ts";
import { toGoldExample } from "./gold-example.ts";

export interface LoadOptions {
  /**
   * Loads only signals of this time or later. The cursor stops before the first skipped signal, so that a later run
   * without this option loads the earlier ones.
   */
  readonly since?: Date | undefined;
  /** Maximum number of signals to read. */
  readonly limit?: number | undefined;
  /** Relearn itself by default, as in the nightly job. */
  readonly actor?: ActorReference | undefined;
}

export interface FeedServiceParts {
  readonly database: Database;
  readonly audit: AuditService;
  readonly clock: Clock;
  readonly agents: AgentService;
  readonly examples: LabeledExampleService;
  /** Returns a function that maps raw labels of an agent to classes, as the trainer does. */
  readonly createLabelMapper: (definition: AgentDefinition) => (label: string) => string | undefined;
}

/** Signals per transaction: enough to be fast, few enough to let other transactions run in between. */
const PAGE = 500;
/** Ended days per transaction. */
const DAYS_PAGE = 100;
/** With more waiting days than this, the ended ones are loaded before the next page is read. */
const MAX_WAITING_RECORDS = 2000;

/** A signal that was read from a page. */
interface Reading {
  readonly id: number;
  readonly recordId: string;
  readonly agent: string;
  readonly at: Date;
  /** The example, or the reason why there is none. */
  readonly example: ExampleDraft | { readonly leftOut: string };
  readonly day?: WaitingDay;
}

/**
 * Converts signals to labeled examples. A feed has a cursor: all signals up to an id were read. A page of signals, its
 * examples, the moved cursor and the audit event are one transaction, so that an interrupted run is resumed and
 * concurrent runs are serialized. The caller must check the right to load feeds.
 */
export class FeedService {
  readonly #parts: FeedServiceParts;

  constructor(parts: FeedServiceParts) {
    this.#parts = parts;
  }

  /** Loads all feeds: the specification's `load_all_feeds`. */
  async loadAll(options: LoadOptions = {}): Promise<LoadReport> {
    const approvals = await this.loadFromApprovals(options);
    const feedback = await this.loadFromFeedback(options);
    const gold = await this.loadFromGoldsets(options);
    return {
      approvals: approvals.loaded,
      feedback: feedback.loaded,
      gold: gold.loaded,
      reports: [approvals, feedback, gold],
    };
  }

  /** Counts the current examples: the specification's `get_stats`. */
  getStats(): Promise<LabelStats> {
    return this.#parts.examples.stats();
  }

  /** Loads approved and rejected actions, labeled "{action}_approved" and "{action}_rejected". */
  async loadFromApprovals(options: LoadOptions = {}): Promise<FeedReport> {
    const tally = new FeedTally("approvals");
    const throughId = await freezeHighestApprovalId(this.#parts.database);
    await this.#run("approvals", tally, options, throughId, async (trx, page) =>
      (await readApprovals(trx, page)).map((approval) => ({
        id: approval.id,
        recordId: approval.request_id,
        agent: approval.agent,
        at: approval.decided_at ?? approval.requested_at,
        example: toApprovalExample(approval) ?? { leftOut: "pending" },
      })),
    );
    return tally.report();
  }

  /** Loads the golden tasks of one agent or of all. Each agent has its own cursor. */
  async loadFromGoldsets(
    options: LoadOptions & { readonly agent?: string | undefined } = {},
  ): Promise<FeedReport> {
    const { database, agents } = this.#parts;
    const tally = new FeedTally("gold");
    if (options.agent !== undefined) await agents.get(options.agent);
    const names = options.agent === undefined ? await listAgentsWithGold(database.kysely) : [options.agent];
    for (const agent of names) {
      const left = options.limit === undefined ? undefined : options.limit - tally.read;
      const throughId = await freezeHighestGoldId(database, agent);
      await this.#run(`gold:${agent}`, tally, { ...options, limit: left }, throughId, async (trx, page) =>
        (await readGoldenTasks(trx, agent, page)).map((task) => ({
          id: task.id,
          recordId: task.task_key,
          agent,
          at: task.created_at,
          example: toGoldExample(task),
        })),
      );
    }
    return tally.report();
  }

  /** Loads thumbs: one example for each agent and ended day, and one for each event that names a task. */
  async loadFromFeedback(options: LoadOptions = {}): Promise<FeedReport> {
    const tally = new FeedTally("feedback");
    const throughId = await freezeHighestFeedbackId(this.#parts.database);
    const mappers = new Map(
      (await this.#parts.agents.list()).map(({ definition }) => [
        definition.name,
        { classes: definition.classes, toClass: this.#parts.createLabelMapper(definition) },
      ]),
    );
    await this.#run("feedback", tally, options, throughId, async (trx, page) =>
      (await readFeedback(trx, page)).map((event) => {
        const { task_key } = event;
        const agent = mappers.get(event.agent);
        const result =
          task_key === null
            ? { leftOut: "names_no_task" }
            : toTaskExample({ ...event, task_key }, agent?.classes, agent?.toClass ?? (() => undefined));
        return {
          id: event.id,
          recordId: event.event_id,
          agent: event.agent,
          at: event.occurred_at,
          example: "example" in result ? result.example : result,
          day: { agent: event.agent, day: event.day },
        };
      }),
    );
    return tally.report();
  }

  /** Reads a feed's new signals page by page and loads them; loads ended days in between and at the end. */
  async #run(
    cursor: string,
    tally: FeedTally,
    options: LoadOptions,
    throughId: number,
    read: (trx: Transaction<Tables>, page: SignalPage) => Promise<Reading[]>,
  ): Promise<void> {
    const actor = options.actor === undefined ? systemActor("feeds") : toActor(options.actor);
    const known = new Set((await this.#parts.agents.list()).map(({ definition }) => definition.name));
    const limit = options.limit ?? Number.POSITIVE_INFINITY;
    const start = tally.read;
    /** Last id that this run has read; above the stored cursor after a signal was skipped because of `since`. */
    let readTo: number | undefined;
    for (;;) {
      const left = limit - (tally.read - start);
      if (left <= 0) {
        const { after_id } = await readFeedPosition(this.#parts.database.kysely, cursor);
        if (Math.max(readTo ?? 0, after_id) < throughId) tally.more = true;
        break;
      }
      const page = await this.#page(tally, actor, async (trx, counts) => {
        const now = this.#parts.clock.now();
        const position = await lockFeedPosition(trx, cursor, now);
        const from = Math.max(readTo ?? 0, position.after_id);
        const readings = await read(trx, { afterId: from, throughId, limit: Math.min(PAGE, left) });
        const sorted = sortReadings(readings, options.since, known, counts);
        await this.#load(trx, counts, sorted.examples);
        const waiting = mergeDays(position.waiting, sorted.days);
        // After a skipped signal the stored cursor stays before it, while this run reads on.
        const after_id = from === position.after_id ? (sorted.throughId ?? from) : position.after_id;
        await saveFeedPosition(trx, cursor, { after_id, waiting }, now);
        return { read: readings.length, readTo: readings.at(-1)?.id ?? from, waiting: waiting.length };
      });
      readTo = page.readTo;
      if (page.waiting > MAX_WAITING_RECORDS) await this.#loadEndedDays(cursor, tally, actor);
      if (page.read < Math.min(PAGE, left)) break;
    }
    if (cursor === "feedback") await this.#loadEndedDays(cursor, tally, actor);
  }

  /** Loads the waiting days that have ended, a hundred per transaction, and sets `tally.waiting` to the others. */
  async #loadEndedDays(cursor: string, tally: FeedTally, actor: Actor): Promise<void> {
    for (;;) {
      const ended = await this.#page(tally, actor, async (trx, counts) => {
        const now = this.#parts.clock.now();
        const position = await lockFeedPosition(trx, cursor, now);
        const over = position.waiting.filter((day) => getEndOfDay(day.day) <= now).slice(0, DAYS_PAGE);
        const drafts: ExampleDraft[] = [];
        for (const day of over) {
          const thumbs = await countThumbs(trx, day);
          // All events of the day may have been moved to another day in the meantime.
          if (thumbs.feedback_count > 0) drafts.push(toDayExample(thumbs));
        }
        await this.#load(trx, counts, drafts);
        const waiting = position.waiting.filter((day) => !over.includes(day));
        await saveFeedPosition(trx, cursor, { ...position, waiting }, now);
        return { over: over.length, waiting };
      });
      tally.waiting = ended.waiting;
      if (ended.over < DAYS_PAGE) return;
    }
  }

  /** Runs one transaction with its audit event, and adds its counts after the commit. */
  async #page<Result>(
    tally: FeedTally,
    actor: Actor,
    work: (trx: Transaction<Tables>, counts: FeedTally) => Promise<Result>,
  ): Promise<Result> {
    const { feed } = tally.report();
    const { result, counts } = await this.#parts.audit.change(actor, async (trx) => {
      const counts = new FeedTally(feed);
      const result = await work(trx, counts);
      const { read, loaded, duplicates, conflicts, rejected } = counts.report();
      return {
        result: { result, counts },
        record:
          loaded + conflicts + rejected === 0
            ? undefined
            : {
                kind: "feed.loaded",
                object: feed,
                detail: { read, loaded, duplicates, conflicts, rejected },
              },
      };
    });
    tally.add(counts);
    return result;
  }

  async #load(trx: Transaction<Tables>, counts: FeedTally, drafts: readonly ExampleDraft[]): Promise<void> {
    for (const added of await this.#parts.examples.addWithin(trx, drafts)) {
      if (added === "stored") counts.loaded += 1;
      else if (added === "duplicate") counts.duplicates += 1;
      else counts.conflicts += 1;
    }
  }
}

/**
 * Sorts the signals of a page into examples, rejected ones and skipped ones. `throughId`: the last id before the first
 * signal that was skipped because of `since`.
 */
function sortReadings(
  readings: readonly Reading[],
  since: Date | undefined,
  known: ReadonlySet<string>,
  counts: FeedTally,
): { examples: ExampleDraft[]; days: WaitingDay[]; throughId: number | undefined } {
  const examples: ExampleDraft[] = [];
  const days: WaitingDay[] = [];
  let throughId: number | undefined;
  let hasSkipped = false;
  counts.read = readings.length;
  for (const { id, recordId, agent, at, example, day } of readings) {
    if (since !== undefined && at < since) {
      counts.leaveOut("before_since");
      hasSkipped = true;
      continue;
    }
    if (!hasSkipped) throughId = id;
    if (!known.has(agent)) {
      counts.reject(recordId, `there is no agent "${agent}" in this installation`);
      continue;
    }
    if (day !== undefined) days.push(day);
    if ("leftOut" in example) {
      counts.leaveOut(example.leftOut);
    } else if (example.label.length > MAX_LABEL_CHARACTERS) {
      const { length } = example.label;
      counts.reject(
        recordId,
        `its label has ${length} characters; at most ${MAX_LABEL_CHARACTERS} are accepted`,
      );
    } else {
      examples.push(example);
    }
  }
  return { examples, days, throughId };
}

/** Returns the waiting days and `more`, each once. */
function mergeDays(waiting: readonly WaitingDay[], more: readonly WaitingDay[]): WaitingDay[] {
  const byName = new Map<string, WaitingDay>();
  for (const day of [...waiting, ...more]) byName.set(`${day.agent} ${day.day}`, day);
  return [...byName.values()];
}
