import { Acceptor } from '../../src/uring/acceptor.js';
import { probeUring } from '../../src/uring/probe.js';
import { SocketGroup } from '../../src/uring/socket-group.js';

/** `false` where io_uring works, else the reason to skip with. */
export const skipReason: string | false = probeSkip();

function probeSkip(): string | false {
  const probe = probeUring();
  return probe.available ? false : probe.reason;
}

export interface Heard {
  accepted: number[];
  connected: number[];
  closed: { row: number; errno: number }[];
  /** Bytes received, by row. */
  data: Map<number, Buffer>;
  /** The memory behind them, with room to grow: to copy all of it for each piece makes 12 MiB a matter of half a minute. */
  room: Map<number, Buffer>;
}

export interface PairOptions {
  capacity: number;
  slotsPerRing: number;
  serverSlotsPerRing?: number;
  sources?: string[];
  /** What the server does with what it receives; the default sends it back. */
  onServerData?: (server: SocketGroup, row: number, bytes: Uint8Array, start: number, end: number) => void;
  onServerAccepted?: (server: SocketGroup, row: number) => void;
}

/** A server's and a client's sockets in one thread, polled in turns: no other process, no event loop, no waiting. */
export class Pair {
  readonly server: SocketGroup;
  readonly client: SocketGroup;
  readonly acceptor: Acceptor;
  readonly atServer: Heard = nothing();
  readonly atClient: Heard = nothing();

  constructor(options: PairOptions) {
    const now = (): number => performance.now() * 1e3;
    const echo = (server: SocketGroup, row: number, bytes: Uint8Array, start: number, end: number): void =>
      server.send(row, bytes, start, end);
    const onServerData = options.onServerData ?? echo;
    this.server = new SocketGroup(
      { capacity: options.capacity, slotsPerRing: options.serverSlotsPerRing ?? options.slotsPerRing, now },
      {
        onAccepted: (row) => {
          this.atServer.accepted.push(row);
          options.onServerAccepted?.(this.server, row);
        },
        onConnected: () => {},
        onData: (row, bytes, start, end) => {
          remember(this.atServer, row, bytes, start, end);
          onServerData(this.server, row, bytes, start, end);
        },
        onClosed: (row, errno) => void this.atServer.closed.push({ row, errno }),
      },
    );
    this.acceptor = new Acceptor(this.server, '127.0.0.1', 0);
    this.client = new SocketGroup(
      {
        capacity: options.capacity,
        slotsPerRing: options.slotsPerRing,
        targets: [
          { address: '127.0.0.1', port: this.acceptor.port },
          { address: '127.0.0.1', port: 1 },
        ],
        sources: options.sources ?? [],
        now,
      },
      {
        onAccepted: () => {},
        onConnected: (row) => void this.atClient.connected.push(row),
        onData: (row, bytes, start, end) => remember(this.atClient, row, bytes, start, end),
        onClosed: (row, errno) => void this.atClient.closed.push({ row, errno }),
      },
    );
  }

  /** Polls both until `done`; throws when that takes more than `rounds` rounds. */
  until(done: () => boolean, rounds = 200_000): void {
    for (let round = 0; round < rounds; round++) {
      if (done()) return;
      this.acceptor.arm();
      this.client.poll(200);
      this.server.poll(200);
    }
    throw new Error(`not done after ${rounds} rounds`);
  }

  connect(row: number, text = '', source = -1): void {
    const bytes = Buffer.from(text);
    this.client.connect(row, 0, source, bytes, 0, bytes.length);
  }

  send(row: number, bytes: Uint8Array): void {
    this.client.send(row, bytes, 0, bytes.length);
  }

  text(heard: Heard, row: number): string {
    return heard.data.get(row)?.toString('latin1') ?? '';
  }

  destroy(): void {
    this.acceptor.stop();
    this.client.destroy();
    this.server.destroy();
  }
}

function nothing(): Heard {
  return { accepted: [], connected: [], closed: [], data: new Map(), room: new Map() };
}

function remember(heard: Heard, row: number, bytes: Uint8Array, start: number, end: number): void {
  const had = heard.data.get(row)?.length ?? 0;
  const length = had + end - start;
  let room = heard.room.get(row);
  if (room === undefined || room.length < length) {
    const larger = Buffer.alloc(2 * length);
    room?.copy(larger, 0, 0, had);
    heard.room.set(row, larger);
    room = larger;
  }
  room.set(bytes.subarray(start, end), had);
  heard.data.set(row, room.subarray(0, length));
}

/** Runs `test` over a fresh pair and destroys it in every case. */
export function withPair(options: PairOptions, test: (pair: Pair) => void): void {
  const pair = new Pair(options);
  try {
    test(pair);
  } finally {
    pair.destroy();
  }
}
