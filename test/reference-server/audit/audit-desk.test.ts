import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { Registry } from 'prom-client';
import { AuditDesk, type AuditDeskOptions } from '../../../reference-server/audit/audit-desk.js';
import { SessionTrail } from '../../../reference-server/audit/session-trail.js';
import { verifyLog } from '../../../reference-server/audit/verify-log.js';
import { systemClock } from '../../../src/core/clock.js';
import { freshDirectory } from './log-fixture.js';

const options = (changes: Partial<AuditDeskOptions>): AuditDeskOptions => ({
  file: undefined,
  kernelEvents: 'none',
  gatewayThreads: 2,
  clock: systemClock,
  registry: new Registry(),
  onRetransmit: () => {},
  onWord: () => {},
  ...changes,
});

test('without a log there is no thread, no ring and no metric, and an event is nothing', async () => {
  const registry = new Registry();
  const desk = await AuditDesk.start(options({ registry }));
  assert.equal(desk.ringOf(0), undefined);
  desk.note('login.ok', { uid: 'x' });
  desk.watchKernel(1);
  assert.equal(desk.kernel, undefined);
  assert.equal(await registry.metrics(), '\n');
  await desk.end();
});

test('events of all threads reach the log in the order of their time, those of the last moment too', async (t) => {
  const path = join(freshDirectory(t), 'new', 'a.log');
  const desk = await AuditDesk.start(options({ file: { path, maxBytes: 1e9, maxFiles: 2 } }));
  const trails = [0, 1].map((thread) => new SessionTrail(desk.ringOf(thread)!));
  const sid = new Uint8Array(16);
  for (let i = 0; i < 1_000; i++) trails[i % 2]!.critical(sid, 0, 0, i + 1, i, 1);
  desk.note('login.ok');
  await desk.end();
  const seen: [unknown, unknown][] = [];
  const { fault } = await verifyLog([path], ({ ev, seq }) => seen.push([ev, seq]));
  assert.equal(fault, undefined);
  assert.deepEqual(seen.at(-1), ['audit.stop', undefined]);
  assert.deepEqual(seen.at(-2), ['login.ok', undefined]);
  const seqs = seen.slice(0, -2).map(([, seq]) => Number(seq));
  assert.equal(seqs.length, 1_000);
  // Two rings may be read between two writes: each keeps its own order at least.
  for (const odd of [0, 1])
    assert.deepEqual(
      seqs.filter((seq) => seq % 2 === odd),
      [...seqs].filter((seq) => seq % 2 === odd).sort((a, b) => a - b),
    );
});

test('a log that cannot be opened refuses the start with its code, and no thread is left', async (t) => {
  const path = join(freshDirectory(t), 'other');
  writeFileSync(path, 'something else\n');
  const refused = AuditDesk.start(options({ file: { path, maxBytes: 1e9, maxFiles: 2 } }));
  await assert.rejects(refused, { name: 'GwrkError', code: 'GWRK_USAGE', exitCode: 104, message: /not an audit log/u });
});
