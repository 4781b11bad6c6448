import type { CauseLog } from './cause-log.js';

/** A change of a breaker's state, as events tell it; other events have no resource. */
export interface BreakerChange {
  readonly event: string;
  readonly resource?: string;
  readonly from?: string;
  readonly to?: string;
}

/**
 * Notes as causes how long the breakers of each resource were open. Several may guard one resource, in one thread or in several:
 * the interval lasts from the first that opens to the last that does not stay open.
 */
export class BreakerIntervals {
  readonly #causes: CauseLog;
  readonly #open = new Map<string, { count: number; readonly end: () => void }>();

  constructor(causes: CauseLog) {
    this.#causes = causes;
  }

  hear({ event, resource, from, to }: BreakerChange): void {
    if (event !== 'breaker' || resource === undefined || from === to) return;
    const known = this.#open.get(resource);
    if (to === 'open') {
      if (known) known.count += 1;
      else this.#open.set(resource, { count: 1, end: this.#causes.begin('BREAKER', resource) });
    } else if (from === 'open' && known !== undefined) {
      known.count -= 1;
      if (known.count > 0) return;
      this.#open.delete(resource);
      known.end();
    }
  }
}
