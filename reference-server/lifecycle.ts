/**
 * The one course that a server takes: starting -> ready -> draining -> stopped. Draining may be cut short; nothing returns.
 */
export type Phase = 'starting' | 'ready' | 'draining' | 'stopped';

export class Lifecycle {
  #phase: Phase = 'starting';

  get phase(): Phase {
    return this.#phase;
  }

  get isReady(): boolean {
    return this.#phase === 'ready';
  }

  becomeReady(): void {
    if (this.#phase === 'starting') this.#phase = 'ready';
  }

  /** True for the first call only: whoever gets it drains the server. */
  beginDraining(): boolean {
    if (this.#phase === 'draining' || this.#phase === 'stopped') return false;
    this.#phase = 'draining';
    return true;
  }

  stop(): void {
    this.#phase = 'stopped';
  }
}
