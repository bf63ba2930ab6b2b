/** Result of sending one batch. */
export type SendResult =
  | "accepted"
  /** Temporary failure: the batch is kept and sent again later. */
  | "retry"
  /** The receiver rejected the documents permanently: they are removed and counted. */
  | "rejected"
  /** The batch is too large: it is halved. A single document that is too large is removed. */
  | "too_large"
  /** Accepted, except for some documents that were rejected permanently. */
  | { readonly refused: number; readonly reason: string };

/** Sends a batch. An exception counts as `retry`. */
export type SendBatch<Document> = (batch: readonly Document[]) => Promise<SendResult>;

export interface EventBufferCounts {
  readonly buffered: number;
  readonly sent: number;
  /** Documents removed because the buffer was full, oldest first. */
  readonly dropped: number;
  /** Documents removed because the receiver rejected them. */
  readonly rejected: number;
}

export interface EventBuffer<Document> {
  push(document: Document): void;
  readonly size: number;
  /** Sends batches until the buffer is empty or a batch fails. Never rejects. Only one flush runs at a time. */
  flush(): Promise<"emptied" | "failed">;
  counts(): EventBufferCounts;
}

/**
 * Creates a bounded queue that is sent in batches. A batch stays in the queue until it is accepted and is sent again if the
 * answer is lost, so receivers must be idempotent. A full queue drops the oldest document, since late outcomes are worth
 * less and the memory of the agent must not grow while the service is unavailable.
 */
export function createEventBuffer<Document>(
  send: SendBatch<Document>,
  capacity: number,
  batchSize: number,
): EventBuffer<Document> {
  let queue: Document[] = [];
  /** Index of the oldest document in `queue`; entries before it are removed from time to time. */
  let head = 0;
  /** Sequence number of the oldest document, to find a sent batch again after drops. */
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
      // Documents of this batch that a full buffer dropped in the meantime were in fact sent.
      const droppedInBatch = Math.max(0, Math.min(batch.length, oldest - (end - batch.length)));
      dropped -= droppedInBatch;
      const refused = typeof result === "object" ? result.refused : result === "accepted" ? 0 : batch.length;
      sent += batch.length - refused;
      rejected += refused;
      removeOldest(batch.length - droppedInBatch);
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
