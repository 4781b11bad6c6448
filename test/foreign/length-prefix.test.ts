import assert from 'node:assert/strict';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { after, before, test } from 'node:test';
import { runWhole, transports } from './foreign-run.js';

let server: Server;
let requests = 0;
/** By socket: done when its last answer is written. */
const lastPiece = new WeakMap<Socket, Promise<void>>();

/**
 * A game server without WebSocket: u16 length (big-endian, of what follows), u32 number, u8 operation, text. It answers
 * with the same number and operation + 128, sends the answers in pieces, and says something unasked before each.
 */
before(async () => {
  server = createServer((socket) => {
    let rest = Buffer.alloc(0);
    socket.on('error', () => {});
    socket.on('data', (chunk: Buffer) => {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= 2 && rest.length >= 2 + rest.readUInt16BE(0)) {
        const end = 2 + rest.readUInt16BE(0);
        requests++;
        answer(socket, rest.subarray(2, end));
        rest = rest.subarray(end);
      }
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
after(() => server.close());

function answer(socket: Socket, request: Buffer): void {
  const push = Buffer.from([0, 5, 0xff, 0xff, 0xff, 0xff, 7]);
  const body = Buffer.from([...request.subarray(0, 4), request[4]! + 128, ...Buffer.from('done')]);
  const whole = Buffer.concat([push, Buffer.from([0, body.length]), body]);
  // Requests that come together are answered one behind the other, however the answers are cut: a stream has no room for both at once.
  const before = lastPiece.get(socket) ?? Promise.resolve();
  const sent = before.then(async () => {
    socket.write(whole.subarray(0, 8));
    await new Promise(setImmediate);
    socket.write(whole.subarray(8));
  });
  lastPiece.set(socket, sent);
}

for (const { transport, skip } of transports)
  test(`a server of raw TCP with length-prefixed messages is loaded over ${transport}, answers found by their number`, {
    skip,
  }, async () => {
    const before = requests;
    const report = await runWhole(
      `
name: raw
target: tcp://127.0.0.1:${(server.address() as AddressInfo).port}
scenarios:
  players:
    executor: per-client-iterations
    clients: 30
    iterations: 1
    maxDuration: 60s
    framing: { length: { width: 2, endian: big } }
    flow:
      - connect: {}
      - loop:
          every: 150ms
          count: 6
          steps:
            - send: { hex: "00000001 05 6869", match: { offset: 0, width: 4 }, expect: { within: 30s } }
            - send: { hex: "00000002 06", match: { offset: 0, width: 4 }, expect: { within: 30s } }
      - disconnect: {}
`,
      transport,
      30,
    );
    assert.equal(report.ledger.sent, 30 * 12);
    assert.equal(requests - before, 30 * 12);
  });
