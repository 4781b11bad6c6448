import { COUNTER } from '../measure/metric-names.js';
import type { Recorder } from '../measure/recorder.js';
import type { ErrorCount } from './messages.js';

/** Codes kept apart; what comes after that many is counted as "other". */
export const MAX_ERROR_CODES = 1000;
const FIRST_TEXT_CHARACTERS = 200;

/** Errors by code, with the text of the first one of each. A server chooses some of both, so both are bounded and made harmless. */
export class ErrorCounts {
  readonly #byCode = new Map<string, { count: number; first: string }>();
  readonly #recorder: Recorder | undefined;
  #changed = false;

  /** Every error is counted in the recorder too, whatever its code. */
  constructor(recorder?: Recorder) {
    this.#recorder = recorder;
  }

  /** Counts one error. `code` is short and stable ("ECONNREFUSED", "upgrade.401"), `text` what a person reads. */
  add(code: string, text: string, by = 1): void {
    this.#changed = true;
    this.#recorder?.count(COUNTER.errors, by);
    this.#keep(code, text, by);
  }

  /** Whether add() was called since the last call of takeChanged(). */
  takeChanged(): boolean {
    const changed = this.#changed;
    this.#changed = false;
    return changed;
  }

  /** Totals since the start, the most frequent first. */
  list(): ErrorCount[] {
    return [...this.#byCode].map(([code, { count, first }]) => ({ code, count, first })).sort((a, b) => b.count - a.count);
  }

  #keep(code: string, text: string, by: number): void {
    const known = this.#byCode.get(code);
    if (known !== undefined) {
      known.count += by;
      return;
    }
    if (this.#byCode.size < MAX_ERROR_CODES || code === 'other') this.#byCode.set(code, { count: by, first: printable(text) });
    else this.#keep('other', text, by);
  }
}

/** Without control characters (C0, DEL, C1, line separators), which could forge lines and drive a terminal; at most 200 characters. */
export function printable(text: string): string {
  return text.slice(0, FIRST_TEXT_CHARACTERS).replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/gu, ' ');
}
