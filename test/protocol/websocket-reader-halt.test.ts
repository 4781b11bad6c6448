import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FrameReader } from '../../src/protocol/websocket-reader.js';
import { feed, frame, join, loggingReader } from './frame-log.js';

const three = join(frame(0x82, 'a'), frame(0x82, 'b'), frame(0x82, 'c'));
const messages = (log: readonly (readonly (string | number)[])[]): string =>
  log.map((entry) => (entry[0] === 'message' ? Buffer.from(String(entry[3]), 'hex').toString() : `<${entry[0]}>`)).join('');

/** A reader that runs `act` inside the first callback. */
function actingReader(act: (reader: FrameReader) => void): ReturnType<typeof loggingReader> {
  let done = false;
  const made = loggingReader({}, () => {
    if (done) return;
    done = true;
    act(made.reader);
  });
  return made;
}

test('a halt inside a callback keeps the rest of the chunk, wherever it is cut, and resume hands it on', () => {
  for (let cut = 0; cut <= three.length; cut++) {
    const { reader, log } = actingReader((self) => self.halt(0));
    feed(reader, 0, three, 0, cut);
    feed(reader, 0, three, cut);
    assert.equal(messages(log), 'a', `cut at ${cut}`);
    assert.equal(reader.isHalted(0), true);
    reader.resume(0);
    assert.equal(messages(log), 'abc', `cut at ${cut}`);
    assert.equal(reader.isHalted(0), false);
    assert.equal(reader.rowsWithLeftovers, 0);
  }
});

test('a halt from outside keeps everything that comes, half frames included', () => {
  const { reader, log } = loggingReader();
  feed(reader, 0, three, 0, 3);
  reader.halt(0);
  for (let at = 3; at < three.length - 1; at++) feed(reader, 0, three, at, at + 1);
  assert.equal(messages(log), '');
  reader.resume(0);
  assert.equal(messages(log), 'ab');
  feed(reader, 0, three, three.length - 1);
  assert.equal(messages(log), 'abc');
});

test('halting and resuming inside the same callback changes nothing', () => {
  const { reader, log } = actingReader((self) => {
    self.halt(0);
    self.resume(0);
  });
  feed(reader, 0, three);
  assert.equal(messages(log), 'abc');
});

test('a callback during resume may halt again', () => {
  const { reader, log } = loggingReader({}, (row) => reader.halt(row));
  feed(reader, 0, three);
  for (const expected of ['a', 'ab', 'abc', 'abc']) {
    assert.equal(messages(log), expected);
    reader.resume(0);
  }
  assert.equal(reader.rowsWithLeftovers, 0);
});

test('one row can resume another from inside its callback', () => {
  const { reader, log } = loggingReader({}, (row) => {
    if (row === 1) reader.resume(0);
  });
  reader.halt(0);
  feed(reader, 0, three);
  feed(reader, 1, frame(0x82, 'x'));
  assert.equal(messages(log), 'xabc');
});

test('a reset inside a callback drops the rest of the chunk and frees the row', () => {
  for (let cut = 0; cut <= three.length; cut++) {
    const { reader, log } = actingReader((self) => self.reset(0));
    feed(reader, 0, three, 0, cut);
    if (log.length === 0) feed(reader, 0, three, cut);
    assert.equal(messages(log), 'a', `cut at ${cut}`);
    assert.equal(reader.rowsWithLeftovers, 0);
    feed(reader, 0, frame(0x82, 'n'));
    assert.equal(messages(log), 'an');
  }
});

test('a row that was reset and used again inside a callback is not continued by the old chunk', () => {
  const { reader, log } = actingReader((self) => {
    self.reset(0);
    feed(self, 0, frame(0x82, 'new'));
  });
  feed(reader, 0, three);
  assert.equal(messages(log), 'anew');
});

test('reset forgets half a frame, a half-assembled message and a halt', () => {
  const { reader, log } = loggingReader();
  feed(reader, 0, join(frame(0x02, 'half'), frame(0x80, 'rest')), 0, 14);
  assert.equal(reader.rowsWithLeftovers, 2);
  reader.halt(0);
  reader.reset(0);
  assert.equal(reader.rowsWithLeftovers, 0);
  feed(reader, 0, frame(0x82, 'x'));
  assert.equal(messages(log), 'x');
});

test('more bytes behind a halt than allowed end the stream with 1008', () => {
  const { reader, log } = loggingReader({ maxHaltedBytes: 100 });
  reader.halt(0);
  const chunk = new Uint8Array(1000);
  for (let i = 0; i < 6; i++) feed(reader, 0, chunk);
  assert.deepEqual(log, [['error', 0, 1008]]);
  assert.equal(reader.rowsWithLeftovers, 0);
});

test('pushing from inside a callback of the same row is a programming error', () => {
  const { reader } = actingReader((self) => feed(self, 0, three));
  assert.throws(() => feed(reader, 0, three), /same row/);
});
