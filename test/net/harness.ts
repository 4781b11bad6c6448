import assert from 'node:assert/strict';
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { systemClock } from '../../src/core/clock.js';
import { createTransport } from '../../src/net/create-transport.js';
import type { Endpoint, Transport, TransportEvents } from '../../src/net/transport.js';
import type { Behaviour, PeerPorts, PeerStats } from './peer.js';

/** No test may hold its thread for longer: a transport that loses an event would never return. */
const LONGEST_RUN_US = 60_000_000;

/** The servers of peer.ts in their own thread. */
export class Peer {
  readonly ports: PeerPorts;
  readonly #worker: Worker;

  private constructor(worker: Worker, ports: PeerPorts) {
    this.#worker = worker;
    this.ports = ports;
  }

  static async start(): Promise<Peer> {
    const worker = new Worker(new URL('./peer.js', import.meta.url));
    const [ports] = (await once(worker, 'message')) as [PeerPorts];
    return new Peer(worker, ports);
  }

  endpoint(behaviour: Behaviour | 'closed'): Endpoint {
    return { address: '127.0.0.1', family: 4, port: this.ports[behaviour] };
  }

  async stats(): Promise<PeerStats> {
    this.#worker.postMessage('stats');
    const [stats] = (await once(this.#worker, 'message')) as [PeerStats];
    return stats;
  }

  /** The statistics once they are as wanted: the peer sees the end of a connection a little after we do. */
  async statsWhen(wanted: (stats: PeerStats) => boolean): Promise<PeerStats> {
    for (let attempt = 0; ; attempt++) {
      const stats = await this.stats();
      if (wanted(stats) || attempt === 3_000) return stats;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }

  async stop(): Promise<void> {
    await this.#worker.terminate();
  }
}

export interface Script extends Partial<TransportEvents> {
  /** Called in the first tick. */
  start(): void;
  /** Asked in each tick whether the run is over. */
  done(): boolean;
}

/** Runs the script on the transport until done(); fails when that takes too long. */
export async function drive(transport: Transport, script: Script): Promise<void> {
  let startedUs = 0;
  let late = false;
  await transport.run({
    onConnected: (row, nowUs) => script.onConnected?.(row, nowUs),
    onData: (row, bytes, start, end, nowUs) => script.onData?.(row, bytes, start, end, nowUs),
    onClosed: (row, errno, nowUs) => script.onClosed?.(row, errno, nowUs),
    onTick: (nowUs) => {
      if (startedUs === 0) {
        startedUs = nowUs;
        script.start();
      }
      if (script.done()) return -1;
      late = nowUs - startedUs > LONGEST_RUN_US;
      if (late) return -1;
      return Math.min(script.onTick?.(nowUs) ?? Infinity, nowUs + 50_000);
    },
  });
  assert.equal(late, false, 'the run was not over in time');
}

export interface Life {
  connected: number;
  closed: number;
  errno: number;
  bytes: Buffer[];
}

/** Opens one connection a row, remembers what happens to each, and is done when every one is closed. */
export class Lives implements Script {
  readonly rows: Life[];
  readonly transport: Transport;
  /** What a row does first; the default connects it to target 0 without bytes. */
  open: (row: number) => void = (row) => this.transport.connect(row, 0, -1, new Uint8Array(), 0, 0);
  connected: (row: number) => void = () => undefined;
  received: (row: number) => void = () => undefined;
  done: () => boolean = () => this.rows.every((life) => life.closed > 0);

  constructor(transport: Transport) {
    this.transport = transport;
    this.rows = Array.from({ length: transport.capacity }, () => ({ connected: 0, closed: 0, errno: -1, bytes: [] }));
  }

  start(): void {
    for (let row = 0; row < this.rows.length; row++) this.open(row);
  }

  onConnected(row: number): void {
    this.rows[row]!.connected++;
    this.connected(row);
  }

  onData(row: number, bytes: Uint8Array, start: number, end: number): void {
    assert.equal(this.rows[row]!.closed, 0, `row ${row} got data after it was closed`);
    this.rows[row]!.bytes.push(Buffer.from(bytes.slice(start, end)));
    this.received(row);
  }

  onClosed(row: number, errno: number): void {
    this.rows[row]!.closed++;
    this.rows[row]!.errno = errno;
  }

  text(row: number): string {
    return Buffer.concat(this.rows[row]!.bytes).toString('latin1');
  }

  length(row: number): number {
    return this.rows[row]!.bytes.reduce((sum, bytes) => sum + bytes.length, 0);
  }
}

export function open(
  kind: 'uring' | 'node',
  capacity: number,
  targets: readonly Endpoint[],
  sources: readonly string[] = [],
): Promise<Transport> {
  return createTransport(kind, { capacity, targets, sources });
}

export const nowUs = (): number => systemClock.nowUs();
