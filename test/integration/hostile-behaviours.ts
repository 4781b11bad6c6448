import { createHash } from 'node:crypto';
import { type AddressInfo, createServer, type Socket } from 'node:net';

/** What a server does with a connection once it has read the upgrade request. */
type Behaviour = (socket: Socket, key: string) => void;

export interface ManyFacedServer {
  readonly port: number;
  close(): Promise<void>;
}

const GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11'; // RFC 6455 section 1.3
const MIB = 2 ** 20;

const accept = (key: string): string =>
  createHash('sha1')
    .update(key + GUID)
    .digest('base64');
const head = (key: string, ...more: string[]): string =>
  [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept(key)}`,
    ...more,
    '',
    '',
  ].join('\r\n');
const bytes = (hex: string): Buffer => Buffer.from(hex.replace(/\s/g, ''), 'hex');

/** An unmasked frame with the shortest length that fits. */
function frame(opcode: number, payload: Buffer | string, isLast = true): Buffer {
  const body = Buffer.from(payload);
  const first = (isLast ? 0x80 : 0) | opcode;
  if (body.length < 126) return Buffer.concat([Buffer.from([first, body.length]), body]);
  const length = body.length < 65_536 ? Buffer.from([first, 126, 0, 0]) : Buffer.from([first, 127, 0, 0, 0, 0, 0, 0, 0, 0]);
  if (body.length < 65_536) length.writeUInt16BE(body.length, 2);
  else length.writeUInt32BE(body.length, 6);
  return Buffer.concat([length, body]);
}

/** Before the upgrade, or in place of it. */
const says =
  (text: string | Buffer, ends = false): Behaviour =>
  (socket) => {
    socket.write(text);
    if (ends) socket.end();
  };
/** After a correct upgrade. */
const sends =
  (...frames: readonly Buffer[]): Behaviour =>
  (socket, key) => {
    socket.write(head(key));
    for (const each of frames) socket.write(each);
  };
const answers =
  (answer: (id: string) => Buffer): Behaviour =>
  (socket, key) => {
    socket.write(head(key));
    socket.on('data', () => socket.write(answer('0')));
  };

/** Forty ways to be a bad server, by the path that a client asks for. The last is a good one. */
export const BEHAVIOURS: Readonly<Record<string, Behaviour>> = {
  resets: (socket) => socket.resetAndDestroy(),
  'says-nothing': () => {},
  'ends-at-once': (socket) => socket.end(),
  'half-a-status-line': says('HTTP/1.1 10'),
  'header-for-ever': (socket) => drip(socket, 'X: y\r\n'),
  'endless-header': says(`HTTP/1.1 101 Switching Protocols\r\nX: ${'y'.repeat(2 * MIB)}`),
  'a-million-headers': says(`HTTP/1.1 101 Switching Protocols\r\n${'X: y\r\n'.repeat(200_000)}`),
  'only-line-feeds': says('HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\n\n'),
  'binary-garbage': says(Buffer.concat([bytes('00ff1b0a 80818283'), Buffer.alloc(4000, 0xfe), Buffer.from('\r\n\r\n')]), true),
  'status-999': says('HTTP/1.1 999 \u001b[2J\r\n\r\n', true),
  'status-401': says('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n', true),
  'body-of-2^53': says('HTTP/1.1 500 No\r\nContent-Length: 9007199254740992\r\n\r\nabc'),
  'redirects-to-metadata': says('HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n', true),
  '100-for-ever': (socket) => drip(socket, 'HTTP/1.1 100 Continue\r\n\r\n'),
  'no-accept': says('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
  'accept-of-another-key': (socket) => socket.write(head('another')),
  'extension-not-asked-for': (socket, key) => socket.write(head(key, 'Sec-WebSocket-Extensions: permessage-deflate')),
  'protocol-not-asked-for': (socket, key) => socket.write(head(key, 'Sec-WebSocket-Protocol: other')),
  'claims-2^60': sends(bytes('827f 1000000000000000 010203')),
  'claims-2^63': sends(bytes('827f 8000000000000000')),
  'claims-16-MiB': sends(bytes('827f 0000000001000000 00')),
  masks: sends(bytes('8182 01020304 6968')),
  'reserved-opcode': sends(bytes('8300')),
  'reserved-bit': sends(bytes('c101 61')),
  'ping-in-pieces': sends(bytes('0900')),
  'ping-of-126': sends(bytes('897e007e'), Buffer.alloc(126)),
  'continues-nothing': sends(frame(0, 'x')),
  'text-within-text': sends(frame(1, 'a', false), frame(1, 'b')),
  'bad-utf-8': sends(frame(1, bytes('ff fe c0 80'))),
  'long-form-of-a-short-length': sends(bytes('817e0001 61')),
  'pieces-for-ever': sends(frame(1, 'a', false), ...new Array<Buffer>(20_000).fill(frame(0, '', false))),
  'four-MiB-in-one-message': sends(frame(2, Buffer.alloc(4 * MIB))),
  'ping-flood': sends(...new Array<Buffer>(20).fill(Buffer.concat(new Array<Buffer>(500).fill(frame(9, 'ping'))))),
  'data-flood': sends(...new Array<Buffer>(64).fill(frame(2, Buffer.alloc(60_000, 1)))),
  'close-1005': sends(bytes('8802 03ed')),
  'close-of-one-byte': sends(bytes('8801 03')),
  'close-with-escapes': sends(frame(8, Buffer.concat([bytes('0fa0'), Buffer.from('\u001b[31m\u202e<script>\r\n::error::')]))),
  'ends-within-a-frame': (socket, key) => socket.end(Buffer.concat([Buffer.from(head(key)), bytes('827e0100 010203')])),
  'a-thousand-brackets': answers(() => frame(1, '['.repeat(50_000))),
  'keys-of-the-prototype': answers((id) => frame(1, `{"__proto__":{"id":"${id}"},"constructor":1,"id":{"toString":1}}`)),
  'half-a-surrogate': answers(() => frame(1, '{"id":"\\ud800","id":"\\u0000"}')),
  'never-ends-a-close': (socket, key) => {
    socket.write(head(key));
    socket.on('end', () => {});
  },
};

/** Writes again and again until the other side has had enough. */
function drip(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), 20);
  socket.on('close', () => clearInterval(timer));
}

/** One server with all the behaviours: /resets resets, and so on; any other path echoes nothing and stays polite. */
export async function manyFacedServer(): Promise<ManyFacedServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => {});
    let request = '';
    const read = (chunk: Buffer): void => {
      request += chunk.toString('latin1');
      if (!request.includes('\r\n\r\n')) return;
      socket.off('data', read);
      socket.resume();
      const path = /^GET \/(\S*) /u.exec(request)?.[1] ?? '';
      const key = /^sec-websocket-key: *(\S+)/imu.exec(request)?.[1] ?? '';
      const behave = BEHAVIOURS[path];
      if (behave) behave(socket, key);
      else socket.write(head(key));
    };
    socket.on('data', read);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
