import { seededServicesMs } from './seeded-service.js';

/** How the stall server answers; times are milliseconds, and those of schedules count from the first message. */
export type Behaviour =
  /** At once. */
  | { readonly kind: 'echo' }
  /** Answers are held while a stall lasts: `stallMs` from `firstMs` on, again each `periodMs` (absent: once). */
  | { readonly kind: 'held'; readonly firstMs: number; readonly stallMs: number; readonly periodMs?: number }
  /** The same with the whole event loop blocked. */
  | { readonly kind: 'blocked'; readonly firstMs: number; readonly stallMs: number; readonly periodMs?: number }
  /** Each `each`-th answer takes `slowMs`, the others `fastMs`. */
  | { readonly kind: 'two-point'; readonly each: number; readonly slowMs: number; readonly fastMs: number }
  /** A single server that takes `serviceMs` for each message. */
  | { readonly kind: 'queue'; readonly serviceMs: number }
  /** Queues with exponential service times, drawn by the second number of the message, "client/number"; a client belongs to one of `queues`. */
  | { readonly kind: 'seeded-queue'; readonly seed: number; readonly meanMs: number; readonly queues: number }
  /** The loop is blocked from the first connection on. */
  | { readonly kind: 'blocked-at-connect'; readonly stallMs: number };

const SERVICES = 1 << 17;

/** When the answer to a message that comes now is due; both are times of performance.now(). */
export type ReplyAt = (nowMs: number, message: string) => number;

export function replyAt(behaviour: Behaviour): ReplyAt {
  switch (behaviour.kind) {
    case 'held':
      return held(behaviour);
    case 'two-point': {
      let count = 0;
      return (nowMs) => nowMs + (++count % behaviour.each === 0 ? behaviour.slowMs : behaviour.fastMs);
    }
    case 'queue': {
      let freeMs = 0;
      return (nowMs) => (freeMs = Math.max(nowMs, freeMs) + behaviour.serviceMs);
    }
    case 'seeded-queue':
      return seededQueue(behaviour);
    default:
      return (nowMs) => nowMs;
  }
}

function held({ firstMs, stallMs, periodMs = Number.POSITIVE_INFINITY }: Behaviour & { readonly kind: 'held' }): ReplyAt {
  let startMs: number | undefined;
  return (nowMs) => {
    startMs ??= nowMs + firstMs;
    const since = nowMs - startMs;
    if (since < 0) return nowMs;
    const phase = Number.isFinite(periodMs) ? since % periodMs : since;
    return phase < stallMs ? nowMs + stallMs - phase : nowMs;
  };
}

function seededQueue({ seed, meanMs, queues }: Behaviour & { readonly kind: 'seeded-queue' }): ReplyAt {
  const services = seededServicesMs(seed, meanMs, SERVICES);
  const freeMs = new Float64Array(queues);
  const counts = new Uint32Array(queues);
  return (nowMs, message) => {
    const [client, number] = message.match(/\d+/gu)!.map(Number) as [number, number];
    const queue = client % queues;
    // With one queue the replay knows which request is which; of several only the distribution is known.
    const drawn = queues === 1 ? number : queue * Math.floor(SERVICES / queues) + counts[queue]!++;
    return (freeMs[queue] = Math.max(nowMs, freeMs[queue]!) + services[drawn % SERVICES]!);
  };
}

/** Does nothing at all for that long, as a program that is stuck. */
export function block(forMs: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, forMs);
}
