import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { AuditFile } from '../../../reference-server/audit/audit-file.js';
import { AuditLog } from '../../../reference-server/audit/audit-log.js';
import { noteInto } from '../../../reference-server/audit/audit-note.js';
import { AuditPump } from '../../../reference-server/audit/audit-pump.js';
import { AuditRingWriter, createAuditRing } from '../../../reference-server/audit/audit-ring.js';
import { AuditStatus } from '../../../reference-server/audit/audit-status.js';
import { verifyLog } from '../../../reference-server/audit/verify-log.js';
import { parseServeOptions } from '../../../reference-server/options.js';
import { startServer } from '../../../reference-server/server.js';
import { systemClock } from '../../../src/core/clock.js';
import { ask, DFP, FREE_PORTS, SECRETS } from '../server/http-client.js';
import { freshDirectory, openLog } from './log-fixture.js';

/** A file system of 1 MiB, or undefined with the reason told. */
function smallDisk(t: TestContext): string | undefined {
  let isMounted = false;
  t.after(() => isMounted && execFileSync('umount', ['-l', place])); // before the directory goes
  const place = join(freshDirectory(t), 'disk');
  mkdirSync(place);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', place], { stdio: 'pipe' });
  } catch (error) {
    t.skip(`a small tmpfs cannot be mounted here: ${(error as Error).message.split('\n').at(-1)}`);
    return undefined;
  }
  isMounted = true;
  return place;
}

test('a full disk lets lines wait in memory, in order; with room again they are written and the chain holds', async (t) => {
  const disk = smallDisk(t);
  if (disk === undefined) return;
  const path = join(disk, 'a.log');
  const { file, note } = openLog(path);
  for (let i = 0; i < 6_000; i++) note('auth.ok', { seq: i, detail: 'x'.repeat(100) });
  assert.equal(file.flush(0), false);
  assert.ok(file.waitingBytes > 500_000);
  assert.ok(statSync(path).size > 900_000);
  assert.equal(file.flush(500), false, 'it is tried again after a second');
  assert.equal(file.failures, 1);
  execFileSync('mount', ['-o', 'remount,size=16m', disk]);
  assert.equal(file.flush(1_500), true);
  assert.equal(file.waitingBytes, 0);
  const { lines, fault } = await verifyLog([path]);
  assert.deepEqual({ lines, fault }, { lines: 6_000, fault: undefined });
  const seqs = readFileSync(path, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line).seq);
  assert.deepEqual(seqs, [...seqs.keys()]);
});

test('what memory cannot hold either is counted, and told by a line of its own once there is room', async (t) => {
  const disk = smallDisk(t);
  if (disk === undefined) return;
  const path = join(disk, 'a.log');
  const file = new AuditFile({ path, maxBytes: 1e9, maxFiles: 2, maxWaitingBytes: 300_000 });
  const log = new AuditLog(file);
  const ring = createAuditRing();
  const status = new AuditStatus();
  const pump = new AuditPump([ring], log, file, status);
  const writer = new AuditRingWriter(ring, 0);
  for (let round = 0; round < 10; round++) {
    for (let i = 0; i < 1_000; i++) noteInto(writer, round * 1_000 + i, 'auth.fail', { detail: 'x'.repeat(100) });
    pump.drain();
  }
  const lost = status.get('lostDisk');
  assert.ok(lost > 1_000, String(lost));
  assert.equal(status.get('lostRing'), 0);
  assert.ok(status.get('waitingBytes') <= 300_000);
  execFileSync('mount', ['-o', 'remount,size=16m', disk]);
  file.flush(performance.now() + 10_000);
  pump.drain();
  pump.end(0);
  const counts: Record<string, number> = {};
  let told = 0;
  const { fault } = await verifyLog([path], (fields) => {
    counts[String(fields.ev)] = (counts[String(fields.ev)] ?? 0) + 1;
    if (fields.ev === 'audit.lost') told = Number(fields.lost);
  });
  assert.equal(fault, undefined);
  assert.deepEqual([told, counts['auth.fail']! + lost], [lost, 10_000]);
});

test('the log on a full disk rotates when there is room again, and the old files make no gap', async (t) => {
  const disk = smallDisk(t);
  if (disk === undefined) return;
  const path = join(disk, 'a.log');
  writeFileSync(join(disk, 'ballast'), Buffer.alloc(700_000));
  const { file, note } = openLog(path, { maxBytes: 100_000, maxFiles: 100 });
  for (let i = 0; i < 3_000; i++) note('auth.ok', { seq: i });
  assert.equal(file.flush(0), false);
  rmSync(join(disk, 'ballast'));
  assert.equal(file.flush(2_000), true);
  const files = Array.from({ length: file.rotations }, (_, i) => `${path}.${file.rotations - i}`);
  const { fault, beginsLater } = await verifyLog([...files, path]);
  assert.deepEqual({ fault, beginsLater }, { fault: undefined, beginsLater: false });
});

test('a server whose audit disk is full goes on answering, and says so in its metrics', async (t) => {
  const disk = smallDisk(t);
  if (disk === undefined) return;
  const path = join(disk, 'a.log');
  writeFileSync(join(disk, 'ballast'), Buffer.alloc(1_048_576 - 8_192));
  const flags = [...FREE_PORTS, '--proof', 'none', '--audit', path, '--kernel-events', 'none'];
  const server = await startServer(parseServeOptions(flags, SECRETS), systemClock);
  try {
    const metric = async (name: string): Promise<number> => {
      const { text } = await ask(server.adminPort, '/metrics');
      return Number(new RegExp(`^${name} (\\S+)$`, 'mu').exec(text)?.[1]);
    };
    for (let n = 0; (await metric('gwrk_audit_write_failures_total')) === 0; n++) {
      assert.ok(n < 500, 'the disk was never full');
      assert.equal((await ask(server.httpPort, '/v1/login', { body: JSON.stringify({ uid: `p${n}`, dfp: DFP }) })).status, 200);
    }
    assert.ok((await metric('gwrk_audit_waiting_bytes')) > 0);
    assert.equal((await ask(server.httpPort, '/readyz')).status, 200);
    assert.equal((await ask(server.httpPort, '/v1/login', { body: JSON.stringify({ uid: 'last', dfp: DFP }) })).status, 200);
    rmSync(join(disk, 'ballast'));
  } finally {
    await server.stop();
  }
  const events: string[] = [];
  const { fault } = await verifyLog([path], ({ ev }) => events.push(String(ev)));
  assert.equal(fault, undefined);
  assert.equal(events.at(-1), 'audit.stop');
  assert.ok(events.filter((ev) => ev === 'login.ok').length > 5);
});
