import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { appendFileSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import * as zlib from 'node:zlib';
import { AuditFile } from '../../../reference-server/audit/audit-file.js';
import { logFiles } from '../../../reference-server/audit/log-files.js';
import { printable } from '../../../reference-server/audit/printable.js';
import { verifyLog } from '../../../reference-server/audit/verify-log.js';
import { freshDirectory, openLog } from './log-fixture.js';

const linesOf = (path: string): string[] => readFileSync(path, 'utf8').split('\n').slice(0, -1);
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
const { crc32 } = zlib as { crc32?: (data: string) => number };

test('each line is JSON with the SHA-256 of the line before it, the first one with zeros', (t) => {
  const path = join(freshDirectory(t), 'a.log');
  const { file, note } = openLog(path);
  for (let i = 0; i < 100; i++) note('auth.ok', { sid: `s${i}`, seq: i, detail: i % 2 ? undefined : 'ä "quoted" \\ text' });
  assert.ok(file.flush(0));
  const lines = linesOf(path);
  assert.equal(lines.length, 100);
  let prev = '0'.repeat(64);
  for (const [i, line] of lines.entries()) {
    const fields = JSON.parse(line);
    assert.equal(fields.prev, prev);
    assert.deepEqual([fields.v, fields.ev, fields.sid, fields.seq, fields.wall], [1, 'auth.ok', `s${i}`, i, 1.7e12]);
    assert.equal('detail' in fields, i % 2 === 0);
    prev = sha256(line);
  }
});

test('the checksum of a line is the CRC-32 of its bytes before it', (t) => {
  if (crc32 === undefined) return t.skip('this Node has no zlib.crc32');
  const path = join(freshDirectory(t), 'a.log');
  const { file, note } = openLog(path);
  for (let i = 0; i < 50; i++) note('close', { detail: 'ü'.repeat(i) });
  file.flush(0);
  for (const line of linesOf(path)) {
    const end = line.lastIndexOf(',"crc":');
    assert.equal(JSON.parse(line).crc, crc32(line.slice(0, end)).toString(16).padStart(8, '0'));
  }
});

test('a restart goes on with the chain of the file', async (t) => {
  const path = join(freshDirectory(t), 'a.log');
  for (let run = 0; run < 3; run++) {
    const { file, note } = openLog(path);
    note('audit.start');
    note('auth.ok');
    file.flush(0);
    file.close();
  }
  const { fault, lines, beginsLater } = await verifyLog([path]);
  assert.deepEqual({ fault, lines, beginsLater }, { fault: undefined, lines: 6, beginsLater: false });
});

test('a line that a crash cut off is removed, its bytes are counted, and the chain goes on before it', async (t) => {
  const path = join(freshDirectory(t), 'a.log');
  const first = openLog(path);
  first.note('auth.ok');
  first.file.flush(0);
  first.file.close();
  const size = statSync(path).size;
  appendFileSync(path, '{"v":1,"ev":"auth.ok","mo');
  const second = openLog(path);
  assert.equal(second.file.tornBytes, 25);
  assert.equal(statSync(path).size, size);
  second.note('auth.ok');
  second.file.flush(0);
  assert.equal((await verifyLog([path])).lines, 2);
});

test('a file that is no audit log is refused and stays as it was', (t) => {
  const directory = freshDirectory(t);
  for (const text of ['root:x:0:0\n', 'one line without an end', '{"level":30,"msg":"another log"}\n', '\n']) {
    const path = join(directory, 'other');
    writeFileSync(path, text);
    assert.throws(() => openLog(path), { code: 'GWRK_USAGE', message: /not an audit log/u });
    assert.equal(readFileSync(path, 'utf8'), text);
  }
});

test('a file that cannot be opened is refused with the reason', (t) => {
  const directory = freshDirectory(t);
  writeFileSync(join(directory, 'file'), '');
  assert.throws(() => openLog(join(directory, 'file', 'a.log')), { code: 'GWRK_OUTPUT_UNWRITABLE' });
  assert.throws(() => openLog(directory), { code: 'GWRK_OUTPUT_UNWRITABLE' });
});

test('the log is rotated before it is larger than allowed, keeps as many files as allowed, and the chain goes through them', async (t) => {
  const directory = freshDirectory(t);
  const path = join(directory, 'a.log');
  const { file, note } = openLog(path, { maxBytes: 65_536, maxFiles: 3 });
  for (let i = 0; i < 2_000; i++) {
    note('auth.ok', { detail: 'x'.repeat(100) });
    if (i % 7 === 0) file.flush(0);
  }
  file.flush(0);
  assert.deepEqual(readdirSync(directory).sort(), ['a.log', 'a.log.1', 'a.log.2']);
  for (const name of readdirSync(directory)) assert.ok(statSync(join(directory, name)).size <= 65_536, name);
  assert.ok(file.rotations > 4);
  const verified = await verifyLog(logFiles([path]));
  assert.equal(verified.fault, undefined);
  assert.deepEqual([verified.files, verified.beginsLater], [3, true]);
  // A file that is missing between two others is found.
  const gap = await verifyLog([`${path}.2`, path]);
  assert.deepEqual([gap.fault?.file, gap.fault?.line], [path, 1]);
});

test('files are read oldest first, whatever order they are named in, each once', (t) => {
  const directory = freshDirectory(t);
  const path = join(directory, 'a.log');
  for (const name of ['a.log', 'a.log.1', 'a.log.2', 'a.log.10', 'a.log.gz']) writeFileSync(join(directory, name), '');
  const all = [`${path}.10`, `${path}.2`, `${path}.1`, path];
  assert.deepEqual(logFiles([path]), all);
  assert.deepEqual(logFiles([path, `${path}.1`, `${path}.2`]), all);
  assert.deepEqual(logFiles([`${path}.1`, `${path}.2`]), [`${path}.2`, `${path}.1`]);
});

test('one file only is started afresh when it is full', async (t) => {
  const directory = freshDirectory(t);
  const path = join(directory, 'a.log');
  const { file, note } = openLog(path, { maxBytes: 65_536, maxFiles: 1 });
  for (let i = 0; i < 1_000; i++) note('auth.ok');
  file.flush(0);
  assert.deepEqual(readdirSync(directory), ['a.log']);
  assert.equal((await verifyLog([path])).fault, undefined);
});

const FORGERIES = ['\r\n', '\n', '\r', '\u0000', '\u001b[31m', '\u001b]0;title\u0007', '\u0008\u0008', '\u007f', '\u0085', '\u009b31m'];
const MORE = ['\u2028', '\u2029', '\u202e', '\u2066', '\u200e', '\ufeff', '\u0090', '\u001bc', '\u000b', '\u000c'];

test('40 strings with line breaks and escapes stay one line each and bring no control character (S15)', async (t) => {
  const path = join(freshDirectory(t), 'a.log');
  const { file, note } = openLog(path);
  const hostile = [...FORGERIES, ...MORE].flatMap((bad) => [`${bad}x`, `ok${bad}{"ev":"auth.ok","prev":"${'0'.repeat(64)}"}${bad}`]);
  assert.equal(hostile.length, 40);
  for (const text of hostile) note('auth.fail', { peer: text, detail: text });
  file.flush(0);
  const lines = linesOf(path);
  assert.equal(lines.length, 40);
  for (const line of lines) {
    assert.doesNotMatch(line, /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
    assert.doesNotMatch(JSON.parse(line).detail, /[\p{Cc}\p{Zl}\p{Zp}]/u);
  }
  assert.equal((await verifyLog([path])).lines, 40);
  assert.equal(printable('plain ä 字 text'), 'plain ä 字 text');
});

test('a log that was rotated and lost its newest file goes on from the one before', async (t) => {
  const directory = freshDirectory(t);
  const path = join(directory, 'a.log');
  const first = openLog(`${path}.1`);
  first.note('auth.ok');
  first.file.flush(0);
  const file = new AuditFile({ path, maxBytes: 1e6, maxFiles: 3, maxWaitingBytes: 1e6 });
  assert.equal(file.goesOn, true);
  file.close();
  const again = openLog(path);
  again.log.goOn(1, 1);
  again.file.flush(0);
  assert.equal((await verifyLog(logFiles([path]))).fault, undefined);
});
