/**
 * What can make an operation slow, as `gwrk why` knows it. RETRANSMIT: a TCP segment was sent again. LOOP_LAG: one turn of a gateway
 * thread took long. GC: so did a turn, and a garbage collection was most of it. STORE_SLOW: a call of the AuthStore took long.
 * BREAKER: a circuit breaker was open. QUEUE: a bounded queue was full.
 */
export const CAUSE_KINDS = ['RETRANSMIT', 'LOOP_LAG', 'GC', 'STORE_SLOW', 'BREAKER', 'QUEUE'] as const;
export type CauseKind = (typeof CAUSE_KINDS)[number];

/** One interval in which something held operations up. Times are clock microseconds (CLOCK_MONOTONIC). */
export interface Cause {
  readonly kind: CauseKind;
  readonly startUs: number;
  /** Of a retransmit, the same as startUs: it is a moment. */
  readonly endUs: number;
  /** LOOP_LAG, GC: index of the gateway thread. */
  readonly thread?: number;
  /** GC: how long the collections of this turn took together. */
  readonly pauseUs?: number;
  /** RETRANSMIT: "ip:port" of the side that sent again, and of the other one. */
  readonly local?: string;
  readonly remote?: string;
  /** The verb of a store call, the resource of a breaker, the name of a queue. */
  readonly name?: string;
}
