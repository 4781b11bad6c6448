import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as ws from 'ws';
import {
  frameHeaderBytes,
  isCloseCode,
  maskBytes,
  OPCODE_BINARY,
  OPCODE_PING,
  OPCODE_TEXT,
  writeCloseFrame,
  writeFrame,
  writeFrameHeader,
} from '../../src/protocol/websocket-frame.js';
import { loggingReader } from './frame-log.js';
import { fromHex, fromText, hexOf, randomBytes, seededPrng } from './random-bytes.js';

interface Frames {
  frame(
    data: Buffer,
    options: {
      fin: boolean;
      opcode: number;
      mask: boolean;
      readOnly: boolean;
      rsv1: boolean;
      maskBuffer?: Buffer;
      generateMask?: () => void;
    },
  ): Buffer[];
}
const wsFrames = (ws as unknown as { Sender: Frames }).Sender;

function written(opcode: number, payload: Uint8Array, masked: boolean, mask: number): Uint8Array {
  const out = new Uint8Array(payload.length + 20);
  const end = writeFrame(out, 3, opcode, payload, 0, payload.length, masked, mask);
  assert.equal(end - 3, frameHeaderBytes(payload.length, masked) + payload.length);
  return out.subarray(3, end);
}

test('the single-frame examples of RFC 6455, section 5.7, are written to the byte', () => {
  assert.equal(hexOf(written(OPCODE_TEXT, fromText('Hello'), false, 0)), '810548656c6c6f');
  assert.equal(hexOf(written(OPCODE_TEXT, fromText('Hello'), true, 0x3d21fa37)), '818537fa213d7f9f4d5158');
  assert.equal(hexOf(written(OPCODE_PING, fromText('Hello'), false, 0)), '890548656c6c6f');
  assert.equal(hexOf(written(OPCODE_BINARY, new Uint8Array(256), false, 0).subarray(0, 4)), '827e0100');
  assert.equal(hexOf(written(OPCODE_BINARY, new Uint8Array(65536), false, 0).subarray(0, 10)), '827f0000000000010000');
});

test('the examples of RFC 6455, section 5.7, are read', () => {
  const client = loggingReader({ role: 'client', maxMessageBytes: 65536 });
  const server = loggingReader();
  client.reader.push(0, fromHex('810548656c6c6f'), 0, 7);
  server.reader.push(0, fromHex('818537fa213d7f9f4d5158'), 0, 11);
  client.reader.push(0, fromHex('010348656c80026c6f'), 0, 9);
  client.reader.push(0, fromHex('890548656c6c6f'), 0, 7);
  server.reader.push(0, fromHex('8a8537fa213d7f9f4d5158'), 0, 11);
  client.reader.push(
    0,
    new Uint8Array(4 + 256).fill(1).map((byte, i) => fromHex('827e0100')[i] ?? byte),
    0,
    260,
  );
  assert.deepEqual(client.log.slice(0, 3), [
    ['message', 0, 1, '48656c6c6f'],
    ['message', 0, 1, '48656c6c6f'],
    ['ping', 0, '48656c6c6f'],
  ]);
  assert.deepEqual(client.log[3], ['message', 0, 2, '01'.repeat(256)]);
  assert.deepEqual(server.log, [
    ['message', 0, 1, '48656c6c6f'],
    ['pong', 0, '48656c6c6f'],
  ]);
});

test('frames are byte-equal to those of ws at every length class, masked and not', (t) => {
  const prng = seededPrng(t);
  for (const length of [0, 1, 2, 3, 4, 5, 124, 125, 126, 127, 500, 511, 512, 513, 515, 4104, 65535, 65536, 65539]) {
    for (const masked of [false, true]) {
      const payload = randomBytes(prng, length);
      const mask = prng.nextU32();
      const maskBuffer = Buffer.alloc(4);
      maskBuffer.writeUInt32LE(mask);
      const options = { fin: true, opcode: OPCODE_BINARY, mask: masked, readOnly: true, rsv1: false, maskBuffer, generateMask: () => {} };
      const expected = Buffer.concat(wsFrames.frame(Buffer.from(payload), options));
      assert.equal(hexOf(written(OPCODE_BINARY, payload, masked, mask)), expected.toString('hex'), `${length} bytes, masked ${masked}`);
    }
  }
});

test('a header written alone leaves room for a payload masked in place', () => {
  const out = new Uint8Array(64);
  const at = writeFrameHeader(out, 1, OPCODE_TEXT, 5, true, 0x3d21fa37);
  out.set(fromText('Hello'), at);
  maskBytes(out, at, at + 5, 0x3d21fa37);
  assert.equal(hexOf(out, 1, at + 5), '818537fa213d7f9f4d5158');
});

test('masking agrees with the formula of section 5.3 at every start and length, and undoes itself', (t) => {
  const prng = seededPrng(t);
  for (let round = 0; round < 800; round++) {
    const bytes = randomBytes(prng, 1400);
    const start = prng.between(0, 9);
    const end = start + (round % 2 === 0 ? prng.between(0, 20) : prng.between(500, 1300));
    const mask = round % 20 === 0 ? 0 : prng.nextU32();
    const expected = bytes.map((byte, i) => (i < start || i >= end ? byte : byte ^ ((mask >>> (8 * ((i - start) & 3))) & 0xff)));
    const changed = bytes.slice();
    maskBytes(changed, start, end, mask);
    assert.deepEqual(changed, expected);
    maskBytes(changed, start, end, mask);
    assert.deepEqual(changed, bytes);
  }
});

test('a close frame holds its code, and none for 1005', () => {
  const out = new Uint8Array(20);
  assert.equal(hexOf(out, 0, writeCloseFrame(out, 0, 1000, false, 0)), '880203e8');
  assert.equal(hexOf(out, 0, writeCloseFrame(out, 0, 4201, true, 0x04030201)), '88820102030411 6b'.replace(' ', ''));
  assert.equal(hexOf(out, 0, writeCloseFrame(out, 0, 1005, false, 0)), '8800');
});

test('close codes are those that ws lets through', () => {
  const allowed = (code: number): boolean =>
    (code >= 1000 && code <= 1014 && code !== 1004 && code !== 1005 && code !== 1006) || (code >= 3000 && code <= 4999);
  for (let code = 0; code <= 5100; code++) assert.equal(isCloseCode(code), allowed(code), String(code));
});
