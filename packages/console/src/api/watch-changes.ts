/**
 * What changes while one looks. The service tells each change of state as an event (`GET /v1/changes`); when
 * one comes, everything that is shown is read again. Events only make stale; the documents are read one way.
 *
 * The stream is read with fetch and not with EventSource, which could send no header, and only while the page
 * is seen: a browser has six connections to a service for all of its tabs.
 */
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { actingAs } from "../acting-as.ts";

/** Before the next try, when the service does not answer. */
const RETRY_MS = 2000;
/** The service shows every 15 s that it is alive; a stream silent for longer is dead. */
const SILENCE_MS = 40_000;
/** Events come in bursts; what they made stale is read once for each burst. */
const GATHER_MS = 100;

export interface Connection {
  readonly live: boolean;
  /** Time of the service's last answer; null before the first one. */
  readonly lastAnswerAt: Date | null;
}

export function useChanges(): Connection {
  const client = useQueryClient();
  const [connection, setConnection] = useState<Connection>({ live: true, lastAnswerAt: null });
  useEffect(() => {
    let gathering: ReturnType<typeof setTimeout> | undefined;
    const stop = watchChanges({
      changed() {
        gathering ??= setTimeout(() => {
          gathering = undefined;
          void client.invalidateQueries();
        }, GATHER_MS);
      },
      alive: () => setConnection({ live: true, lastAnswerAt: new Date() }),
      lost: () => setConnection(({ lastAnswerAt }) => ({ live: false, lastAnswerAt })),
    });
    return () => {
      stop();
      clearTimeout(gathering);
    };
  }, [client]);
  return connection;
}

interface Listener {
  changed(): void;
  alive(): void;
  lost(): void;
}

/** Reads the stream again and again, from the last event on; returns how to stop. */
function watchChanges(listener: Listener): () => void {
  const stopping = new AbortController();
  let lastEventId: string | undefined;
  const watch = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await whenSeen(stopping.signal);
      const hidden = new AbortController();
      const hide = (): void => {
        if (document.visibilityState === "hidden") hidden.abort();
      };
      document.addEventListener("visibilitychange", hide);
      // Without it a stream over a network that is gone is found out by its silence alone.
      const offline = new AbortController();
      const goOffline = (): void => offline.abort();
      window.addEventListener("offline", goOffline);
      try {
        const ended = AbortSignal.any([stopping.signal, hidden.signal, offline.signal]);
        for await (const { event, id } of readEvents(lastEventId, ended, listener.alive)) {
          // The first event tells where the stream begins: what came before is read with the documents.
          if (event !== "ready") listener.changed();
          lastEventId = id;
        }
      } catch {
        if (!stopping.signal.aborted && !hidden.signal.aborted) {
          listener.lost();
          await pause(RETRY_MS, stopping.signal);
        }
      } finally {
        document.removeEventListener("visibilitychange", hide);
        window.removeEventListener("offline", goOffline);
      }
    }
  };
  void watch();
  return () => stopping.abort();
}

interface StreamEvent {
  readonly event: string;
  readonly id: string;
}

/** The events of one connection; ends when the service ends it, throws where it does not answer. */
async function* readEvents(
  lastEventId: string | undefined,
  ended: AbortSignal,
  alive: () => void,
): AsyncGenerator<StreamEvent> {
  const silent = new AbortController();
  let silence = setTimeout(() => silent.abort(), SILENCE_MS);
  const name = actingAs.get();
  try {
    const response = await fetch("/v1/changes", {
      headers: {
        accept: "text/event-stream",
        // Nobody touched anything: this keeps no session alive.
        "relearn-idle": "true",
        ...(name === null ? {} : { "relearn-actor": encodeURIComponent(name) }),
        ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
      },
      signal: AbortSignal.any([ended, silent.signal]),
    });
    if (!response.ok || response.body === null) throw new Error(`The service answered ${response.status}.`);
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      clearTimeout(silence);
      silence = setTimeout(() => silent.abort(), SILENCE_MS);
      alive();
      const blocks = (text + value).split("\n\n");
      text = blocks.pop() ?? "";
      for (const block of blocks) {
        const event = /^event: (.*)$/m.exec(block)?.[1];
        const id = /^id: (.*)$/m.exec(block)?.[1];
        if (event !== undefined && id !== undefined) yield { event, id };
      }
    }
  } finally {
    clearTimeout(silence);
  }
}

function whenSeen(stopped: AbortSignal): Promise<void> {
  if (document.visibilityState !== "hidden" || stopped.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const checkVisibility = (): void => {
      if (document.visibilityState === "hidden" && !stopped.aborted) return;
      document.removeEventListener("visibilitychange", checkVisibility);
      resolve();
    };
    document.addEventListener("visibilitychange", checkVisibility);
    stopped.addEventListener("abort", checkVisibility, { once: true });
  });
}

function pause(milliseconds: number, stopped: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    stopped.addEventListener(
      "abort",
      () => {
        clearTimeout(timer);
        resolve();
      },
      { once: true },
    );
  });
}
