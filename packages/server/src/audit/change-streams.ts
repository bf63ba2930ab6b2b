/**
 * Server-sent events of what changes: one stream a reader, of the audit log from a number on.
 *
 * A stream holds no queue of its own. It remembers how far its reader is and reads the next events when the
 * reader has taken the last ones, so a slow reader costs a number and a few kilobytes; one that is far behind
 * is told to read everything again. One that takes nothing for a minute is cut off.
 */
import type { AuditEvent, ChangeDocument } from "@relearn/contract";
import { MINUTE_MS, SECOND_MS } from "../clock.ts";
import { RelearnError } from "../errors.ts";
import type { AuditWatchService } from "./audit-watch-service.ts";

export interface ChangeStreamOptions {
  /** How often a silent stream shows that it is alive; below the minute after which proxies cut off. */
  readonly heartbeatMs?: number;
  /** A reader that takes nothing for so long is gone. */
  readonly stalledMs?: number;
  readonly mostStreams?: number;
  readonly mostStreamsEach?: number;
}

/** Events read at once. */
const PAGE = 100;
/** A reader further behind is told to begin anew. */
const FAR_BEHIND = 1000;
/** A reader that takes nothing for so long is gone. */
export const STALLED_MS = MINUTE_MS;
/** How long a reader waits before it connects again. */
const RETRY_MS = 2000;
/** Bytes that a stream may hold for its reader before it stops reading events. */
const BUFFER_BYTES = 16 * 1024;
/** After this a stream ends and its reader comes again, so that who it is is looked at anew. */
const MAX_STREAM_MS = 15 * MINUTE_MS;

const changesWhoMayRead: ReadonlySet<string> = new Set(["key.created", "key.revoked", "session.ended"]);

interface OpenStream {
  readonly principal: string;
  end(): void;
}

export class ChangeStreams {
  readonly #watch: AuditWatchService;
  readonly #heartbeatMs: number;
  readonly #stalledMs: number;
  readonly #most: number;
  readonly #mostEach: number;
  readonly #open = new Set<OpenStream>();
  #closed = false;

  constructor(watch: AuditWatchService, options: ChangeStreamOptions = {}) {
    this.#watch = watch;
    this.#heartbeatMs = options.heartbeatMs ?? 15 * SECOND_MS;
    this.#stalledMs = options.stalledMs ?? STALLED_MS;
    this.#most = options.mostStreams ?? 200;
    this.#mostEach = options.mostStreamsEach ?? 50;
  }

  /** How many streams are open. */
  get size(): number {
    return this.#open.size;
  }

  /**
   * Opens a stream for a principal, after the event that the reader names, else from now on. Throws
   * `too_many_streams` and, while the service stops, `service_unavailable`.
   */
  async open(principal: string, lastEventId: number | undefined): Promise<ReadableStream<Uint8Array>> {
    if (this.#closed) {
      throw new RelearnError("service_unavailable", "The service stops.", {
        details: { retry_after_seconds: RETRY_MS / SECOND_MS },
      });
    }
    const own = [...this.#open].filter((one) => one.principal === principal).length;
    if (this.#open.size >= this.#most || own >= this.#mostEach) {
      throw new RelearnError(
        "too_many_streams",
        own >= this.#mostEach
          ? `${own} streams of this caller are open, which is as many as one may have. Close some, or ask GET /v1/audit now and then.`
          : `${this.#most} streams are open, which is as many as this process holds. Ask GET /v1/audit now and then instead.`,
        { details: { retry_after_seconds: 30 } },
      );
    }
    const wake = new Wake();
    const stopWatching = this.#watch.watch(() => wake.ring());
    let ended = false;
    const stream: OpenStream = {
      principal,
      end: () => {
        ended = true;
        wake.ring();
      },
    };
    // Counted before anything is awaited, or many at once would all find room.
    this.#open.add(stream);
    const close = (): void => {
      ended = true;
      stopWatching();
      this.#open.delete(stream);
      wake.ring();
    };
    let start: StartPoint;
    try {
      start = startPoint(await this.#watch.head(), lastEventId);
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
              // The reader comes again with the number of its last event, so nothing is lost by an end.
              if (!ended) controller.error(error);
            } finally {
              close();
            }
          };
          void run();
        },
        pull: () => wake.ring(),
        cancel: close,
      },
      { highWaterMark: BUFFER_BYTES, size: (chunk) => chunk?.byteLength ?? 0 },
    );
  }

  /** Ends every stream, and opens no more. */
  close(): void {
    this.#closed = true;
    for (const stream of this.#open) stream.end();
  }

  async #run(
    controller: ReadableStreamDefaultController<Uint8Array>,
    start: StartPoint,
    wake: Wake,
    isEnded: () => boolean,
  ): Promise<void> {
    const encoder = new TextEncoder();
    const write = (text: string): void => controller.enqueue(encoder.encode(text));
    const longest = performance.now() + MAX_STREAM_MS;
    let position = start.position;
    write(
      `retry: ${RETRY_MS}\n${message(start.reset ? "reset" : "ready", position, { sequence: position })}`,
    );
    while (!isEnded() && performance.now() < longest) {
      if ((controller.desiredSize ?? 0) <= 0) {
        if ((await wake.wait(this.#stalledMs)) === "silence") return;
        continue;
      }
      const events = await this.#watch.after(position, PAGE);
      if (isEnded()) return;
      for (const event of events) write(message("change", event.sequence, toDocument(event)));
      position = events.at(-1)?.sequence ?? position;
      // Whose key or session has ended must not read on, nor who needed none until the first one was made:
      // the reader comes again and shows who it is.
      if (events.some((event) => changesWhoMayRead.has(event.kind))) return;
      if (events.length === PAGE) continue;
      if ((await wake.wait(this.#heartbeatMs)) === "silence" && !isEnded()) write(": alive\n\n");
    }
  }
}

interface StartPoint {
  readonly position: number;
  /** What the reader has is too old, or of another database: it reads everything anew. */
  readonly reset: boolean;
}

function startPoint(head: number, lastEventId: number | undefined): StartPoint {
  if (lastEventId === undefined) return { position: head, reset: false };
  const isReset = lastEventId > head || head - lastEventId > FAR_BEHIND;
  return { position: isReset ? head : lastEventId, reset: isReset };
}

function toDocument({ sequence, at, kind, agent, object, actor }: AuditEvent): ChangeDocument {
  return { sequence, at, kind, agent, object, actor };
}

/** JSON has no line breaks, so one data line holds it. */
const message = (event: string, id: number, data: unknown): string =>
  `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

/** A bell that is heard also by who begins to listen after it rang. */
class Wake {
  #rung = false;
  #hear: (() => void) | undefined;

  ring(): void {
    this.#rung = true;
    this.#hear?.();
  }

  async wait(atMostMs: number): Promise<"rung" | "silence"> {
    if (!this.#rung) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, atMostMs);
        this.#hear = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#hear = undefined;
    }
    const wasRung = this.#rung;
    this.#rung = false;
    return wasRung ? "rung" : "silence";
  }
}
