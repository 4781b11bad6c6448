import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ChainReader, verifyLog } from '../../../reference-server/audit/verify-log.js';
import { Prng } from '../../../src/core/prng.js';
import { freshDirectory, openLog, seed } from './log-fixture.js';

const LINES = 10_000;
const random = new Prng(seed);

function writeLog(path: string): Buffer {
  const { file, note } = openLog(path);
  for (let i = 0; i < LINES; i++) note('auth.ok', { sid: `s${i}`, peer: `10.0.0.1:${i}`, seq: i, code: '0000' });
  file.flush(0);
  file.close();
  return readFileSync(path);
}

function split(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  let from = 0;
  for (let end = bytes.indexOf(10); end >= 0; end = bytes.indexOf(10, from)) {
    lines.push(bytes.subarray(from, end));
    from = end + 1;
  }
  if (from < bytes.length) lines.push(bytes.subarray(from));
  return lines;
}

test(`a byte flipped in any of 10,000 lines is found at that line (GWRK_SEED=${seed})`, (t) => {
  const lines = split(writeLog(join(freshDirectory(t), 'a.log')));
  assert.equal(lines.length, LINES);
  const chain = new ChainReader();
  for (const [i, line] of lines.entries()) {
    for (let flips = 0; flips < 3; flips++) {
      const changed = Buffer.from(line);
      changed[random.between(0, line.length - 1)]! ^= random.between(1, 255);
      const before = chain.head;
      // A byte that became a line feed makes two lines of one.
      const pieces = split(Buffer.concat([changed, Buffer.from('\n')]));
      const read = chain.next(pieces[0]!, true, i + 1);
      assert.ok('fault' in read, `line ${i + 1}: ${changed.toString('latin1')}`);
      chain.head = before;
    }
    assert.ok('fields' in chain.next(line, true, i + 1));
  }
});

test(`a byte flipped anywhere in a file is named with its line, the last line and line feeds too (GWRK_SEED=${seed})`, async (t) => {
  const directory = freshDirectory(t);
  const good = writeLog(join(directory, 'a.log'));
  const path = join(directory, 'b.log');
  const feeds = [...good.keys()].filter((at) => good[at] === 10);
  const places = [
    0,
    good.length - 2,
    good.length - 1,
    feeds[0]!,
    feeds[5_000]!,
    ...Array.from({ length: 10 }, () => random.between(0, good.length - 1)),
  ];
  for (const at of places) {
    const changed = Buffer.from(good);
    changed[at]! ^= 1 << random.between(0, 7);
    writeFileSync(path, changed);
    const { fault } = await verifyLog([path]);
    const line = good.subarray(0, at).filter((byte) => byte === 10).length + 1;
    assert.equal(fault?.line, line, `byte ${at}: ${JSON.stringify(fault)}`);
  }
  assert.equal((await verifyLog([join(directory, 'a.log')])).fault, undefined);
});

test('an edit that makes its own checksum right is found at the line behind it, a removed, doubled or swapped line too', async (t) => {
  const directory = freshDirectory(t);
  const path = join(directory, 'a.log');
  const { file, note } = openLog(path);
  for (let i = 0; i < 20; i++) note('auth.ok', { seq: i });
  file.flush(0);
  const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
  // The same log, but with another line 7: its own checksum is right.
  const other = join(directory, 'other.log');
  const forged = openLog(other);
  for (let i = 0; i < 20; i++) forged.note('auth.ok', { seq: i === 6 ? 666 : i });
  forged.file.flush(0);
  const edited = readFileSync(other, 'utf8').split('\n')[6]!;
  const cases: [string, string[], number][] = [
    ['edited', lines.with(6, edited), 8],
    ['removed', lines.toSpliced(6, 1), 7],
    ['doubled', lines.toSpliced(6, 0, lines[6]!), 8],
    ['swapped', lines.with(6, lines[7]!).with(7, lines[6]!), 7],
    ['the first ones removed', lines.slice(3), 1],
    ['an empty line put in', lines.toSpliced(6, 0, ''), 7],
  ];
  for (const [what, changed, line] of cases) {
    writeFileSync(path, `${changed.join('\n')}\n`);
    const { fault } = await verifyLog([path]);
    assert.equal(fault?.line, line, `${what}: ${JSON.stringify(fault)}`);
  }
});

test('what was cut off at the end shows in the head, which is to be kept elsewhere', async (t) => {
  const path = join(freshDirectory(t), 'a.log');
  const { file, note } = openLog(path);
  for (let i = 0; i < 5; i++) note('auth.ok', { seq: i });
  file.flush(0);
  const whole = await verifyLog([path]);
  writeFileSync(path, `${readFileSync(path, 'utf8').split('\n').slice(0, 4).join('\n')}\n`);
  const cut = await verifyLog([path]);
  assert.equal(cut.fault, undefined);
  assert.notEqual(cut.head, whole.head);
});
