import { once } from 'node:events';
import { createServer as createHttp, type Server as HttpServer, type IncomingMessage } from 'node:http';
import { type AddressInfo, createServer as createTcp, type Server, type Socket } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** The servers that docs/cookbook.md speaks of, on free ports; none of them is of this repository. */
export interface CookbookServers {
  /** What docs/cookbook.md calls 8080, 8081 and 7777. */
  readonly ports: Readonly<Record<string, number>>;
  /** Authorization headers of WebSocket connections, names of players, words over TCP, orders without a session. */
  readonly tokens: Set<string>;
  readonly names: Set<string>;
  readonly words: Set<string>;
  strangers: number;
  close(): void;
}

const portOf = (server: { address(): unknown }): number => (server.address() as AddressInfo).port;

export async function cookbookServers(): Promise<CookbookServers> {
  const sockets = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  const http = createHttp();
  const tcp = createTcp((socket) => answerPings(socket, servers.words));
  http.listen(0, '127.0.0.1');
  tcp.listen(0, '127.0.0.1');
  await Promise.all([sockets, http, tcp].map((server: WebSocketServer | HttpServer | Server) => once(server, 'listening')));
  const open = new Set<Socket>();
  for (const server of [http, tcp]) server.on('connection', (socket: Socket) => open.add(socket.on('error', () => {})));
  const servers: CookbookServers = {
    ports: { 8080: portOf(sockets), 8081: portOf(http), 7777: portOf(tcp) },
    tokens: new Set(),
    names: new Set(),
    words: new Set(),
    strangers: 0,
    close() {
      for (const socket of sockets.clients) socket.terminate();
      for (const socket of open) socket.destroy();
      for (const server of [sockets, http, tcp]) server.close();
    },
  };
  sockets.on('connection', (socket: WebSocket, request: IncomingMessage) => {
    if (request.headers.authorization !== undefined) servers.tokens.add(request.headers.authorization);
    socket.on('message', (data) => {
      if (request.url !== '/room') socket.send(answerTo(String(data), servers));
      else for (const other of sockets.clients) if (other !== socket) other.send(String(data));
    });
  });
  http.on('request', (request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk));
    request.on('end', () =>
      response.end(request.url === '/login' ? JSON.stringify({ token: `token-of-${JSON.parse(body).user}` }) : 'well'),
    );
  });
  return servers;
}

function answerTo(text: string, servers: CookbookServers): string {
  if (!text.startsWith('{')) return text;
  const { id, op, session, name } = JSON.parse(text) as Readonly<Record<string, string>>;
  if (name !== undefined) servers.names.add(name);
  if (op === 'hello') return JSON.stringify({ id, ok: true, session: `session-${id}` });
  if (op !== 'order') return text;
  const isKnown = session === `session-hello-${id!.split('-')[0]}`;
  if (!isKnown) servers.strangers++;
  return JSON.stringify({ ok: isKnown, id });
}

/** u16 type, u32 seq, u16 length of the rest, then a word: little-endian. A ping (1) is answered with a pong (2). */
function answerPings(socket: Socket, words: Set<string>): void {
  let rest = Buffer.alloc(0);
  socket.on('data', (bytes) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 8 && rest.length >= 8 + rest.readUInt16LE(6)) {
      const packet = Buffer.from(rest.subarray(0, 8 + rest.readUInt16LE(6)));
      rest = rest.subarray(packet.length);
      if (packet.readUInt16LE(0) !== 1) return void socket.destroy();
      words.add(packet.toString('latin1', 8));
      packet.writeUInt16LE(2, 0);
      socket.write(packet);
    }
  });
}
