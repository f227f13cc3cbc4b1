// Pools of one service start their spares on the same cores. Two starts side by side keep two cores busy for a quarter of a
// second, and whoever is answered meanwhile has none: they are started one after the other, whoever's they are.

/** Whose turn it is to start a spare. */
export class StartTurns {
  #startingCount = 0;
  readonly #waiting = new Set<() => void>();

  /** Tells whether a spare is being started. */
  get isTaken(): boolean {
    return this.#startingCount > 0;
  }

  /** Begins a start, and ends it when it settles; whoever cannot wait begins beside others. */
  take(started: Promise<unknown>): void {
    this.#startingCount += 1;
    const end = () => {
      this.#startingCount -= 1;
      this.#callNext();
    };
    started.then(end, end);
  }

  /** Calls once, as soon as no spare is being started; the same call waits once only. */
  whenFree(call: () => void): void {
    this.#waiting.add(call);
  }

  #callNext(): void {
    for (const call of this.#waiting) {
      if (this.isTaken) return;
      this.#waiting.delete(call);
      call();
    }
  }
}
