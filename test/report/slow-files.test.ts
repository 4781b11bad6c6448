import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { readSlowRecord, type SlowRecord, writeSlowRecord } from '../../src/report/slow-files.js';

const directory = mkdtempSync(join(tmpdir(), 'gwrk-slow-'));
after(() => rmSync(directory, { recursive: true }));

const RECORD: SlowRecord = {
  operations: {
    thresholdUs: 150_000,
    total: 9,
    stalls: [{ worker: 1, startUs: 1, endUs: 2 }],
    kept: [
      {
        worker: 1,
        row: 2,
        name: 'op move',
        signed: false,
        sequence: 3,
        intendedUs: 1.5,
        sentUs: 2,
        doneUs: 9,
        outcome: 'ok',
        local: '[::1]:7',
      },
      { worker: 0, row: 0, name: 'send', signed: false, intendedUs: 1, sentUs: 2, doneUs: 3, outcome: 'timeout' },
    ],
  },
  targets: ['[::1]:9000'],
  causes: {
    threads: 2,
    queues: 0,
    operationsAskStore: false,
    kernel: { source: 'bpftrace', reasons: ['it works'], drops: 1 },
    completeFromUs: { GC: 5, RETRANSMIT: 6 },
    clockErrorUs: 12,
    causes: [
      { kind: 'RETRANSMIT', startUs: 4, endUs: 4, local: 'a', remote: 'b' },
      { kind: 'GC', startUs: 4, endUs: 6, thread: 1, pauseUs: 2 },
    ],
  },
};

test('what a run keeps of its slow operations is read as it was written', async () => {
  await writeSlowRecord(directory, RECORD);
  assert.deepEqual(await readSlowRecord(directory), RECORD);
  const unasked = { ...RECORD, causes: { unknown: 'nobody was asked' } };
  await writeSlowRecord(directory, unasked);
  assert.deepEqual(await readSlowRecord(directory), unasked);
});

test('anything else is refused with the name of the file', async () => {
  const refused = async (name: string, text: string): Promise<void> => {
    await writeSlowRecord(directory, RECORD);
    writeFileSync(join(directory, name), text);
    await assert.rejects(readSlowRecord(directory), (error: Error & { code?: string; details?: { where?: string } }) => {
      assert.equal(error.code, 'GWRK_REPORT_UNREADABLE');
      return true;
    });
  };
  for (const text of ['', 'x', '[]', '{}', '{"thresholdUs":1,"total":1,"targets":[1],"stalls":[]}']) await refused('slow-ops.jsonl', text);
  for (const text of ['', '{', '{"schema":"gwrk/causes/2"}', '{"schema":"gwrk/causes/1","threads":"1"}'])
    await refused('causes.jsonl', text);
  await refused('slow-ops.jsonl', '{"thresholdUs":1,"total":1,"targets":[],"stalls":[]}\n{"worker":0}\n');
  await assert.rejects(readSlowRecord(join(directory, 'absent')), { code: 'GWRK_REPORT_UNREADABLE' });
});

test('a cause of another form is left out: a newer server may know more kinds', async () => {
  await writeSlowRecord(directory, RECORD);
  const facts = '{"schema":"gwrk/causes/1","threads":1,"kernel":{"source":"none"},"completeFromUs":{}}';
  const entries = [
    '{"kind":"DISK","startUs":1,"endUs":2}',
    '{"kind":"GC","startUs":2,"endUs":1}',
    '{"kind":"GC","startUs":1,"endUs":2}',
    '7',
  ];
  writeFileSync(join(directory, 'causes.jsonl'), [facts, ...entries].join('\n'));
  const { causes } = await readSlowRecord(directory);
  assert.ok(!('unknown' in causes));
  assert.deepEqual(causes.causes, [{ kind: 'GC', startUs: 1, endUs: 2 }]);
});
