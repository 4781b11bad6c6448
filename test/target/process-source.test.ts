import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ProcessSource } from '../../src/target/process-source.js';
import { processTree } from '../../src/target/process-tree.js';
import { startChild, startNode } from '../profile/node-child.js';

const skip = process.platform === 'linux' ? false : 'only Linux has /proc';

test('CPU, memory, threads and descriptors of a process and of the child it starts are added up', { skip }, async (t) => {
  const code = `
    const { spawn } = require('node:child_process');
    process.on('SIGUSR2', () => {
      const child = spawn(process.execPath, ['-e', 'const end = Date.now() + 1e6; const hold = Buffer.alloc(60e6, 1); const to = process.cpuUsage().user + 4e5; while (process.cpuUsage().user < to); setInterval(() => hold, 1e6)']);
      process.on('exit', () => child.kill());
    });`;
  const { pid } = await startNode(t, [], code);
  const source = new ProcessSource([pid]);
  await source.begin();
  const before = source.look(1000);
  assert.ok(before.target_rss_bytes! > 10e6 && before.target_threads! > 1 && before.target_fds! > 3);
  process.kill(pid, 'SIGUSR2');
  for (let tries = 0; tries < 3_000 && processTree([pid]).length < 2; tries++) await sleep(10);
  const child = processTree([pid])[1]!;
  t.after(() => process.kill(child, 'SIGKILL'));
  let after = before;
  for (let second = 2; second < 6_000 && after.target_rss_bytes! < before.target_rss_bytes! + 60e6; second++) {
    await sleep(10);
    after = source.look(second * 1000);
  }
  for (let second = 6_000; second < 12_000 && (source.figures().cpuSeconds ?? 0) < 0.4; second++) {
    await sleep(10);
    source.look(second * 1000);
  }
  await source.end(20_000_000);
  const figures = source.figures();
  assert.equal(figures.processes, 2);
  assert.equal(figures.startedChildren, 1);
  assert.ok(figures.cpuSeconds! >= 0.4, `${figures.cpuSeconds}`);
  assert.equal(figures.rssPeakSince, 'samples');
  assert.ok(after.target_threads! > before.target_threads!);
  assert.deepEqual(source.state(), { source: 'process', state: 'ok' });
});

test('the peak of memory is that of the hold, not what was before', { skip }, async (t) => {
  const code = `let hold = Buffer.alloc(150e6, 1); process.on('SIGUSR2', () => { hold = undefined; gc(); gc(); console.log('freed'); });`;
  const { pid, process: child } = await startNode(t, ['--expose-gc'], code);
  const source = new ProcessSource([pid]);
  await source.begin();
  source.look(1000);
  const full = source.figures();
  child.kill('SIGUSR2');
  for (let tries = 0; tries < 3_000 && source.look(2000 + tries).target_rss_bytes! > 120e6; tries++) await once(child.stdout!, 'data');
  source.holdBegins(10_000);
  source.look(10_000);
  source.look(20_000);
  source.holdEnds(20_000);
  await source.end(21_000);
  const figures = source.figures();
  assert.ok(full.rssPeakBytes! > 150e6);
  if (figures.rssPeakSince === 'hold') assert.ok(figures.rssPeakBytes! < 140e6, `${figures.rssPeakBytes}`);
  else t.diagnostic('the peak may not be reset here');
});

test('a process that ends during the run is said, and its figures stay', { skip }, async (t) => {
  const { pid, process: child } = await startNode(t);
  const source = new ProcessSource([pid]);
  await source.begin();
  source.look(1000);
  child.kill('SIGKILL');
  await once(child, 'exit');
  assert.deepEqual(source.look(2000), {});
  await source.end(3000);
  assert.deepEqual(source.state(), { source: 'process', state: 'partial', reason: `process ${pid} ended during the run` });
  assert.ok(source.figures().rssPeakBytes! > 0);
});

test('without a pid, or with one that nobody has, nothing is 0 and the reason is said', { skip }, async () => {
  const unknown = new ProcessSource([]);
  await unknown.begin();
  assert.deepEqual([unknown.look(1000), unknown.figures()], [{}, {}]);
  assert.match(unknown.state().reason!, /--target-pid/u);
  const absent = new ProcessSource([2 ** 22 + 1]);
  await absent.begin();
  assert.deepEqual([absent.look(1000), absent.figures()], [{}, {}]);
  assert.deepEqual(absent.state(), { source: 'process', state: 'missing', reason: `process ${2 ** 22 + 1} cannot be read in /proc` });
});

test('the tree of a shell holds what it started', { skip }, async (t) => {
  const { pid } = await startChild(t, 'bash', ['-c', 'sleep 100 & echo up; wait']);
  const tree = processTree([pid, pid]);
  assert.equal(tree.length, 2);
  assert.equal(tree[0], pid);
  process.kill(tree[1]!, 'SIGKILL');
});
