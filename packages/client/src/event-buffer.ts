/** What became of one batch. */
export type SendResult =
  | "accepted"
  /** Not now: kept, and tried again later. */
  | "retry"
  /** Never: the receiver will not take these documents, so they are let go and counted. */
  | "rejected"
  /** The batch is too large: it is halved; one document too large by itself is let go. */
  | "too_large"
  /** Taken but for some, which it will never take. */
  | { readonly refused: number; readonly reason: string };

/** Where batches go. A throw counts as `retry`. */
export type SendBatch<Document> = (batch: readonly Document[]) => Promise<SendResult>;

export interface EventBufferCounts {
  readonly buffered: number;
  readonly sent: number;
  /** Let go, oldest first, because the buffer was full. */
  readonly dropped: number;
  /** Let go because the receiver refused them. */
  readonly rejected: number;
}

export interface EventBuffer<Document> {
  push(document: Document): void;
  readonly size: number;
  /** Sends what is there until it is empty or a batch fails; never rejects. One flush runs at a time. */
  flush(): Promise<"emptied" | "failed">;
  counts(): EventBufferCounts;
}

/**
 * A bounded queue that goes out in batches. A batch stays in the queue until it was accepted, so a lost
 * answer sends it again: receivers must be idempotent. Full, it lets the oldest go, since a late outcome
 * is worth less than a fresh one and an agent's memory must not grow with a server's absence.
 */
export function createEventBuffer<Document>(
  send: SendBatch<Document>,
  capacity: number,
  batchSize: number,
): EventBuffer<Document> {
  let queue: Document[] = [];
  /** Where the oldest stands in `queue`; what is before it is gone and is cut off now and then. */
  let head = 0;
  /** Running number of the oldest, so that a batch under way is found again after drops. */
  let oldest = 0;
  let sent = 0;
  let dropped = 0;
  let rejected = 0;
  let running: Promise<"emptied" | "failed"> | undefined;
  let limit = batchSize;

  const removeOldest = (count: number): void => {
    queue.fill(undefined as Document, head, head + count);
    head += count;
    oldest += count;
    if (head > 1024 && head * 2 > queue.length) {
      queue = queue.slice(head);
      head = 0;
    }
  };

  const flushAll = async (): Promise<"emptied" | "failed"> => {
    while (queue.length > head) {
      const batch = queue.slice(head, head + limit);
      const end = oldest + batch.length;
      let result: SendResult;
      try {
        result = await send(batch);
      } catch {
        result = "retry";
      }
      if (result === "retry") return "failed";
      if (result === "too_large" && batch.length > 1) {
        limit = Math.ceil(batch.length / 2);
        continue;
      }
      // Documents of this batch that a full buffer let go meanwhile did arrive, or were refused.
      const gone = Math.max(0, Math.min(batch.length, oldest - (end - batch.length)));
      dropped -= gone;
      const refused = typeof result === "object" ? result.refused : result === "accepted" ? 0 : batch.length;
      sent += batch.length - refused;
      rejected += refused;
      removeOldest(batch.length - gone);
      limit = Math.min(batchSize, limit * 2);
    }
    return "emptied";
  };

  return {
    get size() {
      return queue.length - head;
    },
    push(document) {
      if (queue.length - head >= capacity) {
        removeOldest(1);
        dropped += 1;
      }
      queue.push(document);
    },
    flush() {
      running ??= flushAll().finally(() => {
        running = undefined;
      });
      return running;
    },
    counts: () => ({ buffered: queue.length - head, sent, dropped, rejected }),
  };
}
