/** Timers of Node come up to 2 ms late; who waits less than this looks again and again instead. */
const SPIN_MS = 1.6;

interface Due {
  readonly atMs: number;
  readonly run: () => void;
}

/** Runs what is due at its time (performance.now()), to a few microseconds where the process has its core. */
export class ReplyClock {
  readonly #due: Due[] = [];
  #isSet = false;

  at(atMs: number, run: () => void): void {
    let place = this.#due.length;
    while (place > 0 && this.#due[place - 1]!.atMs > atMs) place--;
    this.#due.splice(place, 0, { atMs, run });
    this.#advance();
  }

  #advance(): void {
    while (this.#due.length > 0 && this.#due[0]!.atMs <= performance.now()) this.#due.shift()!.run();
    if (this.#due.length === 0 || this.#isSet) return;
    this.#isSet = true;
    const again = (): void => {
      this.#isSet = false;
      this.#advance();
    };
    const waitMs = this.#due[0]!.atMs - performance.now();
    if (waitMs > 2 * SPIN_MS) setTimeout(again, Math.min(5, Math.floor(waitMs - SPIN_MS)));
    else setImmediate(again);
  }
}
