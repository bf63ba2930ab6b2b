/** First come, first served access to something that only one may use at a time. */
export class Exclusive {
  #last: Promise<void> = Promise.resolve();

  /** Resolves when everybody before has let go; the caller lets go by calling what it is given. */
  async acquire(): Promise<() => void> {
    const before = this.#last;
    let release!: () => void;
    this.#last = new Promise<void>((resolve) => {
      release = resolve;
    });
    await before;
    return release;
  }
}
