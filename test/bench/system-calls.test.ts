import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type TestContext, test } from 'node:test';
import { countSystemCalls } from '../../src/bench/system-calls.js';

const CALLS = 5_000;

/** A process that makes so many system calls when it reads a line, and then says so. */
function caller(t: TestContext) {
  const code = `process.stdin.once('data', () => { for (let i = 0; i < ${CALLS}; i++) require('fs').fstatSync(1); console.log('done'); });
    setInterval(() => {}, 1e6); console.log('ready');`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.after(() => child.kill('SIGKILL'));
  return child;
}

for (const program of ['perf', 'strace'] as const) {
  test(`${program} counts the system calls that a process makes meanwhile`, async (t) => {
    const child = caller(t);
    await once(child.stdout, 'data');
    const ask = async (): Promise<void> => {
      child.stdin.write('go\n');
      await once(child.stdout, 'data');
    };
    const { count } = await countSystemCalls(child.pid!, ask, [program]);
    if ('reason' in count) return t.skip(count.reason);
    assert.equal(count.by, program);
    assert.ok(count.calls >= CALLS && count.calls < 2 * CALLS, `${count.calls}`);
  });
}

test('where nothing can count, the work is done all the same and the reason is said', async () => {
  const { value, count } = await countSystemCalls(2 ** 22 + 1, async () => 'done', ['strace', 'perf']);
  assert.equal(value, 'done');
  assert.match((count as { reason: string }).reason, /cannot be counted here \(strace: .+; perf: .+\)/u);
});
