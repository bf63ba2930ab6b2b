import { RelearnError } from "../errors.ts";

/**
 * Memory limit for the request bodies being processed. A caller that acquires bytes waits, in order of arrival,
 * until others release theirs, so concurrent large batches wait in the sockets of their senders.
 */
export class ByteBudget {
  readonly #limit: number;
  readonly #maxWaiting: number;
  #free: number;
  readonly #waiting: { readonly bytes: number; readonly resolve: () => void }[] = [];

  constructor(limitBytes: number, maxWaiting: number) {
    this.#limit = limitBytes;
    this.#maxWaiting = maxWaiting;
    this.#free = limitBytes;
  }

  /** Acquires bytes and returns the function that releases them. Throws `busy` if too many callers wait. */
  async acquire(requested: number): Promise<() => void> {
    const bytes = Math.min(requested, this.#limit);
    if (this.#waiting.length > 0 || this.#free < bytes) {
      if (this.#waiting.length >= this.#maxWaiting) {
        throw new RelearnError(
          "busy",
          `The server is overloaded: ${this.#maxWaiting} batches are waiting. Send this batch again later.`,
          { details: { retry_after_seconds: 5 } },
        );
      }
      await new Promise<void>((resolve) => {
        this.#waiting.push({ bytes, resolve });
      });
    } else this.#free -= bytes;
    let isReleased = false;
    return () => {
      if (isReleased) return;
      isReleased = true;
      this.#free += bytes;
      while (this.#waiting.length > 0 && this.#waiting[0]!.bytes <= this.#free) {
        const next = this.#waiting.shift()!;
        this.#free -= next.bytes;
        next.resolve();
      }
    };
  }
}
