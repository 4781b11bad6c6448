import assert from 'node:assert/strict';
import { test } from 'node:test';
import { feed, frame, join, loggingReader } from './frame-log.js';
import { fromHex, hexOf, randomBytes, seededPrng } from './random-bytes.js';

const closeBody = (code: number, reason: Uint8Array | string = ''): Uint8Array =>
  join(new Uint8Array([code >> 8, code & 0xff]), new Uint8Array(Buffer.from(reason as string)));

test('several frames in one chunk are handed on in order, in place', () => {
  const { reader, log } = loggingReader();
  const bytes = join(frame(0x82, 'ab'), frame(0x89, 'p'), frame(0x8a, ''), frame(0x81, 'é'), frame(0x88, closeBody(1001, 'bye')));
  reader.push(2, bytes, 0, bytes.length);
  assert.deepEqual(log, [
    ['message', 2, 2, hexOf(new Uint8Array(Buffer.from('ab')))],
    ['ping', 2, '70'],
    ['pong', 2, ''],
    ['message', 2, 1, 'c3a9'],
    ['close', 2, 1001, '627965'],
  ]);
  assert.equal(Buffer.from(bytes.subarray(6, 8)).toString(), 'ab', 'unmasked in the chunk itself');
  assert.equal(reader.rowsWithLeftovers, 0);
});

test('one byte at a time and every split of two give what the whole chunk gives', () => {
  const bytes = join(
    frame(0x01, 'h\u00e9'.slice(0, 1)),
    frame(0x89, 'in between'),
    frame(0x00, fromHex('c3')),
    frame(0x80, fromHex('a9')),
    frame(0x82, new Uint8Array(300).fill(7)),
    frame(0x82, ''),
    frame(0x88, closeBody(4201)),
    frame(0x82, 'ignored'),
  );
  const whole = loggingReader();
  feed(whole.reader, 1, bytes);
  assert.deepEqual(
    whole.log.map(([what]) => what),
    ['ping', 'message', 'message', 'message', 'close'],
  );
  const single = loggingReader();
  for (let at = 0; at < bytes.length; at++) feed(single.reader, 1, bytes, at, at + 1);
  assert.deepEqual(single.log, whole.log);
  for (let cut = 0; cut <= bytes.length; cut++) {
    const split = loggingReader();
    feed(split.reader, 1, bytes, 0, cut);
    feed(split.reader, 1, bytes, cut);
    assert.deepEqual(split.log, whole.log, `cut at ${cut}`);
    assert.equal(split.reader.rowsWithLeftovers, 0);
  }
});

test('rows do not mix, however their chunks alternate', (t) => {
  const prng = seededPrng(t);
  const { reader, log } = loggingReader();
  const streams = Array.from({ length: 8 }, (_, row) =>
    join(...Array.from({ length: 20 }, (_, n) => frame(0x82, `row ${row} message ${n}`))),
  );
  const at = new Array<number>(8).fill(0);
  while (at.some((position, row) => position < streams[row]!.length)) {
    const row = prng.between(0, 7);
    const end = Math.min(streams[row]!.length, at[row]! + prng.between(1, 40));
    feed(reader, row, streams[row]!, at[row]!, end);
    at[row] = end;
  }
  for (let row = 0; row < 8; row++) {
    const texts = log.filter((entry) => entry[1] === row).map((entry) => Buffer.from(String(entry[3]), 'hex').toString());
    assert.deepEqual(
      texts,
      Array.from({ length: 20 }, (_, n) => `row ${row} message ${n}`),
    );
  }
  assert.equal(reader.rowsWithLeftovers, 0);
});

const FAULTS: readonly [name: string, bytes: Uint8Array, closeCode: number][] = [
  ['reserved bit 1', frame(0xc2, 'x'), 1002],
  ['reserved bit 3', frame(0x92, 'x'), 1002],
  ['opcode 3', frame(0x83, 'x'), 1002],
  ['opcode 11', frame(0x8b, 'x'), 1002],
  ['an unmasked frame', frame(0x82, 'x', null), 1002],
  ['a fragmented ping', frame(0x09, 'x'), 1002],
  ['a ping of 126 bytes', frame(0x89, 'x'.repeat(126)), 1002],
  ['a continuation without a beginning', frame(0x80, 'x'), 1002],
  ['a new message inside a fragmented one', join(frame(0x02, 'x'), frame(0x82, 'y')), 1002],
  ['a length with its top bit set', fromHex('82ff8000000000000000'), 1002],
  ['a close frame of one byte', frame(0x88, 'x'), 1002],
  ['close code 1005', frame(0x88, closeBody(1005)), 1002],
  ['close code 1006', frame(0x88, closeBody(1006)), 1002],
  ['close code 1016', frame(0x88, closeBody(1016)), 1002],
  ['close code 999', frame(0x88, closeBody(999)), 1002],
  ['close code 5000', frame(0x88, closeBody(5000)), 1002],
  ['a close reason that is not UTF-8', frame(0x88, closeBody(1000, fromHex('ff'))), 1007],
  ['a text that is not UTF-8', frame(0x81, fromHex('c328')), 1007],
  ['a text that ends inside a character', frame(0x81, fromHex('e282')), 1007],
  ['a fragment with a surrogate', join(frame(0x01, fromHex('ed')), frame(0x00, fromHex('a0')), frame(0x80, fromHex('80'))), 1007],
  ['a fragmented text that ends inside a character', join(frame(0x01, 'a'), frame(0x80, fromHex('e282'))), 1007],
  ['a message of 4105 bytes', frame(0x82, 'x'.repeat(4105)), 1009],
  ['fragments of 4105 bytes together', join(frame(0x02, 'x'.repeat(4100)), frame(0x80, 'x'.repeat(5))), 1009],
  ['a frame of 2^60 bytes', fromHex('82ff1000000000000000'), 1009],
  ['a fifth fragment', join(frame(0x02, ''), frame(0x00, ''), frame(0x00, ''), frame(0x00, ''), frame(0x80, '')), 1008],
];

for (const [name, bytes, closeCode] of FAULTS) {
  test(`${name} ends the stream with ${closeCode}, in whole or by single bytes`, () => {
    for (const size of [bytes.length, 1]) {
      const { reader, log } = loggingReader();
      for (let at = 0; at < bytes.length; at += size) feed(reader, 3, bytes, at, at + size);
      feed(reader, 3, frame(0x82, 'behind the fault'));
      assert.deepEqual(
        log.filter(([what]) => what !== 'message'),
        [['error', 3, closeCode]],
      );
      assert.equal(log.length, 1, 'nothing else was handed on');
      assert.equal(reader.rowsWithLeftovers, 0, 'nothing is kept');
      reader.reset(3);
      feed(reader, 3, frame(0x82, 'x'));
      assert.deepEqual(log.at(-1), ['message', 3, 2, '78'], 'after reset the row works again');
    }
  });
}

test('a client refuses masked frames and takes unmasked ones', () => {
  const { reader, log } = loggingReader({ role: 'client' });
  feed(reader, 0, frame(0x82, 'x', null));
  feed(reader, 0, frame(0x82, 'x'));
  assert.deepEqual(log, [
    ['message', 0, 2, '78'],
    ['error', 0, 1002],
  ]);
});

test('the largest message allowed passes, whole and in four fragments', () => {
  const { reader, log } = loggingReader();
  feed(reader, 0, frame(0x82, 'x'.repeat(4104)));
  const quarter = 'x'.repeat(1026);
  feed(reader, 0, join(frame(0x02, quarter), frame(0x00, quarter), frame(0x00, quarter), frame(0x80, quarter)));
  assert.deepEqual(log, [
    ['message', 0, 2, '78'.repeat(4104)],
    ['message', 0, 2, '78'.repeat(4104)],
  ]);
});

test('a length is refused at its header, before the payload, and a claimed length allocates nothing', () => {
  const { reader, log } = loggingReader({ maxMessageBytes: 2 ** 30 });
  const before = process.memoryUsage().arrayBuffers;
  for (let row = 0; row < 8; row++) feed(reader, row, fromHex('82ff0000000020000000'.concat('01020304', 'aa')));
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000, 'eight claims of 512 MiB');
  assert.deepEqual(log, []);
  feed(reader, 0, fromHex('bb'));
  reader.reset(0);
  feed(reader, 0, fromHex('82ff0000000040000001'));
  assert.deepEqual(log, [['error', 0, 1009]]);
});

test('an empty close frame is 1005', () => {
  const { reader, log } = loggingReader();
  feed(reader, 0, frame(0x88, ''));
  assert.deepEqual(log, [['close', 0, 1005, '']]);
});

test('a long message that trickles in costs little more than its bytes', (t) => {
  const { reader, log } = loggingReader({ maxMessageBytes: 1 << 20 });
  const payload = randomBytes(seededPrng(t), 300000);
  const bytes = frame(0x82, payload);
  for (let at = 0; at < bytes.length; at += 1000) feed(reader, 0, bytes, at, Math.min(bytes.length, at + 1000));
  assert.equal(log.length, 1);
  assert.equal(log[0]![3], hexOf(payload));
});
