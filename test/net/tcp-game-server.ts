import type { Socket } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type StreamServer, streamServer } from './echo-server.js';

const HEADER_BYTES = 8;

/** CRC-32 as zlib computes it (RFC 1952 section 2.3.1). */
function crcOf(bytes: Uint8Array): number {
  const packed = gzipSync(bytes);
  return packed.readUInt32LE(packed.length - 8);
}

function packet(type: number, seq: number, body: Uint8Array): Buffer {
  const head = Buffer.alloc(HEADER_BYTES);
  head.writeUInt16LE(type, 0);
  head.writeUInt32LE(seq, 2);
  head.writeUInt16LE(body.length + 4, 6);
  const bytes = Buffer.concat([head, body, Buffer.alloc(4)]);
  bytes.writeUInt32LE(crcOf(bytes.subarray(0, -4)), bytes.length - 4);
  return bytes;
}

export interface TcpGameServer extends StreamServer {
  readonly names: string[];
  /** Moves that came, and those among them that were broken. */
  readonly counts: { moves: number; broken: number };
}

/**
 * The game of scenarios/tcp-game.yaml, written from the description of its packets alone. It is strict, and sends each answer in
 * two pieces.
 */
export async function tcpGameServer(): Promise<TcpGameServer> {
  const names: string[] = [];
  const counts = { moves: 0, broken: 0 };
  const halves = new WeakMap<Socket, Buffer>();
  const answer = (socket: Socket, bytes: Buffer): void => {
    socket.write(bytes.subarray(0, 5));
    setImmediate(() => socket.write(bytes.subarray(5)));
  };
  const handle = (socket: Socket, bytes: Buffer): void => {
    const [type, seq] = [bytes.readUInt16LE(0), bytes.readUInt32LE(2)];
    const body = bytes.subarray(HEADER_BYTES, -4);
    if (bytes.readUInt32LE(bytes.length - 4) !== crcOf(bytes.subarray(0, -4))) counts.broken++;
    if (type === 1) {
      if (body[0] !== body.length - 1) counts.broken++;
      names.push(body.toString('utf8', 1));
      const id = Buffer.alloc(4);
      id.writeUInt32LE(names.length);
      answer(socket, packet(2, seq, id));
      return;
    }
    counts.moves++;
    const [x, y] = [body.readFloatLE(0), body.readFloatLE(4)];
    if (type !== 3 || body.length !== 9 || !(x >= 0 && x <= 1000) || y !== 12.5 || body[8] !== 0) counts.broken++;
    answer(socket, packet(4, seq, Buffer.of(0)));
  };
  const server = await streamServer((socket, chunk) => {
    let bytes = Buffer.concat([halves.get(socket) ?? Buffer.alloc(0), chunk]);
    while (bytes.length >= HEADER_BYTES && bytes.length >= HEADER_BYTES + bytes.readUInt16LE(6)) {
      const end = HEADER_BYTES + bytes.readUInt16LE(6);
      handle(socket, bytes.subarray(0, end));
      bytes = bytes.subarray(end);
    }
    halves.set(socket, bytes);
  });
  return { ...server, names, counts };
}
