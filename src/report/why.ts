import type { Cause, CauseKind } from '../core/cause.js';
import type { SlowOperation, Stall } from '../measure/slow-operation.js';
import type { RunCauses } from './causes.js';
import { CoveredTime } from './covered-time.js';

/** Why an operation was slow. LATE_SEND: gwrk itself sent it later than planned. LATE_READ: gwrk itself was not there to read. */
export type Label = CauseKind | 'LATE_SEND' | 'LATE_READ' | 'UNKNOWN';
export const LABELS: readonly Label[] = [
  'RETRANSMIT',
  'LOOP_LAG',
  'GC',
  'STORE_SLOW',
  'BREAKER',
  'QUEUE',
  'LATE_SEND',
  'LATE_READ',
  'UNKNOWN',
];

/** Something that was found in the time of an operation. */
export interface Link {
  readonly label: Exclude<Label, 'UNKNOWN'>;
  /** The part of the operation's time that it takes up, in microseconds since the intended send. */
  readonly fromUs: number;
  readonly toUs: number;
  /** How much of that no earlier link of the chain has taken up yet. */
  readonly shareUs: number;
  readonly cause?: Cause;
}

export interface Explanation {
  readonly operation: SlowOperation;
  readonly label: Label;
  /** What was found, in the order of its beginning; also what was not enough for a label. */
  readonly chain: readonly Link[];
  /** Why the label is UNKNOWN. */
  readonly reason?: string;
}

/** TCP_TIMEOUT_MIN of Linux (include/net/tcp.h) is 2 jiffies: 2 ms where HZ is 1,000, and longer elsewhere. */
const SHORTEST_TIMER_US = 2_000;

/**
 * Explains operations, each by what is known to have happened in its time, and by nothing else:
 *
 *   intended ----- sent ------------------------------- done
 *   | LATE_SEND    | the server's intervals that overlap |
 *                  | RETRANSMIT: from the send to the last retransmit of its own connection
 *
 * A retransmit counts when it is of this connection and inside [sent, done]: TCP delivers in order, so what was sent waits for what
 * is missing. One that follows the send sooner than any timer of the kernel is of something older, which may long have arrived (its
 * acknowledgement was lost): nothing says that the operation waited for it. An interval of the server counts as far as it overlaps [sent, done] and the operation is known to have passed what
 * was held up. Measured intervals take their time first, a retransmit what is left of its wait. The label is the cause that
 * takes up most, provided that all together take up half of the response time or more; else it is UNKNOWN.
 */
export class Explainer {
  readonly #causes: RunCauses;
  readonly #stalls: readonly Stall[];
  /** Everything but retransmits. */
  readonly #intervals: readonly Cause[];
  /** Retransmits from or to a target, by the other end. */
  readonly #retransmits = new Map<string, Cause[]>();

  constructor(targets: readonly string[], causes: RunCauses, stalls: readonly Stall[] = []) {
    this.#causes = causes;
    this.#stalls = stalls;
    const all = 'unknown' in causes ? [] : causes.causes;
    this.#intervals = all.filter(({ kind }) => kind !== 'RETRANSMIT');
    for (const cause of all) {
      if (cause.kind !== 'RETRANSMIT') continue;
      const { local = '', remote = '' } = cause;
      const peers = [...(targets.includes(remote) ? [local] : []), ...(targets.includes(local) ? [remote] : [])];
      for (const peer of new Set(peers)) {
        const known = this.#retransmits.get(peer);
        if (known) known.push(cause);
        else this.#retransmits.set(peer, [cause]);
      }
    }
  }

  explain(operation: SlowOperation): Explanation {
    const { intendedUs, sentUs, doneUs } = operation;
    const causes = this.#causes;
    const covered = new CoveredTime();
    const links: Link[] = [];
    const add = (label: Link['label'], startUs: number, endUs: number, cause?: Cause): void => {
      const [fromUs, toUs] = [startUs - intendedUs, endUs - intendedUs];
      links.push({ label, fromUs, toUs, shareUs: covered.take(fromUs, toUs), ...(cause && { cause }) });
    };
    if (sentUs > intendedUs) add('LATE_SEND', intendedUs, sentUs);
    for (const cause of this.#intervals) {
      if (cause.kind === 'RETRANSMIT' || cause.endUs < sentUs || cause.startUs > doneUs) continue;
      if (isPassed(operation, cause, causes)) add(cause.kind, Math.max(sentUs, cause.startUs), Math.min(doneUs, cause.endUs), cause);
    }
    for (const { worker, startUs, endUs } of this.#stalls) {
      if (worker !== operation.worker || endUs < sentUs || startUs > doneUs) continue;
      add('LATE_READ', Math.max(sentUs, startUs), Math.min(doneUs, endUs));
    }
    for (const cause of this.#retransmits.get(operation.local ?? '') ?? []) {
      if (cause.startUs >= sentUs + SHORTEST_TIMER_US && cause.startUs <= doneUs) add('RETRANSMIT', sentUs, cause.startUs, cause);
    }
    links.sort((a, b) => a.toUs - b.toUs || a.fromUs - b.fromUs);
    if (covered.totalUs > 0 && covered.totalUs * 2 >= doneUs - intendedUs) return { operation, label: largest(links), chain: links };
    return { operation, label: 'UNKNOWN', chain: links, reason: unknownBecause(operation, links, causes) };
  }
}

/** Whether the operation is known to have passed what this cause held up. */
function isPassed(operation: SlowOperation, cause: Cause, causes: RunCauses): boolean {
  if ('unknown' in causes) return false;
  const { threads, queues, operationsAskStore } = causes;
  switch (cause.kind) {
    case 'LOOP_LAG':
    case 'GC':
      return threads === 1; // with more of them nobody noted which one has this connection
    case 'STORE_SLOW':
      return operationsAskStore && operation.signed;
    case 'BREAKER':
      return operation.outcome === 'fail' && cause.name === operation.name.replace(' ', ':'); // an open breaker refuses, it delays nobody
    case 'QUEUE':
      return queues === 1;
    case 'RETRANSMIT':
      return false;
  }
}

function largest(links: readonly Link[]): Label {
  const shares = new Map<Label, number>();
  for (const { label, shareUs } of links) shares.set(label, (shares.get(label) ?? 0) + shareUs);
  return [...shares].reduce((most, next) => (next[1] > most[1] ? next : most))[0];
}

function unknownBecause(operation: SlowOperation, links: readonly Link[], causes: RunCauses): string {
  if ('unknown' in causes) return causes.unknown;
  const late = (Object.entries(causes.completeFromUs) as [CauseKind, number][]).filter(([, fromUs]) => fromUs > operation.sentUs);
  if (late.length > 0) return `the server's log of ${late.map(([kind]) => kind).join(', ')} does not reach back to it`;
  const missing: string[] = [];
  if (causes.kernel.source === 'none') missing.push('nobody watched for retransmits');
  else if (operation.local === undefined) missing.push('the address of its connection is not known');
  if (causes.kernel.drops > 0) missing.push(`${causes.kernel.drops} kernel events were dropped`);
  const found = links.length > 0 ? 'what was found takes up less than half of it' : 'nothing was found in its time';
  return [found, ...missing].join('; ');
}
