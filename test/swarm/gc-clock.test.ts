import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { GcClock } from '../../src/swarm/gc-clock.js';
import { CONTROL_GC_LONGEST_US, CONTROL_GC_US, CONTROL_WORDS } from '../../src/swarm/messages.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

test('collections are timed without the event loop, each once, and the longest stays until it is taken', () => {
  const control = new Int32Array(new SharedArrayBuffer(4 * CONTROL_WORDS));
  const clock = new GcClock(control);
  clock.read();
  const before = control[CONTROL_GC_US]!;
  for (let round = 0; round < 3; round++) collect();
  clock.read();
  const [sum, longest] = [control[CONTROL_GC_US]! - before, control[CONTROL_GC_LONGEST_US]!];
  assert.ok(longest > 0 && sum >= longest, `${longest} of ${sum}`);
  const after = control[CONTROL_GC_US]!;
  Atomics.store(control, CONTROL_GC_LONGEST_US, 2e9);
  collect();
  clock.read();
  assert.ok(control[CONTROL_GC_US]! > after);
  assert.equal(control[CONTROL_GC_LONGEST_US], 2e9);
});
