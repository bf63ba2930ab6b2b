import { formatBar } from "./output.ts";

/** Time before the line is shown. */
const SHOW_AFTER_MS = 2000;
const REDRAW_MS = 100;

/** Stream that shows the progress: standard error, if it is a terminal. */
export interface ProgressStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Line that shows the progress of a long command, only on a terminal and after two seconds. */
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

  /** Shows the `share` of the work in [0, 1]; `undefined` if the total is not known. */
  show(share: number | undefined, text: string): void {
    const now = this.#now();
    if (!this.#stream.isTTY || now - this.#start < SHOW_AFTER_MS || now - this.#drawnAt < REDRAW_MS) return;
    this.#drawnAt = now;
    const bar = share === undefined ? "" : `${formatBar(share).padEnd(24)} ${Math.floor(share * 100)} %  `;
    this.#stream.write(`\r\u001b[2K${`${bar}${text}`.slice(0, (this.#stream.columns ?? 80) - 1)}`);
  }

  /** Removes the line. */
  clear(): void {
    if (this.#drawnAt > Number.NEGATIVE_INFINITY) this.#stream.write("\r\u001b[2K");
  }
}
