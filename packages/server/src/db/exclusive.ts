/** Mutex whose waiters are served in order of arrival. */
export class Exclusive {
  #last: Promise<void> = Promise.resolve();

  /** Acquires the mutex and returns the function that releases it. */
  async acquire(): Promise<() => void> {
    const previous = this.#last;
    let release!: () => void;
    this.#last = new Promise<void>((resolve) => {
      release = resolve;
    });
    await previous;
    return release;
  }
}
