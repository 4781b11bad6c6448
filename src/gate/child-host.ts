import { setTimeout as wait } from 'node:timers/promises';
import { childRun } from './child-run.js';
import type { Slot } from './order.js';
import type { FinishedRun, SeriesHost, SeriesRun } from './series.js';

/** Ctrl-C, counted. */
export interface Stop {
  readonly level: 'none' | 'gracefully' | 'now';
  readonly signal: NodeJS.Signals | undefined;
  onChange(listener: () => void): void;
}

export interface ChildHostOptions {
  /** Where the runs are put. */
  readonly directory: string;
  readonly stop: Stop;
  /** Between two runs. */
  readonly coolDownMs: number;
  /** What stands behind `gwrk run` for this slot, with the directory for its results. */
  argsOf(slot: Slot, out: string): readonly string[];
  /** Of the runs. */
  readonly environment: NodeJS.ProcessEnv;
  /** "a-01". */
  nameOf(slot: Slot): string;
  told(run: SeriesRun, isRepeated: boolean): void;
}

/** Runs the slots of a series as `gwrk run` processes, and hands ctrl-C on to the one that is running. */
export class ChildHost implements SeriesHost {
  readonly #options: ChildHostOptions;
  readonly #wake = new AbortController();
  #send: ((signal: NodeJS.Signals) => void) | undefined;

  constructor(options: ChildHostOptions) {
    this.#options = options;
    options.stop.onChange(() => {
      this.#wake.abort();
      this.#send?.(options.stop.signal ?? 'SIGINT');
    });
  }

  run(slot: Slot, attempt: number): Promise<FinishedRun> {
    const name = this.#options.nameOf(slot);
    return this.runNamed(attempt === 1 ? name : `${name}-${attempt}`, (out) => this.#options.argsOf(slot, out));
  }

  /** One run beside the slots: to warm a side. */
  runNamed(name: string, args: (out: string) => readonly string[]): Promise<FinishedRun> {
    return childRun({
      args,
      name,
      directory: this.#options.directory,
      environment: this.#options.environment,
      onSignals: (send) => {
        this.#send = send;
      },
    });
  }

  async rest(): Promise<void> {
    await wait(this.#options.coolDownMs, undefined, { signal: this.#wake.signal }).catch(() => undefined);
  }

  isStopped(): boolean {
    return this.#options.stop.level !== 'none';
  }

  told(run: SeriesRun, isRepeated: boolean): void {
    this.#options.told(run, isRepeated);
  }
}
