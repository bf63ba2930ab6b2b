import type { AgentDefinition, FeedReport, LabelStats, LoadReport, WaitingDay } from "@relearn/contract";
import { MAX_LABEL_CHARACTERS } from "@relearn/contract";
import type { Transaction } from "kysely";
import { type Actor, type ActorReference, systemActor, toActor } from "../actor.ts";
import type { AgentService } from "../agents/agent-service.ts";
import type { AuditService } from "../audit/audit-service.ts";
import type { Clock } from "../clock.ts";
import type { Database } from "../db/database.ts";
import type { Tables } from "../db/tables.ts";
import type { ExampleDraft } from "../labeled-examples/labeled-example.ts";
import type { LabeledExampleService } from "../labeled-examples/labeled-example-service.ts";
import { approvalExample } from "./approval-example.ts";
import { FeedTally } from "./feed-report.ts";
import {
  agentsWithGold,
  countThumbs,
  highestApproval,
  highestFeedback,
  highestGold,
  lockFeedPosition,
  readApprovals,
  readFeedback,
  readFeedPosition,
  readGoldenTasks,
  type SignalPage,
  saveFeedPosition,
} from "./feed-store.ts";
import { dayExample, endOfDay, taskExample } from "./feedback-example.ts";
import { goldExample } from "./gold-example.ts";

export interface LoadOptions {
  /**
   * Only signals of this time or later. Earlier ones stay for a run without it: the cursor stops before the
   * first that was passed over.
   */
  readonly since?: Date | undefined;
  /** At most so many signals are read. */
  readonly limit?: number | undefined;
  /** Left out: Relearn itself, as in the nightly job. */
  readonly actor?: ActorReference | undefined;
}

export interface FeedServiceParts {
  readonly database: Database;
  readonly audit: AuditService;
  readonly clock: Clock;
  readonly agents: AgentService;
  readonly examples: LabeledExampleService;
  /** What class a raw label stands for, of an agent: the trainer's own reading of its label map. */
  readonly createLabelMapper: (definition: AgentDefinition) => (label: string) => string | undefined;
}

/** Signals a transaction: long enough to be quick, short enough to let others in between. */
const PAGE = 500;
/** Ended days a transaction. */
const DAYS_PAGE = 100;
/** More waiting days than this and those that have ended are loaded before the next page is read. */
const MAX_WAITING_RECORDS = 2000;

/** A signal as the loop over pages sees it. */
interface Reading {
  readonly id: number;
  readonly recordId: string;
  readonly agent: string;
  readonly at: Date;
  /** The example, or why there is none. */
  readonly example: ExampleDraft | { readonly leftOut: string };
  readonly day?: WaitingDay;
}

/**
 * Turns signals into labeled examples. A feed has a cursor: all signals up to an id were read. A page of
 * signals, its examples, the moved cursor and the audit event are one transaction, so a run that is killed
 * goes on where it stopped, and two runs at once take turns. It trusts its caller to have checked the right.
 */
export class FeedService {
  readonly #parts: FeedServiceParts;

  constructor(parts: FeedServiceParts) {
    this.#parts = parts;
  }

  /** The specification's `load_all_feeds`. */
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

  /** The specification's `get_stats`. */
  getStats(): Promise<LabelStats> {
    return this.#parts.examples.stats();
  }

  /** Approved and rejected actions as "{action}_approved" and "{action}_rejected". */
  async loadFromApprovals(options: LoadOptions = {}): Promise<FeedReport> {
    const tally = new FeedTally("approvals");
    const throughId = await highestApproval(this.#parts.database);
    await this.#run("approvals", tally, options, throughId, async (trx, page) =>
      (await readApprovals(trx, page)).map((approval) => ({
        id: approval.id,
        recordId: approval.request_id,
        agent: approval.agent,
        at: approval.decided_at ?? approval.requested_at,
        example: approvalExample(approval) ?? { leftOut: "pending" },
      })),
    );
    return tally.report();
  }

  /** Golden tasks, of one agent or of all. Each agent has a cursor of its own. */
  async loadFromGoldsets(
    options: LoadOptions & { readonly agent?: string | undefined } = {},
  ): Promise<FeedReport> {
    const { database, agents } = this.#parts;
    const tally = new FeedTally("gold");
    if (options.agent !== undefined) await agents.get(options.agent);
    const names = options.agent === undefined ? await agentsWithGold(database.kysely) : [options.agent];
    for (const agent of names) {
      const left = options.limit === undefined ? undefined : options.limit - tally.read;
      const throughId = await highestGold(database, agent);
      await this.#run(`gold:${agent}`, tally, { ...options, limit: left }, throughId, async (trx, page) =>
        (await readGoldenTasks(trx, agent, page)).map((task) => ({
          id: task.id,
          recordId: task.task_key,
          agent,
          at: task.created_at,
          example: goldExample(task),
        })),
      );
    }
    return tally.report();
  }

  /** Thumbs: one example for each agent and day that has ended, one for each event that names a task. */
  async loadFromFeedback(options: LoadOptions = {}): Promise<FeedReport> {
    const tally = new FeedTally("feedback");
    const throughId = await highestFeedback(this.#parts.database);
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
        const made =
          task_key === null
            ? { leftOut: "names_no_task" }
            : taskExample({ ...event, task_key }, agent?.classes, agent?.toClass ?? (() => undefined));
        return {
          id: event.id,
          recordId: event.event_id,
          agent: event.agent,
          at: event.occurred_at,
          example: "example" in made ? made.example : made,
          day: { agent: event.agent, day: event.day },
        };
      }),
    );
    return tally.report();
  }

  /** Reads a feed's new signals page by page and loads them; ended days in between and at the end. */
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
    /** Where this run has read to. Ahead of the stored cursor once a signal was passed over for `since`. */
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
        const waiting = withDays(position.waiting, sorted.days);
        // After a gap the stored cursor stays before it, while this run reads on.
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

  /** Loads the days that have ended from the waiting ones, a hundred a transaction; says which still wait. */
  async #loadEndedDays(cursor: string, tally: FeedTally, actor: Actor): Promise<void> {
    for (;;) {
      const ended = await this.#page(tally, actor, async (trx, counts) => {
        const now = this.#parts.clock.now();
        const position = await lockFeedPosition(trx, cursor, now);
        const over = position.waiting.filter((day) => endOfDay(day.day) <= now).slice(0, DAYS_PAGE);
        const drafts: ExampleDraft[] = [];
        for (const day of over) {
          const thumbs = await countThumbs(trx, day);
          // All events of the day can have been moved to another since: then there is nothing to say.
          if (thumbs.feedback_count > 0) drafts.push(dayExample(thumbs));
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

  /** One transaction with its audit event; what it did is counted once it has committed. */
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
 * What becomes of the signals of a page: examples, rejections, left out. `throughId`: up to where all were
 * taken or decided on, which is before the first that was passed over for `since`.
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
  let passedOver = false;
  counts.read = readings.length;
  for (const { id, recordId, agent, at, example, day } of readings) {
    if (since !== undefined && at < since) {
      counts.leaveOut("before_since");
      passedOver = true;
      continue;
    }
    if (!passedOver) throughId = id;
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

/** The waiting days with others added, each once. */
function withDays(waiting: readonly WaitingDay[], more: readonly WaitingDay[]): WaitingDay[] {
  const byName = new Map<string, WaitingDay>();
  for (const day of [...waiting, ...more]) byName.set(`${day.agent} ${day.day}`, day);
  return [...byName.values()];
}
