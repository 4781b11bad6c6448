import { createHash, randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';

/** What a server does wrong. */
export type Behaviour =
  | 'resets'
  | 'silent'
  | 'mute'
  | 'answers-401'
  | 'answers-404'
  | 'garbage'
  | 'wrong-accept'
  | 'closes-mid-frame'
  | 'claims-2^60'
  | 'closes-4000'
  | 'echoes';

export interface HostileServer {
  /** ws://127.0.0.1:port/ */
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'; // RFC 6455 section 1.3

/** A server of raw sockets, so that it can break the rules in ways that no library would. */
export async function hostileServer(behaviour: Behaviour): Promise<HostileServer> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    behave(socket, behaviour);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `ws://127.0.0.1:${port}/`,
    port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function behave(socket: Socket, behaviour: Behaviour): void {
  if (behaviour === 'resets') {
    socket.once('data', () => socket.resetAndDestroy());
    return;
  }
  if (behaviour === 'silent') {
    socket.resume();
    return;
  }
  let request = '';
  let isUpgraded = false;
  socket.on('data', (chunk) => {
    if (isUpgraded) {
      if (behaviour === 'echoes') echo(socket, chunk);
      return;
    }
    request += chunk.toString('latin1');
    if (!request.includes('\r\n\r\n')) return;
    isUpgraded = true;
    const key = /^sec-websocket-key: *(\S+)/imu.exec(request)?.[1] ?? '';
    socket.write(answer(behaviour, key));
    const frame = frameOf(behaviour);
    if (frame) socket.write(frame);
    if (behaviour.startsWith('answers') || behaviour === 'garbage' || behaviour === 'closes-mid-frame') socket.end();
  });
}

function answer(behaviour: Behaviour, key: string): string | Buffer {
  const text = 'no entrance';
  switch (behaviour) {
    case 'answers-401':
      return `HTTP/1.1 401 Unauthorized\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
    case 'answers-404':
      return `HTTP/1.1 404 Not Found\r\nContent-Length: ${text.length}\r\n\r\n${text}`;
    case 'garbage':
      return Buffer.concat([Buffer.from([0, 255, 27, 10]), randomBytes(300), Buffer.from('\r\n\r\n')]);
  }
  const accept = createHash('sha1')
    .update(behaviour === 'wrong-accept' ? 'another key' : key + GUID)
    .digest('base64');
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`;
}

function frameOf(behaviour: Behaviour): Buffer | undefined {
  switch (behaviour) {
    case 'closes-mid-frame':
      return Buffer.from([0x82, 0x7e, 0x01, 0x00, 1, 2, 3]); // 256 bytes announced, 3 sent
    case 'claims-2^60':
      return Buffer.from([0x82, 0x7f, 0x10, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3]);
    case 'closes-4000':
      return Buffer.from([0x88, 0x02, 0x0f, 0xa0]);
    default:
      return undefined;
  }
}

/** Answers short masked text frames (payload under 126 bytes, one or more whole frames a chunk) with the same text. */
function echo(socket: Socket, chunk: Buffer): void {
  for (let at = 0; at + 6 <= chunk.length; ) {
    const opcode = chunk[at]! & 15;
    const length = chunk[at + 1]! & 127;
    const mask = chunk.subarray(at + 2, at + 6);
    const payload = Buffer.from(chunk.subarray(at + 6, at + 6 + length).map((byte, index) => byte ^ mask[index & 3]!));
    socket.write(Buffer.concat([Buffer.from([0x80 | opcode, length]), payload]));
    if (opcode === 8) socket.end();
    at += 6 + length;
  }
}
