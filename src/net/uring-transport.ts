/** The fast transport: io_uring. Its run() waits inside a system call, so the thread's event loop stands still meanwhile. */
import { systemClock } from '../core/clock.js';
import { slotsPerRing } from '../uring/descriptor-limit.js';
import { SocketGroup } from '../uring/socket-group.js';
import type { Transport, TransportEvents, TransportOptions } from './transport.js';

/** The longest sleep: the caller's tick sees stop requests and mail within this time. */
const LONGEST_WAIT_US = 5_000;

export function createUringTransport(options: TransportOptions): Transport {
  return new UringTransport(options);
}

class UringTransport implements Transport {
  readonly kind = 'uring';
  readonly capacity: number;
  readonly longestWaitUs = LONGEST_WAIT_US;
  readonly #group: SocketGroup;
  #events: TransportEvents | undefined;

  constructor(options: TransportOptions) {
    this.capacity = options.capacity;
    this.#group = new SocketGroup(
      {
        capacity: options.capacity,
        slotsPerRing: slotsPerRing(),
        targets: options.targets,
        sources: options.sources,
        now: systemClock.nowUs,
      },
      {
        onAccepted: () => {},
        onConnected: (row, nowUs) => this.#events!.onConnected(row, nowUs),
        onData: (row, bytes, start, end, nowUs) => this.#events!.onData(row, bytes, start, end, nowUs),
        onClosed: (row, errno, nowUs) => this.#events!.onClosed(row, errno, nowUs),
      },
    );
  }

  get rings(): number {
    return this.#group.ringCount;
  }

  connect(row: number, target: number, source: number, bytes: Uint8Array, start: number, end: number): void {
    this.#group.connect(row, target, source, bytes, start, end);
  }

  send(row: number, bytes: Uint8Array, start: number, end: number): void {
    this.#group.send(row, bytes, start, end);
  }

  bufferedBytes(row: number): number {
    return this.#group.bufferedBytes(row);
  }

  localAddress(row: number): string | undefined {
    return this.#group.localAddress(row);
  }

  close(row: number): void {
    this.#group.close(row);
  }

  abort(row: number): void {
    this.#group.abort(row);
  }

  run(events: TransportEvents): Promise<void> {
    this.#events = events;
    const group = this.#group;
    try {
      for (;;) {
        const nowUs = systemClock.nowUs();
        const deadlineUs = events.onTick(nowUs);
        if (deadlineUs < 0) break;
        group.poll(Math.min(Math.max(deadlineUs - nowUs, 0), LONGEST_WAIT_US));
      }
    } catch (error) {
      return Promise.reject(error);
    } finally {
      group.destroy();
    }
    return Promise.resolve();
  }
}
