/**
 * Labels items in the terminal by keys: one item at a time under a lease, blind until the answer is stored.
 *
 * A key applies to the item on the screen. Keys that arrive while an answer is being stored are dropped, so that
 * no one labels an item that they have not seen. Payloads are shown without control characters.
 */
import type { AnswerResult, Revelation, ReviewItemDocument, UndoneAnswer } from "@relearn/contract";
import { skipReasons } from "@relearn/contract/values";
import { RelearnError } from "../errors.ts";
import { LEASE_MS } from "../review/review-item.ts";
import { type Api, path } from "./api.ts";
import { printable } from "./output.ts";

/** Keyboard of a terminal. */
export interface ReviewInput {
  readonly isTTY?: boolean;
  setRawMode?(raw: boolean): unknown;
  on(event: "data", listener: (chunk: Buffer | string) => void): unknown;
  off(event: "data", listener: (chunk: Buffer | string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

export interface ReviewOutput {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

export interface ReviewSession {
  readonly labeled: number;
  readonly skipped: number;
  readonly undone: number;
}

export interface ReviewSessionOptions {
  readonly api: Api;
  readonly agent: string;
  readonly input: ReviewInput;
  readonly output: ReviewOutput;
}

const CTRL_C = "\u0003";
const CTRL_D = "\u0004";
const ESCAPE = "\u001b";
const BACKSPACE = "\u007f";
const KEYS =
  "s skip · c comment · u undo · v verdicts on the last item · V verdicts on this item (not blind) · q quit";
/** Maximum length of a value; longer values are cut. */
const MAX_VALUE_CHARACTERS = 2000;

/** Offers one item after another until none is waiting or the reviewer quits. Needs a terminal. */
export async function reviewInTerminal(options: ReviewSessionOptions): Promise<ReviewSession> {
  const { input, output } = options;
  if (input.isTTY !== true || output.isTTY !== true) {
    throw new RelearnError(
      "invalid_input",
      `\`relearn review ${options.agent}\` needs a terminal. In a script, use \`relearn review claim ${options.agent} --json\` and \`relearn review label ITEM LABEL\`; to label in a browser, run \`relearn serve\`.`,
    );
  }
  const keys = startKeys(input);
  try {
    return await new Session(options, keys).run();
  } finally {
    keys.stop();
  }
}

class Session {
  readonly #api: Api;
  readonly #agent: string;
  readonly #output: ReviewOutput;
  readonly #keys: Keys;
  #labeled = 0;
  #skipped = 0;
  #undone = 0;
  #last: AnswerResult | undefined;

  constructor({ api, agent, output }: ReviewSessionOptions, keys: Keys) {
    this.#api = api;
    this.#agent = agent;
    this.#output = output;
    this.#keys = keys;
  }

  async run(): Promise<ReviewSession> {
    let item = await this.#next();
    while (item !== undefined) {
      this.#show(item);
      const after: ReviewItemDocument | "next" | "quit" = await this.#ask(item);
      if (after === "quit") break;
      item = after === "next" ? await this.#next() : after;
    }
    if (item === undefined) {
      this.#say(`No items are waiting for you. To add some: relearn sample ${this.#agent}`);
    }
    const counts = { labeled: this.#labeled, skipped: this.#skipped, undone: this.#undone };
    this.#say(`${counts.labeled} labeled, ${counts.skipped} skipped, ${counts.undone} undone.`);
    return counts;
  }

  async #next(): Promise<ReviewItemDocument | undefined> {
    const { items } = await this.#api.post<{ items: ReviewItemDocument[] }>("/v1/review/claim", {
      agent: this.#agent,
      resume: true,
    });
    return items[0];
  }

  /** Waits for keys until the item is answered or released, or another one is to be shown. */
  async #ask(item: ReviewItemDocument): Promise<ReviewItemDocument | "next" | "quit"> {
    const renewal = setInterval(() => {
      // If the renewal fails, sending the answer reports it.
      this.#api.post(path`/v1/review/items/${String(item.item_id)}/renew`, lease(item)).catch(() => {});
    }, LEASE_MS / 2);
    let notes: string | undefined;
    try {
      for (;;) {
        const key = await this.#keys.next();
        const label = item.classes?.[Number(key) - 1];
        if (/^[1-9]$/.test(key) && label !== undefined) return await this.#send(item, { label }, notes);
        switch (key) {
          case "l": {
            const typed = await this.#type("label: ");
            if (typed === undefined || typed.trim() === "") break;
            const chosen = typed.trim();
            if (item.classes !== null && !item.classes.includes(chosen)) {
              this.#say(
                `"${printable(chosen)}" is not a class. Accepted: ${item.classes.map(printable).join(", ")}.`,
              );
              break;
            }
            return await this.#send(item, { label: chosen }, notes);
          }
          case "s": {
            this.#say(
              `Why? ${skipReasons.map((one, at) => `${at + 1} ${one.replaceAll("_", " ")}`).join(" · ")}`,
            );
            const reason = skipReasons[Number(await this.#keys.next()) - 1];
            if (reason !== undefined) return await this.#send(item, { reason }, notes);
            this.#say("Not skipped.");
            break;
          }
          case "c": {
            const typed = await this.#type("comment: ");
            if (typed === undefined) this.#say("The comment is unchanged.");
            else notes = typed;
            break;
          }
          case "u":
            return (await this.#undo(item)) ?? item;
          case "v":
            this.#say(
              this.#last === undefined
                ? "You have not answered an item yet."
                : revelation(this.#last.revealed),
            );
            break;
          case "V": {
            const seen = await this.#api.get<ReviewItemDocument>(
              path`/v1/review/items/${String(item.item_id)}`,
              { reveal: true },
            );
            if (seen.revealed !== null)
              this.#say(`${revelation(seen.revealed)}\nYour answer will not count as blind.`);
            break;
          }
          case "q":
          case CTRL_C:
          case CTRL_D:
            await this.#release(item);
            return "quit";
          default:
            this.#say(choices(item));
        }
      }
    } finally {
      clearInterval(renewal);
    }
  }

  async #send(
    item: ReviewItemDocument,
    answer: { readonly label: string } | { readonly reason: string },
    notes: string | undefined,
  ): Promise<ReviewItemDocument | "next"> {
    const verb = "label" in answer ? "label" : "skip";
    const send = (leased: ReviewItemDocument) =>
      this.#api.post<AnswerResult>(path`/v1/review/items/${String(item.item_id)}/${verb}`, {
        ...answer,
        ...lease(leased),
        ...(notes === undefined || notes.trim() === "" ? {} : { notes }),
      });
    try {
      this.#last = await send(item).catch(async (error: unknown) => {
        // The lease has expired and no one else has the item: claim it again and send the same answer.
        if (!(error instanceof RelearnError && error.code === "lease_lost" && error.details["free"]))
          throw error;
        return send(
          await this.#api.post<ReviewItemDocument>(path`/v1/review/items/${String(item.item_id)}/claim`, {
            blind: item.revealed === null,
          }),
        );
      });
    } catch (error) {
      if (!(error instanceof RelearnError) || error.kind === "unavailable" || error.kind === "internal")
        throw error;
      this.#say(`Not stored: ${error.message}`);
      // Invalid input can be corrected under the same lease; otherwise someone else has the item.
      return error.kind === "invalid" ? item : "next";
    }
    if (verb === "label") this.#labeled += 1;
    else this.#skipped += 1;
    this.#say(outcome(this.#last));
    return "next";
  }

  async #undo(item: ReviewItemDocument): Promise<ReviewItemDocument | undefined> {
    try {
      const { item: again, undone } = await this.#api.post<UndoneAnswer>("/v1/review/undo", {
        agent: this.#agent,
      });
      await this.#release(item);
      this.#undone += 1;
      if (undone.kind === "skip") this.#skipped = Math.max(0, this.#skipped - 1);
      else this.#labeled = Math.max(0, this.#labeled - 1);
      this.#last = undefined;
      this.#say(
        `Undone: ${undone.label === null ? "the skip" : printable(undone.label)} of ${printable(again.task_key)}.`,
      );
      return again.lease?.token == null ? undefined : again;
    } catch (error) {
      if (!(error instanceof RelearnError) || error.kind !== "refused") throw error;
      this.#say(error.message);
      return undefined;
    }
  }

  async #release(item: ReviewItemDocument): Promise<void> {
    await this.#api.post(path`/v1/review/items/${String(item.item_id)}/release`, lease(item));
  }

  /** Reads a typed line; returns `undefined` if the reviewer pressed Escape. */
  async #type(prompt: string): Promise<string | undefined> {
    this.#output.write(prompt);
    let line = "";
    for (;;) {
      const key = await this.#keys.next({ whole: true });
      if (key === CTRL_C || key === CTRL_D || key === ESCAPE) {
        this.#output.write("\n");
        return undefined;
      }
      if (key === BACKSPACE || key === "\b") {
        if (line !== "") this.#output.write("\b \b");
        line = [...line].slice(0, -1).join("");
        continue;
      }
      const end = key.search(/[\r\n]/);
      const text = printable(end < 0 ? key : key.slice(0, end));
      line += text;
      this.#output.write(text);
      if (end >= 0) {
        this.#output.write("\n");
        return line;
      }
    }
  }

  #show(item: ReviewItemDocument): void {
    const several =
      item.reviews_needed > 1 ? ` · review ${item.reviews_done + 1} of ${item.reviews_needed}` : "";
    this.#say(
      [
        "",
        `${printable(item.task_key)} · item ${item.item_id} · ${item.received_at.slice(0, 16).replace("T", " ")}${several}`,
        printable(item.why),
        "",
        ...payloadLines(item.payload),
        "",
        choices(item),
      ].join("\n"),
    );
  }

  #say(text: string): void {
    // In raw mode a line feed does not return to the first column.
    this.#output.write(`${text.replaceAll("\n", "\r\n")}\r\n`);
  }
}

const lease = (item: ReviewItemDocument) => ({ lease_token: item.lease?.token ?? "" });

function choices(item: ReviewItemDocument): string {
  const classes = (item.classes ?? []).slice(0, 9).map((name, at) => `${at + 1} ${printable(name)}`);
  const typed = item.classes === null || item.classes.length > 9 ? ["l type a label"] : [];
  return [[...classes, ...typed].join(" · "), KEYS].join("\n");
}

function outcome({ label, state, revealed }: AnswerResult): string {
  if (label === null) return state === "pending" ? "Skipped; the item goes to another reviewer." : "Skipped.";
  const agreeing = revealed.judges_agreeing;
  const judges =
    agreeing === null || agreeing.verdicts === 0
      ? ""
      : ` · ${agreeing.agreeing} of ${agreeing.verdicts} judges agree`;
  const rest =
    state === "pending"
      ? " · more reviews are needed"
      : state === "disputed"
        ? " · another reviewer disagrees"
        : "";
  return `${printable(label)}${judges}${rest}`;
}

function revelation({ judge_scores, panel, others }: Revelation): string {
  const judges = Object.entries(judge_scores).map(
    ([judge, { verdict, confidence }]) =>
      `${printable(judge)}: ${verdict == null || verdict === "" ? "no verdict" : printable(verdict)}${typeof confidence === "number" ? ` (${confidence})` : ""}`,
  );
  const panelLine =
    panel === null
      ? []
      : [
          `panel: ${Object.entries(panel)
            .map(([name, p]) => `${printable(name)} ${Math.round(100 * p)} %`)
            .join(", ")}`,
        ];
  const people = others.map(
    ({ reviewer, label }) => `${printable(reviewer)}: ${label === null ? "skipped" : printable(label)}`,
  );
  return [...(judges.length === 0 ? ["No judge evaluated it."] : judges), ...panelLine, ...people].join("\n");
}

function payloadLines(payload: Readonly<Record<string, unknown>>): string[] {
  const entries = Object.entries(payload);
  if (entries.length === 0) return ["(the payload is empty)"];
  const width = Math.min(30, Math.max(...entries.map(([name]) => name.length)));
  return entries.map(([name, value]) => {
    const text = printable(typeof value === "string" ? value : JSON.stringify(value));
    const cut =
      text.length > MAX_VALUE_CHARACTERS
        ? `${text.slice(0, MAX_VALUE_CHARACTERS).toWellFormed()}… (cut)`
        : text;
    return `${printable(name).padEnd(width)}  ${cut.replaceAll("\n", `\n${" ".repeat(width + 2)}`)}`;
  });
}

interface Keys {
  /** Returns the next key; with `whole`, everything that arrived at once, such as pasted text. */
  next(options?: { readonly whole?: boolean }): Promise<string>;
  stop(): void;
}

/** Maximum number of characters of a key; more at once are a paste, which is not an answer. */
const MAX_KEY_CHARACTERS = 4;

/** Reads one key at a time. Keys that arrive while none is awaited are dropped, except those that quit. */
function startKeys(input: ReviewInput): Keys {
  let waiting: { readonly whole: boolean; readonly take: (key: string) => void } | undefined;
  let leave: string | undefined;
  const listen = (chunk: Buffer | string): void => {
    const text = chunk.toString();
    if (waiting === undefined) {
      if (text === "q" || text === CTRL_C || text === CTRL_D) leave = text;
      return;
    }
    const sequence = text.startsWith(ESCAPE) && text.length > 1;
    if (sequence || (!waiting.whole && text.length > MAX_KEY_CHARACTERS)) return;
    const { whole, take } = waiting;
    waiting = undefined;
    take(whole ? text : text[0]!);
  };
  input.setRawMode?.(true);
  input.on("data", listen);
  input.resume();
  return {
    next({ whole = false } = {}) {
      if (leave !== undefined) {
        const key = leave;
        leave = undefined;
        return Promise.resolve(key);
      }
      return new Promise((take) => {
        waiting = { whole, take };
      });
    },
    stop() {
      input.off("data", listen);
      input.setRawMode?.(false);
      input.pause();
    },
  };
}
