import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as ws from 'ws';
import type { Prng } from '../../src/core/prng.js';
import { writeFrame } from '../../src/protocol/websocket-frame.js';
import { feed, frame, join, type Logged, loggingReader } from './frame-log.js';
import { hexOf, randomBytes, seededPrng } from './random-bytes.js';

interface Receiver {
  on(event: string, listener: (...args: never[]) => void): void;
  write(chunk: Buffer): boolean;
}
type ReceiverClass = new (options: { isServer: boolean; maxPayload: number; maxFragments: number }) => Receiver;
const WsReceiver = (ws as unknown as { Receiver: ReceiverClass }).Receiver;

const turnOfTheLoop = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What ws makes of the same bytes, in our words. Its errors come a turn later, so many streams are read at once. */
function readByWs(bytes: Uint8Array, isServer: boolean, cut: number): Logged[] {
  const log: Logged[] = [];
  const receiver = new WsReceiver({ isServer, maxPayload: 4104, maxFragments: 0 });
  receiver.on('message', (data: Buffer, isBinary: boolean) => log.push(['message', 0, isBinary ? 2 : 1, data.toString('hex')]));
  receiver.on('ping', (data: Buffer) => log.push(['ping', 0, data.toString('hex')]));
  receiver.on('pong', (data: Buffer) => log.push(['pong', 0, data.toString('hex')]));
  receiver.on('conclude', (code: number, reason: Buffer) => log.push(['close', 0, code, reason.toString('hex')]));
  receiver.on('error', (error: Error & Record<symbol, number>) => {
    const key = Object.getOwnPropertySymbols(error).find((symbol) => symbol.description === 'status-code')!;
    log.push(['error', 0, error[key]!]);
  });
  if (cut > 0) receiver.write(Buffer.from(bytes.slice(0, cut)));
  if (log.at(-1)?.[0] !== 'close') receiver.write(Buffer.from(bytes.slice(cut)));
  return log;
}

/** Never the beginning of a fragmented text: we end a text that is not UTF-8 at the faulty fragment, ws at its last one. */
function anyFirstByte(prng: Prng): number {
  const byte = prng.between(0, 255);
  return byte === 0x01 ? 0x02 : byte;
}

function randomStream(prng: Prng, masked: boolean): Uint8Array {
  const mask = (): number[] | null => (masked === prng.nextU32() > 40_000_000 ? [1, 2, 3, 4].map(() => prng.between(0, 255)) : null);
  const parts: Uint8Array[] = [];
  for (let count = prng.between(1, 6); count > 0; count--) {
    const kind = prng.between(0, 11);
    const text = 'zß水🍌'.repeat(prng.between(0, 20));
    if (kind < 3) parts.push(frame(0x82, randomBytes(prng, prng.between(0, 300)), mask()));
    else if (kind < 5) parts.push(frame(0x81, text, mask()));
    else if (kind === 5) {
      const bytes = Buffer.from(text);
      const at = prng.between(0, bytes.length);
      parts.push(frame(0x01, bytes.subarray(0, at), mask()), frame(0x89, 'p', mask()), frame(0x80, bytes.subarray(at), mask()));
    } else if (kind === 6) parts.push(frame(0x8a, randomBytes(prng, prng.between(0, 125)), mask()));
    else if (kind === 7) parts.push(frame(0x81, randomBytes(prng, prng.between(0, 4)), mask()));
    else if (kind === 8) parts.push(frame(anyFirstByte(prng), randomBytes(prng, prng.between(0, 130)), mask()));
    else if (kind === 9) parts.push(frame(0x88, randomBytes(prng, prng.between(0, 1) * 2), mask()));
    else if (kind === 10) parts.push(frame(0x88, Buffer.from([prng.between(3, 19), prng.between(0, 255), 0x61]), mask()));
    else
      parts.push(
        frame(0x02, randomBytes(prng, 2000), mask()),
        frame(0x00, randomBytes(prng, 2100), mask()),
        frame(0x80, randomBytes(prng, prng.between(0, 10)), mask()),
      );
  }
  return join(...parts);
}

for (const role of ['server', 'client'] as const) {
  test(`random streams, good and bad, are read as ws reads them (${role})`, async (t) => {
    const prng = seededPrng(t);
    const seen = new Set<string>();
    const cases = Array.from({ length: 3000 }, (_, round) => {
      const bytes = randomStream(prng, role === 'server');
      const cut = round % 2 === 0 ? 0 : prng.between(0, bytes.length);
      return { bytes, cut, expected: readByWs(bytes, role === 'server', cut) };
    });
    await turnOfTheLoop();
    for (const [round, { bytes, cut, expected }] of cases.entries()) {
      const { reader, log } = loggingReader({ role, maxFragments: 1000 });
      feed(reader, 0, bytes, 0, cut);
      feed(reader, 0, bytes, cut);
      const [got, wanted] = [JSON.stringify(log), JSON.stringify(expected)];
      assert.ok(
        got === wanted,
        `round ${round}, cut ${cut}, ${hexOf(bytes).slice(0, 200)}: ${got.slice(-100)} and not ${wanted.slice(-100)}`,
      );
      for (const entry of log) seen.add(entry[0] === 'error' ? `error ${entry[2]}` : entry[0]);
    }
    for (const what of ['message', 'ping', 'pong', 'close', 'error 1002', 'error 1007', 'error 1009'])
      assert.ok(seen.has(what), `no case of ${what}`);
  });
}

test('what we write is read by ws, both ways', (t) => {
  const prng = seededPrng(t);
  for (const masked of [true, false]) {
    for (const length of [0, 1, 125, 126, 600, 4104]) {
      const payload = randomBytes(prng, length);
      const out = new Uint8Array(length + 20);
      const end = writeFrame(out, 0, 2, payload, 0, length, masked, prng.nextU32());
      assert.deepEqual(readByWs(out.slice(0, end), masked, 0), [['message', 0, 2, hexOf(payload)]]);
    }
  }
});
