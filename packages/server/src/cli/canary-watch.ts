import type { CanaryStatus, Verdict } from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import { type Api, path } from "./api.ts";
import { type WatchedCanary, watchLine, watchPage } from "./canary-watch-text.ts";

/** Output that shows the evidence. */
export interface WatchOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Keyboard of a terminal. */
export interface WatchInput {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  on(event: "data", listener: (chunk: Buffer | string) => void): unknown;
  off(event: "data", listener: (chunk: Buffer | string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export interface WatchOptions {
  readonly api: Api;
  readonly agent: string;
  readonly everyMs: number;
  /** Number of refreshes after which to end; by default q, Ctrl-C or the end of the rollout ends the watch. */
  readonly count?: number | undefined;
  readonly json: boolean;
  readonly output: WatchOutput;
  readonly input: WatchInput;
  readonly now: () => Date;
}

const CTRL_C = "\u0003";
const HIDE_CURSOR = "\u001b[?25l";
const SHOW_CURSOR = "\u001b[?25h";

/**
 * Shows the evidence until the user or the rollout ends it: in place on a terminal, otherwise one line per
 * refresh, with `json` one JSON document per line.
 */
export async function watchCanary(options: WatchOptions): Promise<void> {
  const { api, agent, everyMs, count, output, input, now } = options;
  const inPlace = output.isTTY === true && !options.json;
  const ended = new AbortController();
  const listen = (chunk: Buffer | string): void => {
    const keys = chunk.toString();
    if (keys.includes("q") || keys.includes(CTRL_C)) ended.abort();
  };
  const readsKeys = inPlace && input.isTTY === true;
  if (readsKeys) {
    input.setRawMode?.(true);
    input.on("data", listen);
    input.resume();
  }
  const interrupt = (): void => ended.abort();
  process.once("SIGINT", interrupt);
  let drawn = 0;
  if (inPlace) output.write(HIDE_CURSOR);
  try {
    for (let shown = 0; !ended.signal.aborted; ) {
      const watched = await fetchEvidence(api, agent);
      if (ended.signal.aborted) break;
      if (inPlace) {
        const lines = watchPage(watched, now(), output.columns ?? 80);
        if (readsKeys) lines.push("", "Press q to quit.");
        // Moves to the first line, clears each line while writing it, then clears the rest of the screen.
        const up = drawn === 0 ? "" : `\u001b[${drawn}A`;
        output.write(`${up}\r${lines.map((line) => `${line}\u001b[K\n`).join("")}\u001b[J`);
        drawn = lines.length;
      } else if (options.json) {
        output.write(`${JSON.stringify({ at: now().toISOString(), ...watched })}\n`);
      } else {
        output.write(`${watchLine(watched, now())}\n`);
      }
      shown += 1;
      if (shown === count || watched.status.rollout === null) break;
      await pause(everyMs, ended.signal);
    }
  } finally {
    process.off("SIGINT", interrupt);
    if (inPlace) output.write(SHOW_CURSOR);
    if (readsKeys) {
      input.off("data", listen);
      input.setRawMode?.(false);
      input.pause();
    }
  }
}

async function fetchEvidence(api: Api, agent: string): Promise<WatchedCanary> {
  const status = await api.get<CanaryStatus>(path`/v1/agents/${agent}/canary`);
  if (status.rollout === null) return { status, verdict: null };
  try {
    return { status, verdict: await api.post<Verdict>(path`/v1/agents/${agent}/canary/check`) };
  } catch (error) {
    // The rollout ended between the two requests.
    if (error instanceof RelearnError && error.code === "no_canary") {
      return { status: { ...status, rollout: null }, verdict: null };
    }
    throw error;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = (): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
