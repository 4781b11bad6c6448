import { GwrkError } from '../core/errors.js';

/** What has been asked for so far. */
export type StopLevel = 'none' | 'gracefully' | 'now';

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];

/**
 * Ctrl-C, counted: the first one (or SIGTERM) asks for a graceful stop, the second to leave now. Listens from its
 * construction until close().
 */
export class StopRequest {
  level: StopLevel = 'none';
  /** The signal that came first. */
  signal: NodeJS.Signals | undefined;
  readonly #listeners = new Set<(level: StopLevel) => void>();
  readonly #source: NodeJS.EventEmitter;
  readonly #onSignal = (signal: NodeJS.Signals): void => {
    this.signal ??= signal;
    this.level = this.level === 'none' ? 'gracefully' : 'now';
    for (const listener of this.#listeners) listener(this.level);
  };

  /** `source` emits the signals; another one than the process is for tests. */
  constructor(source: NodeJS.EventEmitter = process) {
    this.#source = source;
    for (const signal of SIGNALS) source.on(signal, this.#onSignal);
  }

  onChange(listener: (level: StopLevel) => void): void {
    this.#listeners.add(listener);
  }

  /** Throws GWRK_INTERRUPTED when a stop was asked for: while nothing is measured yet, there is nothing to finish. */
  throwIfAsked(): void {
    if (this.level !== 'none') throw new GwrkError('GWRK_INTERRUPTED', 'the run was interrupted before its first client started');
  }

  close(): void {
    for (const signal of SIGNALS) this.#source.off(signal, this.#onSignal);
    this.#listeners.clear();
  }
}
