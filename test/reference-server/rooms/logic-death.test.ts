import assert from 'node:assert/strict';
import { it } from 'node:test';
import { parseServeOptions } from '../../../reference-server/options.js';
import { serveProcess } from '../server/serve-process.js';

const FLAGS = ['--port', '0', '--http-port', '0', '--admin-port', '0', '--gateway', 'ws', '--proof', 'none'];

it('a server whose logic worker dies says so and ends, as with a gateway thread', async () => {
  // Runs first in each thread of the process: a logic worker is the one whose name says so.
  const preload = `
    import { isMainThread, workerData } from 'node:worker_threads';
    if (!isMainThread && Array.isArray(workerData?.threads)) {
      const { load } = Atomics;
      let looks = 0;
      Atomics.load = (...args) => {
        if (++looks > 150) throw new Error('injected: a worker breaks');
        return load(...args);
      };
    }`;
  const { ready, ended } = serveProcess([...FLAGS, '--logic-workers', '2'], {}, preload);
  await ready.catch(() => {});
  const { code, stderr } = await ended;
  assert.equal(code, 1, stderr);
  assert.match(stderr, /logic worker \d (died|ended).*injected/);
});

it('several gateway threads without a logic worker are refused with what to do', async () => {
  const { ended } = serveProcess([...FLAGS, '--threads', '2', '--logic-workers', '0']);
  const { code, stderr } = await ended;
  assert.equal(code, 104);
  assert.match(stderr, /--logic-workers/);
});

it('rooms live in the gateway thread by default, and with a logic worker when there are several gateway threads', () => {
  const workers = (...flags: string[]): number => parseServeOptions([...FLAGS, ...flags], {}).logicWorkers;
  assert.deepEqual([workers(), workers('--threads', '4'), workers('--threads', '4', '--logic-workers', '3')], [0, 1, 3]);
  assert.deepEqual([workers('--logic-workers', '0'), workers('--logic-workers', '64')], [0, 64]);
  for (const bad of ['65', '-1', 'many']) assert.throws(() => workers('--logic-workers', bad), /--logic-workers/);
});
