import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readyLine } from '../../src/run/ready-line.js';

test('the ready line of gwrk serve is understood', () => {
  const line =
    '{"event":"ready","ws":"ws://127.0.0.1:9000/v1/ws","http":"http://127.0.0.1:9001","admin":"http://127.0.0.1:9002","gateway":"uring","pid":17}';
  assert.deepEqual(readyLine(line), { pid: 17, http: 'http://127.0.0.1:9001', admin: 'http://127.0.0.1:9002', gateway: 'uring' });
});

for (const line of [
  '',
  'listening on 9000',
  '{',
  '{"event":"ready"',
  '{"event":"ready"}',
  '{"event":"up","pid":1}',
  '{"event":"ready","pid":"1"}',
  '[]',
  'null',
])
  test(`${JSON.stringify(line)} is not a ready line`, () => {
    assert.equal(readyLine(line), undefined);
  });
