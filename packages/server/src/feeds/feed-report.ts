/** What a feed did in one run. */
export interface FeedReport {
  readonly feed: FeedName;
  /** Signals read in this run. */
  readonly read: number;
  readonly loaded: number;
  readonly duplicates: number;
  /** The same record with another label: kept for a person. */
  readonly conflicts: number;
  /** Signals that should have become an example and could not. */
  readonly rejected: number;
  /** The first of them. */
  readonly rejections: readonly FeedRejection[];
  /** Signals that are no example, by reason. */
  readonly left_out: Readonly<Record<string, number>>;
  /** Days that have not ended yet: they are loaded by a run after them. */
  readonly waiting: readonly WaitingDay[];
  /** Whether `limit` ended the run before everything new was read. */
  readonly more: boolean;
}

export const feedNames = ["approvals", "feedback", "gold"] as const;
export type FeedName = (typeof feedNames)[number];

export interface FeedRejection {
  /** Which signal: the request's, event's or task's own id. */
  readonly record_id: string;
  readonly reason: string;
}

/** A UTC day of an agent. */
export interface WaitingDay {
  readonly agent: string;
  /** YYYY-MM-DD. */
  readonly day: string;
}

/** The specification's counts of loaded examples, and each feed's report. */
export interface LoadReport {
  readonly approvals: number;
  readonly feedback: number;
  readonly gold: number;
  readonly reports: readonly FeedReport[];
}

/** Rejections told one by one; a feed of broken signals must not fill the memory. */
const TOLD_REJECTIONS = 100;

/** Counts while a feed runs. */
export class FeedTally {
  readonly #feed: FeedName;
  read = 0;
  loaded = 0;
  duplicates = 0;
  conflicts = 0;
  more = false;
  waiting: readonly WaitingDay[] = [];
  #rejected = 0;
  readonly #rejections: FeedRejection[] = [];
  readonly #leftOut = new Map<string, number>();

  constructor(feed: FeedName) {
    this.#feed = feed;
  }

  reject(recordId: string, reason: string): void {
    this.#rejected += 1;
    if (this.#rejections.length < TOLD_REJECTIONS) this.#rejections.push({ record_id: recordId, reason });
  }

  leaveOut(reason: string): void {
    this.#leftOut.set(reason, (this.#leftOut.get(reason) ?? 0) + 1);
  }

  /** Adds what a page did, once its transaction has committed. */
  add(page: FeedTally): void {
    this.read += page.read;
    this.loaded += page.loaded;
    this.duplicates += page.duplicates;
    this.conflicts += page.conflicts;
    this.#rejected += page.#rejected;
    this.#rejections.push(...page.#rejections.slice(0, TOLD_REJECTIONS - this.#rejections.length));
    for (const [reason, count] of page.#leftOut) {
      this.#leftOut.set(reason, (this.#leftOut.get(reason) ?? 0) + count);
    }
  }

  report(): FeedReport {
    return {
      feed: this.#feed,
      read: this.read,
      loaded: this.loaded,
      duplicates: this.duplicates,
      conflicts: this.conflicts,
      rejected: this.#rejected,
      rejections: this.#rejections,
      left_out: Object.fromEntries(this.#leftOut),
      waiting: this.waiting,
      more: this.more,
    };
  }
}
