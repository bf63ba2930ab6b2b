import type { FeedName, FeedRejection, FeedReport, WaitingDay } from "@relearn/contract";

/** Maximum of rejections that a report lists; bounds the memory of a feed with many invalid signals. */
const MAX_LISTED_REJECTIONS = 100;

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
    if (this.#rejections.length < MAX_LISTED_REJECTIONS)
      this.#rejections.push({ record_id: recordId, reason });
  }

  leaveOut(reason: string): void {
    this.#leftOut.set(reason, (this.#leftOut.get(reason) ?? 0) + 1);
  }

  /** Adds the counts of a page after its transaction has committed. */
  add(page: FeedTally): void {
    this.read += page.read;
    this.loaded += page.loaded;
    this.duplicates += page.duplicates;
    this.conflicts += page.conflicts;
    this.#rejected += page.#rejected;
    this.#rejections.push(...page.#rejections.slice(0, MAX_LISTED_REJECTIONS - this.#rejections.length));
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
