import assert from 'node:assert/strict';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { GeneratorWatch } from '../../src/run/generator-watch.js';
import { CONTROL_THREAD } from '../../src/swarm/messages.js';

/** Says its number in the kernel, works for as long as it is told to, says so, and waits. */
const WORKER = `
const { parentPort } = require('node:worker_threads');
const { readlinkSync } = require('node:fs');
parentPort.postMessage(Number(readlinkSync('/proc/thread-self').split('/').at(-1)));
parentPort.on('message', (cpuMs) => {
  const end = process.cpuUsage().user + cpuMs * 1000;
  while (process.cpuUsage().user < end);
  parentPort.postMessage('worked');
});`;

const skip = existsSync('/proc/thread-self/schedstat') ? false : 'the kernel does not count what a thread ran';

test('a worker that has ended before the last look counts with what it ran until it was last seen', { skip }, async () => {
  const thread = new Worker(WORKER, { eval: true });
  const [number] = (await once(thread, 'message')) as [number];
  const control = new Int32Array(new SharedArrayBuffer(64));
  control[CONTROL_THREAD] = number;
  const watch = new GeneratorWatch({ controls: [control], isTargetLocal: true });
  // The clock is ours: whatever a machine needs for it, this is one second.
  thread.postMessage(50);
  await once(thread, 'message');
  const { generator_busy: busy } = watch.sample(1000, false);
  assert.ok(busy! > 0);
  await thread.terminate();
  while (existsSync(`/proc/self/task/${number}`)) await new Promise(setImmediate);
  assert.equal(watch.sample(2000, false).generator_busy, 0);
  assert.equal(watch.result().busiestWorker, busy);
});
