import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { StopRequest } from '../../src/run/stop-request.js';

test('the first signal asks to stop gracefully, the second to leave now', () => {
  const signals = new EventEmitter();
  const stop = new StopRequest(signals);
  const heard: string[] = [];
  stop.onChange((level) => heard.push(level));
  signals.emit('SIGINT', 'SIGINT');
  signals.emit('SIGTERM', 'SIGTERM');
  assert.deepEqual(heard, ['gracefully', 'now']);
  assert.equal(stop.signal, 'SIGINT');
});

test('work that a signal interrupts is given up, other work is not', async () => {
  const signals = new EventEmitter();
  const stop = new StopRequest(signals);
  assert.equal(await stop.unlessStopped(Promise.resolve('done')), 'done');
  const endless = stop.unlessStopped(new Promise<string>(() => {}));
  signals.emit('SIGINT', 'SIGINT');
  assert.equal(await endless, undefined);
  assert.equal(await stop.unlessStopped(new Promise<string>(() => {})), undefined);
});

test('after close() nobody listens any more', () => {
  const signals = new EventEmitter();
  new StopRequest(signals).close();
  assert.deepEqual(signals.eventNames(), []);
});
