/**
 * Streams changes as server-sent events: one stream for each reader, of the audit log from a position on.
 *
 * A stream has no queue. It stores the position of its reader and reads the next events when the reader has
 * received the last ones, so a slow reader costs a few kilobytes. A reader that is far behind receives `reset`
 * and reloads its data; one that accepts no data for a minute is disconnected.
 */
import type { AuditEvent, ChangeDocument } from "@relearn/contract";
import { MINUTE_MS, SECOND_MS } from "../clock.ts";
import { RelearnError } from "../errors.ts";
import type { AuditWatchService } from "./audit-watch-service.ts";

export interface ChangeStreamOptions {
  /** Interval of the comments on an idle stream; below the minute after which proxies close idle connections. */
  readonly heartbeatMs?: number;
  /** Time after which a reader that accepts no data is disconnected. */
  readonly stalledMs?: number;
  readonly maxStreams?: number;
  readonly maxStreamsPerPrincipal?: number;
}

/** Number of events in one read. */
const PAGE = 100;
/** Number of missed events above which a reader receives `reset`. */
const MAX_EVENTS_BEHIND = 1000;
/** Time after which a reader that accepts no data is disconnected. */
export const STALLED_MS = MINUTE_MS;
/** Time that a reader waits before it reconnects. */
const RETRY_MS = 2000;
/** Number of buffered bytes above which a stream stops reading events. */
const BUFFER_BYTES = 16 * 1024;
/** Time after which a stream ends, so that its reader reconnects and is authenticated again. */
const MAX_STREAM_MS = 15 * MINUTE_MS;

/** Events after which readers must authenticate again. */
const accessEvents: ReadonlySet<string> = new Set(["key.created", "key.revoked", "session.ended"]);

interface OpenStream {
  readonly principal: string;
  end(): void;
}

export class ChangeStreams {
  readonly #watch: AuditWatchService;
  readonly #heartbeatMs: number;
  readonly #stalledMs: number;
  readonly #maxStreams: number;
  readonly #maxStreamsPerPrincipal: number;
  readonly #open = new Set<OpenStream>();
  #closed = false;

  constructor(watch: AuditWatchService, options: ChangeStreamOptions = {}) {
    this.#watch = watch;
    this.#heartbeatMs = options.heartbeatMs ?? 15 * SECOND_MS;
    this.#stalledMs = options.stalledMs ?? STALLED_MS;
    this.#maxStreams = options.maxStreams ?? 200;
    this.#maxStreamsPerPrincipal = options.maxStreamsPerPrincipal ?? 50;
  }

  /** Number of open streams. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Opens a stream for a principal, after the event `lastEventId` or from now on. Throws `too_many_streams`, and
   * `service_unavailable` while the service shuts down.
   */
  async open(principal: string, lastEventId: number | undefined): Promise<ReadableStream<Uint8Array>> {
    if (this.#closed) {
      throw new RelearnError("service_unavailable", "The service is shutting down.", {
        details: { retry_after_seconds: RETRY_MS / SECOND_MS },
      });
    }
    const own = [...this.#open].filter((one) => one.principal === principal).length;
    if (this.#open.size >= this.#maxStreams || own >= this.#maxStreamsPerPrincipal) {
      throw new RelearnError(
        "too_many_streams",
        own >= this.#maxStreamsPerPrincipal
          ? `This caller has ${own} open streams, the maximum. Close some, or poll GET /v1/audit.`
          : `The process has ${this.#maxStreams} open streams, the maximum. Poll GET /v1/audit instead.`,
        { details: { retry_after_seconds: 30 } },
      );
    }
    const wake = new WakeSignal();
    const stopWatching = this.#watch.watch(() => wake.set());
    let ended = false;
    const stream: OpenStream = {
      principal,
      end: () => {
        ended = true;
        wake.set();
      },
    };
    // Counted before the first await, so that concurrent calls cannot exceed the limit.
    this.#open.add(stream);
    const close = (): void => {
      ended = true;
      stopWatching();
      this.#open.delete(stream);
      wake.set();
    };
    let start: StartPoint;
    try {
      start = findStart(await this.#watch.head(), lastEventId);
    } catch (error) {
      close();
      throw error;
    }
    return new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          const run = async (): Promise<void> => {
            try {
              await this.#run(controller, start, wake, () => ended);
              controller.close();
            } catch (error) {
              // The reader reconnects with the id of its last event, so no event is lost.
              if (!ended) controller.error(error);
            } finally {
              close();
            }
          };
          void run();
        },
        pull: () => wake.set(),
        cancel: close,
      },
      { highWaterMark: BUFFER_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
    );
  }

  /** Ends every stream and refuses new ones. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#open) stream.end();
  }

  async #run(
    controller: ReadableStreamDefaultController<Uint8Array>,
    start: StartPoint,
    wake: WakeSignal,
    isEnded: () => boolean,
  ): Promise<void> {
    const encoder = new TextEncoder();
    const write = (text: string): void => controller.enqueue(encoder.encode(text));
    const deadline = performance.now() + MAX_STREAM_MS;
    let position = start.position;
    write(
      `retry: ${RETRY_MS}\n${formatEvent(start.reset ? "reset" : "ready", position, { sequence: position })}`,
    );
    while (!isEnded() && performance.now() < deadline) {
      if ((controller.desiredSize ?? 0) <= 0) {
        if ((await wake.wait(this.#stalledMs)) === "timeout") return;
        continue;
      }
      const events = await this.#watch.after(position, PAGE);
      if (isEnded()) return;
      for (const event of events) write(formatEvent("change", event.sequence, toDocument(event)));
      position = events.at(-1)?.sequence ?? position;
      // A reader whose key or session has ended must not continue, nor one that needed no key until the first
      // was created. The reader reconnects and is authenticated again.
      if (events.some((event) => accessEvents.has(event.kind))) return;
      if (events.length === PAGE) continue;
      if ((await wake.wait(this.#heartbeatMs)) === "timeout" && !isEnded()) write(": alive\n\n");
    }
  }
}

interface StartPoint {
  readonly position: number;
  /** The reader's position is too old, or of another database, so it must reload its data. */
  readonly reset: boolean;
}

function findStart(head: number, lastEventId: number | undefined): StartPoint {
  if (lastEventId === undefined) return { position: head, reset: false };
  const isReset = lastEventId > head || head - lastEventId > MAX_EVENTS_BEHIND;
  return { position: isReset ? head : lastEventId, reset: isReset };
}

function toDocument({ sequence, at, kind, agent, object, actor }: AuditEvent): ChangeDocument {
  return { sequence, at, kind, agent, object, actor };
}

/** Formats one event. JSON has no line breaks, so one data line is enough. */
const formatEvent = (event: string, id: number, data: unknown): string =>
  `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

/** Signal that also wakes a waiter that starts to wait after it was set. */
class WakeSignal {
  #isSet = false;
  #resume: (() => void) | undefined;

  set(): void {
    this.#isSet = true;
    this.#resume?.();
  }

  async wait(timeoutMs: number): Promise<"set" | "timeout"> {
    if (!this.#isSet) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, timeoutMs);
        this.#resume = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#resume = undefined;
    }
    const wasSet = this.#isSet;
    this.#isSet = false;
    return wasSet ? "set" : "timeout";
  }
}
