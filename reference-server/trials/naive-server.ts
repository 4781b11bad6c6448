/**
 * A game server as one writes it first: npm ws with its defaults, and for every connection an object, closures, a timer that is set anew at
 * each message, and buffers of its own. It sends back each message. The tables `gwrk bench connections` and `operations` measure against it.
 *
 *   node dist/reference-server/trials/naive-server.js
 *
 * prints {"ws": URL, "pid": N} when it is ready; SIGTERM ends it.
 */
import type { AddressInfo } from 'node:net';
import { type RawData, type WebSocket, WebSocketServer } from 'ws';

const IDLE_MS = 31_000;
const BUFFER_BYTES = 4_096;

/** Everything that this server knows about one connection. */
interface Connection {
  readonly id: number;
  readonly socket: WebSocket;
  readonly connectedAt: Date;
  readonly readBuffer: Buffer;
  readonly writeBuffer: Buffer;
  readonly statistics: { received: number; sent: number; lastSeen: Date };
  timer: NodeJS.Timeout;
}

const connections = new Map<number, Connection>();
let nextId = 1;

function accept(socket: WebSocket): void {
  const id = nextId++;
  const expire = (): void => socket.terminate();
  const connection: Connection = {
    id,
    socket,
    connectedAt: new Date(),
    readBuffer: Buffer.alloc(BUFFER_BYTES),
    writeBuffer: Buffer.alloc(BUFFER_BYTES),
    statistics: { received: 0, sent: 0, lastSeen: new Date() },
    timer: setTimeout(expire, IDLE_MS),
  };
  connections.set(id, connection);
  socket.on('message', (data: RawData, isBinary: boolean) => {
    clearTimeout(connection.timer);
    connection.timer = setTimeout(expire, IDLE_MS);
    connection.statistics.received++;
    connection.statistics.lastSeen = new Date();
    const bytes = data as Buffer;
    bytes.copy(connection.readBuffer);
    const length = Math.min(BUFFER_BYTES, bytes.length);
    connection.readBuffer.copy(connection.writeBuffer, 0, 0, length);
    // A copy, as the buffer is written again before ws has sent it.
    socket.send(bytes.length > BUFFER_BYTES ? bytes : Buffer.from(connection.writeBuffer.subarray(0, length)), { binary: isBinary }, () => {
      connection.statistics.sent++;
    });
  });
  socket.on('error', () => {});
  socket.on('close', () => {
    clearTimeout(connection.timer);
    connections.delete(id);
  });
}

const server = new WebSocketServer({ host: '127.0.0.1', port: 0, backlog: 4_096 });
server.on('connection', accept);
server.on('listening', () => {
  const { port } = server.address() as AddressInfo;
  process.stdout.write(`${JSON.stringify({ ws: `ws://127.0.0.1:${port}/`, pid: process.pid })}\n`);
});
process.once('SIGTERM', () => process.exit(0));
