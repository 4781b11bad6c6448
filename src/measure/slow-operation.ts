/**
 * One request that took long, as the swarm saw it. Times are clock microseconds (core/clock): CLOCK_MONOTONIC of the machine
 * that sent it.
 */
export interface SlowOperation {
  /** The worker thread and the client's row in it. */
  readonly worker: number;
  readonly row: number;
  /** What was sent: "op move", or "send" for a message of the scenario's own. */
  readonly name: string;
  /** Sent as OP_SIGNED: the reference server may ask its store before it carries it out. */
  readonly signed: boolean;
  /** Sequence number of the packet; undefined where the protocol has none. */
  readonly sequence?: number;
  /** When the plan wanted it sent, when it was, and when its answer came or its time-out ended the wait. */
  readonly intendedUs: number;
  readonly sentUs: number;
  readonly doneUs: number;
  readonly outcome: 'ok' | 'fail' | 'timeout';
  /** Our end of its connection, "ip:port"; undefined when the transport could not say it. */
  readonly local?: string;
}

/** A time in which a worker was due to look at its sockets and did not run. */
export interface Stall {
  readonly worker: number;
  readonly startUs: number;
  readonly endUs: number;
}

/** What the workers of a run kept of its slow requests. */
export interface SlowOperations {
  /** Response time, from the intended send, from which a request counted as slow. */
  readonly thresholdUs: number;
  /** How many were slow. */
  readonly total: number;
  /** The worst of them and a uniform sample of all, each once. */
  readonly kept: readonly SlowOperation[];
  /** The newest stalls of each worker. */
  readonly stalls: readonly Stall[];
}

/** Response time: from the intended send. */
export function responseUs({ intendedUs, doneUs }: SlowOperation): number {
  return doneUs - intendedUs;
}
