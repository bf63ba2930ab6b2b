import { RelearnError } from "../errors.ts";

/**
 * Memory for request bodies under way: who takes bytes waits, in order of arrival, until others have given
 * theirs back. So many large batches at once make each other wait, in their senders' sockets, and fill no memory.
 */
export class ByteBudget {
  readonly #limit: number;
  readonly #mostWaiting: number;
  #free: number;
  readonly #waiting: { readonly bytes: number; readonly go: () => void }[] = [];

  constructor(limitBytes: number, mostWaiting: number) {
    this.#limit = limitBytes;
    this.#mostWaiting = mostWaiting;
    this.#free = limitBytes;
  }

  /** Resolves when the bytes are the caller's, with what gives them back; throws `busy` where too many wait. */
  async take(wanted: number): Promise<() => void> {
    const bytes = Math.min(wanted, this.#limit);
    if (this.#waiting.length > 0 || this.#free < bytes) {
      if (this.#waiting.length >= this.#mostWaiting) {
        throw new RelearnError(
          "busy",
          `The database does not keep up with what arrives: ${this.#mostWaiting} batches wait already. Send this one again later.`,
          { details: { retry_after_seconds: 5 } },
        );
      }
      await new Promise<void>((go) => {
        this.#waiting.push({ bytes, go });
      });
    } else this.#free -= bytes;
    let isGiven = false;
    return () => {
      if (isGiven) return;
      isGiven = true;
      this.#free += bytes;
      while (this.#waiting.length > 0 && this.#waiting[0]!.bytes <= this.#free) {
        const next = this.#waiting.shift()!;
        this.#free -= next.bytes;
        next.go();
      }
    };
  }
}
