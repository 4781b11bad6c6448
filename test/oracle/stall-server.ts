/**
 * A WebSocket echo server that is slow by a schedule with a closed-form answer: `node stall-server.js '{"kind":"held",...}'`.
 * Lines of JSON on stdout: its port, the first message, and at SIGTERM what it counted.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocket, WebSocketServer } from 'ws';
import { type Behaviour, block, replyAt } from './behaviour.js';
import { ReplyClock } from './reply-clock.js';

/** What it says at its end. */
export interface StallServerCounts {
  readonly received: number;
  readonly answered: number;
  /** Share of its time that it was ready to run and had no core; null where the kernel does not say. */
  readonly waitShare: number | null;
}

const behaviour = JSON.parse(process.argv[2]!) as Behaviour;
const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);
const due = replyAt(behaviour);
const clock = new ReplyClock();
const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false });
const server = createServer();
/** Messages to itself before it is ready, so that what it does is compiled. */
const WARM_UP = 2000;
let isReady = false;
let received = 0;
let answered = 0;
let connections = 0;

function runWaitMs(): number {
  try {
    return Number(readFileSync('/proc/self/schedstat', 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return Number.NaN;
  }
}

function blockBySchedule({ firstMs, stallMs, periodMs }: Behaviour & { readonly kind: 'blocked' }): void {
  const startMs = performance.now() + firstMs;
  const stall = (round: number): void =>
    clock.at(startMs + round * (periodMs ?? 0), () => {
      block(startMs + round * (periodMs ?? 0) + stallMs - performance.now());
      if (periodMs !== undefined) stall(round + 1);
    });
  stall(0);
}

function accept(socket: WebSocket, stream: Duplex): void {
  socket.on('error', () => {});
  if (!isReady) {
    socket.on('message', (data) => clock.at(performance.now() + 0.2, () => socket.send(data as Buffer, { binary: false })));
    return;
  }
  socket.on('message', (data, isBinary) => {
    const nowMs = performance.now();
    if (received++ === 0) {
      say({ first: true });
      if (behaviour.kind === 'blocked') blockBySchedule(behaviour);
    }
    const message = data as Buffer;
    const answer = (): void => {
      answered++;
      // What was held leaves in one write a connection: hundreds of writes one behind the other would take 10 ms.
      if (stream.writableCorked === 0) {
        stream.cork();
        process.nextTick(() => stream.uncork());
      }
      socket.send(message, { binary: isBinary });
    };
    const atMs = due(nowMs, message.toString());
    if (atMs <= nowMs) answer();
    else clock.at(atMs, answer);
  });
}

server.on('connection', (socket) => {
  socket.setNoDelay(true);
  if (isReady && connections++ === 0 && behaviour.kind === 'blocked-at-connect') block(behaviour.stallMs);
});
server.on('upgrade', (request, socket, head) => sockets.handleUpgrade(request, socket, head, (client) => accept(client, socket)));

async function warmUp(port: number): Promise<void> {
  const client = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
  await new Promise((resolve) => client.once('open', resolve));
  for (let i = 0; i < WARM_UP; i++) {
    client.send('0/0');
    await new Promise((resolve) => client.once('message', resolve));
  }
  client.terminate();
}

server.listen({ port: 0, host: '127.0.0.1', backlog: 511 }, async () => {
  const { port } = server.address() as AddressInfo;
  await warmUp(port);
  isReady = true;
  say({ port });
});
const startWaitMs = runWaitMs();
const startMs = performance.now();
process.once('SIGTERM', () => {
  const waitShare = (runWaitMs() - startWaitMs) / (performance.now() - startMs);
  process.stdout.write(`${JSON.stringify({ received, answered, waitShare })}\n`, () => process.exit(0));
});
