import { CAUSE_KINDS, type Cause, type CauseKind } from '../../src/core/cause.js';
import type { Clock } from '../../src/core/clock.js';

/** Retransmits come by the packet, everything else by what is worth a line of its own. */
const CAPACITY: Readonly<Record<CauseKind, number>> = {
  RETRANSMIT: 65_536,
  LOOP_LAG: 8_192,
  GC: 8_192,
  STORE_SLOW: 8_192,
  BREAKER: 1_024,
  QUEUE: 8_192,
};

/** What the log answers. */
export interface Causes {
  /** In the order in which they were noted. One that still goes on ends now. */
  readonly causes: readonly Cause[];
  /** By kind: since when nothing is missing, clock microseconds; earlier entries were overwritten by later ones. */
  readonly completeFromUs: Readonly<Record<CauseKind, number>>;
}

/**
 * The server's log of what can make operations slow, in memory and bounded: each kind keeps its newest entries. Whoever opens a
 * breaker or fills a queue calls begin() and later what it returned; what is over when it is known calls add().
 */
export class CauseLog {
  readonly #clock: Clock;
  readonly #rings: Readonly<Record<CauseKind, CauseRing>>;
  readonly #open = new Set<Cause>();

  constructor(clock: Clock) {
    this.#clock = clock;
    const startUs = clock.nowUs();
    this.#rings = Object.fromEntries(CAUSE_KINDS.map((kind) => [kind, new CauseRing(CAPACITY[kind], startUs)])) as Record<
      CauseKind,
      CauseRing
    >;
  }

  add(cause: Cause): void {
    this.#rings[cause.kind].add(cause);
  }

  /** Something begins now that holds operations up; call what is returned when it ends (later calls do nothing). */
  begin(kind: CauseKind, name: string): () => void {
    const open: Cause = { kind, name, startUs: this.#clock.nowUs(), endUs: Number.POSITIVE_INFINITY };
    this.#open.add(open);
    return () => {
      if (this.#open.delete(open)) this.add({ ...open, endUs: this.#clock.nowUs() });
    };
  }

  /** Everything that ended at `sinceUs` or later, or has not ended. */
  since(sinceUs: number): Causes {
    const nowUs = this.#clock.nowUs();
    const causes: Cause[] = [];
    for (const kind of CAUSE_KINDS) this.#rings[kind].since(sinceUs, causes);
    for (const open of this.#open) causes.push({ ...open, endUs: nowUs });
    const completeFromUs = Object.fromEntries(CAUSE_KINDS.map((kind) => [kind, this.#rings[kind].completeFromUs]));
    return { causes, completeFromUs: completeFromUs as Record<CauseKind, number> };
  }
}

/** The newest entries of one kind. */
class CauseRing {
  completeFromUs: number;
  readonly #capacity: number;
  readonly #entries: Cause[] = [];
  #next = 0;

  constructor(capacity: number, startUs: number) {
    this.#capacity = capacity;
    this.completeFromUs = startUs;
  }

  add(cause: Cause): void {
    const old = this.#entries[this.#next];
    if (old !== undefined) this.completeFromUs = Math.max(this.completeFromUs, old.endUs);
    this.#entries[this.#next] = cause;
    this.#next = (this.#next + 1) % this.#capacity;
  }

  since(sinceUs: number, into: Cause[]): void {
    const count = this.#entries.length;
    const first = count < this.#capacity ? 0 : this.#next;
    for (let i = 0; i < count; i++) {
      const cause = this.#entries[(first + i) % count]!;
      if (cause.endUs >= sinceUs) into.push(cause);
    }
  }
}
