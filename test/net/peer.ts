/**
 * The other end of the transport tests: a worker thread with one loopback server a behaviour, because the uring
 * transport blocks the thread of the test. Run as a Worker; its parent sees `PeerPorts` once, then answers to 'stats'.
 */
import { createHash } from 'node:crypto';
import net from 'node:net';
import { parentPort } from 'node:worker_threads';

export interface PeerStats {
  /** Connections of all servers that ended by a reset. */
  resets: number;
  /** Connections that "silent" has had, and those it has open now. */
  silentSeen: number;
  silentOpen: number;
  /** Bytes that "count" has read, and the connections whose end it saw. */
  countedBytes: number;
  countedEnds: number;
}

const stats: PeerStats = { resets: 0, silentSeen: 0, silentOpen: 0, countedBytes: 0, countedEnds: 0 };
const paused = new Set<net.Socket>();

const behaviours = {
  echo: (socket: net.Socket) => socket.on('data', (chunk) => socket.write(chunk)),
  silent: (socket: net.Socket) => {
    stats.silentSeen++;
    stats.silentOpen++;
    socket.resume().on('close', () => stats.silentOpen--);
  },
  reset: (socket: net.Socket) => socket.once('data', () => socket.resetAndDestroy()),
  farewell: (socket: net.Socket) => socket.resume().end('bye'),
  /** Ends its side at once and reads on: the connection is half open for as long as the other side likes. */
  halfFarewell: (socket: net.Socket) => socket.resume().end('bye'),
  /** Never ends its side. */
  stubborn: (socket: net.Socket) => socket.resume(),
  /** Closes in the middle of what the other side sends. */
  quitter: (socket: net.Socket) => {
    let bytes = 0;
    socket.on('data', (chunk) => {
      bytes += chunk.length;
      if (bytes > 100_000) socket.destroy();
    });
  },
  whoami: (socket: net.Socket) => socket.resume().end(`${socket.remoteAddress}`),
  count: (socket: net.Socket) => {
    socket.on('data', (chunk) => {
      stats.countedBytes += chunk.length;
    });
    socket.on('end', () => {
      stats.countedEnds++;
    });
  },
  /** Repeats the first four bytes it gets for 16 KiB. */
  chatter: (socket: net.Socket) => {
    socket.once('data', (chunk) => {
      socket.write(Buffer.alloc(16_384, chunk.subarray(0, 4)));
      socket.resume();
    });
  },
  /** Reads nothing until somebody connects to "release", then 8 MiB, and answers with their SHA-256. */
  reluctant: (socket: net.Socket) => {
    const hash = createHash('sha256');
    let bytes = 0;
    socket.on('data', (chunk) => {
      hash.update(chunk);
      bytes += chunk.length;
      if (bytes === 8 * 1024 * 1024) socket.end(hash.digest());
    });
    socket.pause();
    paused.add(socket);
  },
  release: (socket: net.Socket) => {
    socket.resume();
    for (const other of paused) other.resume();
    paused.clear();
  },
} satisfies Record<string, (socket: net.Socket) => unknown>;

export type Behaviour = keyof typeof behaviours;
export type PeerPorts = Record<Behaviour | 'closed', number>;

function listen(serve: (socket: net.Socket) => unknown, allowHalfOpen: boolean): Promise<net.Server> {
  const server = net.createServer({ allowHalfOpen }, (socket) => {
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') stats.resets++;
    });
    serve(socket);
  });
  return new Promise((resolve) => server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => resolve(server)));
}

const portOf = (server: net.Server): number => (server.address() as net.AddressInfo).port;

if (parentPort !== null) {
  const port = parentPort;
  const ports: Record<string, number> = {};
  for (const [name, serve] of Object.entries(behaviours))
    ports[name] = portOf(await listen(serve, name === 'halfFarewell' || name === 'stubborn'));
  const closed = await listen(() => undefined, false);
  ports.closed = portOf(closed);
  await new Promise((resolve) => closed.close(resolve));
  port.on('message', () => port.postMessage(stats));
  port.postMessage(ports);
}
