import type { CanaryStatus, Verdict } from "@relearn/contract";
import { RelearnError } from "../errors.ts";
import { type Api, path } from "./api.ts";
import { type WatchedCanary, watchLine, watchPage } from "./canary-watch-text.ts";

/** Where the evidence is shown. */
export interface WatchOutput {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** The keyboard of a terminal. */
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
  /** Ends after so many refreshes; without it on q, Ctrl-C, or when the rollout has ended. */
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
 * Shows the running evidence until somebody ends it or there is no rollout any more: in place on a terminal,
 * a line for each refresh elsewhere, a JSON document a line with `json`.
 */
export async function watchCanary(options: WatchOptions): Promise<void> {
  const { api, agent, everyMs, count, output, input, now } = options;
  const inPlace = output.isTTY === true && !options.json;
  const ended = new AbortController();
  const listen = (chunk: Buffer | string): void => {
    const keys = chunk.toString();
    if (keys.includes("q") || keys.includes(CTRL_C)) ended.abort();
  };
  const takesKeys = inPlace && input.isTTY === true;
  if (takesKeys) {
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
      const watched = await analysis(api, agent);
      if (ended.signal.aborted) break;
      if (inPlace) {
        const lines = watchPage(watched, now(), output.columns ?? 80);
        if (takesKeys) lines.push("", "q ends.");
        // Up to the first line, each line cleared as it is written, the rest of the screen cleared after.
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
    if (takesKeys) {
      input.off("data", listen);
      input.setRawMode?.(false);
      input.pause();
    }
  }
}

async function analysis(api: Api, agent: string): Promise<WatchedCanary> {
  const status = await api.get<CanaryStatus>(path`/v1/agents/${agent}/canary`);
  if (status.rollout === null) return { status, verdict: null };
  try {
    return { status, verdict: await api.post<Verdict>(path`/v1/agents/${agent}/canary/check`) };
  } catch (error) {
    // It ended between the two.
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
