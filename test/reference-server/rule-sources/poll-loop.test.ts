import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PollLoop } from '../../../reference-server/rules/sources/poll-loop.js';
import { ManualTimers } from './manual-timers.js';
import { until } from './rig.js';

const deaf = { onText() {}, onUnchanged() {}, onTrouble() {} };

/** The pauses after each of these looks; an Error fails. */
async function pausesAfter(looks: readonly (number | Error)[], random: () => number): Promise<number[]> {
  const timers = new ManualTimers();
  const flags: boolean[] = [];
  const loop = new PollLoop(
    async (_listener, _signal, hasFailed) => {
      flags.push(hasFailed);
      const look = looks[flags.length - 1]!;
      if (look instanceof Error) throw look;
      return look;
    },
    { timers, random },
  );
  loop.start(deaf);
  const pauses: number[] = [];
  for (let look = 0; look < looks.length; look++) {
    await until('a pause', () => timers.waiting.length === 1);
    pauses.push(timers.waiting[0]!);
    if (look < looks.length - 1) timers.advance(pauses.at(-1)!);
  }
  loop.stop();
  assert.deepEqual(timers.waiting, []);
  assert.deepEqual(flags, [false, ...looks.slice(0, -1).map((look) => look instanceof Error)], 'a look knows that the one before failed');
  return pauses;
}

const fault = new Error('down');

test('pauses double from 1 s to 30 s while a source fails, and begin anew after a good look', async () => {
  const looks = [fault, fault, fault, fault, fault, fault, fault, 5_000, fault];
  assert.deepEqual(await pausesAfter(looks, () => 0), [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 5_000, 1_000]);
});

test('up to half of a pause is taken off at random, so that a fleet does not come back all at once', async () => {
  assert.deepEqual(await pausesAfter([fault, fault], () => 0.5), [750, 1_500]);
  const pauses = await Promise.all(Array.from({ length: 50 }, () => pausesAfter([fault], Math.random)));
  assert.ok(pauses.every(([pause]) => pause! > 500 && pause! <= 1_000));
  assert.ok(new Set(pauses.flat()).size > 25);
});

test('stop() aborts the look that is under way, and what it still finds is not told', async () => {
  const timers = new ManualTimers();
  const told: string[] = [];
  let finish = (): void => {};
  let isAborted = false;
  const loop = new PollLoop(
    (listener, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          isAborted = true;
        });
        finish = () => {
          listener.onText('late');
          listener.onUnchanged();
          listener.onTrouble('late');
          resolve(0);
        };
      }),
    { timers },
  );
  loop.start({ onText: (text) => told.push(text), onUnchanged: () => told.push('unchanged'), onTrouble: (reason) => told.push(reason) });
  loop.stop();
  assert.ok(isAborted);
  finish();
  await new Promise(setImmediate);
  assert.deepEqual([told, timers.waiting], [[], []]);
});
