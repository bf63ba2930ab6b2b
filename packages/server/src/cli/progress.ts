import { formatBar } from "./output.ts";

/** A command that ends sooner needs no bar. */
const SHOW_AFTER_MS = 2000;
const REDRAW_MS = 100;

/** Where progress is drawn: standard error, when a person looks at it. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** One line that says how far a long command is, on a terminal alone, from two seconds on. */
export class ProgressLine {
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  readonly #start: number;
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(stream: ProgressStream = process.stderr, now: () => number = () => performance.now()) {
    this.#stream = stream;
    this.#now = now;
    this.#start = now();
  }

  /** `share` of the work in [0, 1]; undefined where the whole is not known. */
  show(share: number | undefined, text: string): void {
    const now = this.#now();
    if (!this.#stream.isTTY || now - this.#start < SHOW_AFTER_MS || now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    const bar = share === undefined ? "" : `${formatBar(share).padEnd(24)} ${Math.floor(share * 100)} %  `;
    this.#stream.write(`\r\u001b[2K${`${bar}${text}`.slice(0, (this.#stream.columns ?? 80) - 1)}`);
  }

  /** Takes the line away. */
  clear(): void {
    if (this.#drawnAt > Number.NEGATIVE_INFINITY) this.#stream.write("\r\u001b[2K");
  }
}
