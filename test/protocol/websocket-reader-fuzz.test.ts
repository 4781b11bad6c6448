import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameReader } from '../../src/protocol/websocket-reader.js';
import { frame, join, LIMITS } from './frame-log.js';
import { randomBytes, seededPrng } from './random-bytes.js';

const CASES = 200_000;

test(`${CASES} chunks of garbage and damaged frames: nothing throws, every range lies inside, memory stays flat`, (t) => {
  const prng = seededPrng(t);
  let calls = 0;
  let errors = 0;
  const inside = (row: number, bytes: Uint8Array, start: number, end: number): void => {
    calls++;
    if (row < 0 || row >= 64 || start < 0 || end < start || end > bytes.length)
      assert.fail(`row ${row}, ${start}..${end} of ${bytes.length}`);
  };
  const reader = new FrameReader(
    { ...LIMITS, capacity: 64 },
    {
      onMessage: (row, opcode, bytes, start, end) => {
        inside(row, bytes, start, end);
        if ((opcode !== 1 && opcode !== 2) || end - start > LIMITS.maxMessageBytes) assert.fail(`opcode ${opcode}, ${end - start} bytes`);
      },
      onPing: inside,
      onPong: inside,
      onCloseFrame: (row, _code, bytes, start, end) => {
        inside(row, bytes, start, end);
        reader.reset(row);
      },
      onProtocolError: (row, closeCode) => {
        errors++;
        if (![1002, 1007, 1008, 1009].includes(closeCode)) assert.fail(`close code ${closeCode}`);
        reader.reset(row);
      },
    },
  );
  const valid = join(
    frame(0x82, new Uint8Array(40)),
    frame(0x01, 'text'),
    frame(0x80, 'more'),
    frame(0x89, 'ping'),
    frame(0x82, new Uint8Array(200)),
    frame(0x88, new Uint8Array([3, 232])),
  );
  const garbage = randomBytes(prng, 65536);
  const chunk = new Uint8Array(512);
  let heapAfterWarmUp = 0;
  for (let round = 0; round < CASES; round++) {
    const length = prng.between(1, 300);
    if ((round & 1) === 0) {
      const at = prng.between(0, garbage.length - 512);
      for (let i = 0; i < length; i++) chunk[i] = garbage[at + i]!;
    } else {
      const at = prng.between(0, valid.length - 1);
      for (let i = 0; i < length; i++) chunk[i] = valid[(at * (round & 2 ? 1 : 0) + i) % valid.length]!;
      for (let flips = prng.between(0, 2); flips > 0; flips--) chunk[prng.between(0, length - 1)]! ^= 1 << prng.between(0, 7);
    }
    reader.push(prng.between(0, 63), chunk, 0, length);
    if (round === 20_000) heapAfterWarmUp = heldBytes();
  }
  assert.ok(calls > CASES / 20 && errors > CASES / 20, `${calls} calls and ${errors} errors: the cases reach both`);
  assert.ok(reader.rowsWithLeftovers <= 128);
  assert.ok(heldBytes() - heapAfterWarmUp < 16_000_000, 'what 64 rows may hold is below 64 * 2 * 8 KiB');
});

function heldBytes(): number {
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
