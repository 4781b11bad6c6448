import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { GwrkError } from '../../src/core/errors.js';
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

test('before anything is measured a signal ends the preparation', () => {
  const signals = new EventEmitter();
  const stop = new StopRequest(signals);
  stop.throwIfAsked();
  signals.emit('SIGTERM', 'SIGTERM');
  assert.throws(
    () => stop.throwIfAsked(),
    (error) => error instanceof GwrkError && error.code === 'GWRK_INTERRUPTED' && error.exitCode === 105,
  );
});

test('after close() nobody listens any more', () => {
  const signals = new EventEmitter();
  new StopRequest(signals).close();
  assert.deepEqual(signals.eventNames(), []);
});
