import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { million } from '../../src/bench/million.js';
import { millionSize } from '../../src/bench/million-size.js';
import { probeUring } from '../../src/uring/probe.js';
import { figureOf, smallContext } from './small-context.js';

test('players come in at both gateways, and with a directory there are flame graphs of both and of their difference', async (t) => {
  const { available, reason } = probeUring();
  if (!available) return t.skip(`no io_uring: ${reason}`);
  const directory = await mkdtemp(join(tmpdir(), 'gwrk-test-'));
  t.after(() => rm(directory, { recursive: true }));
  const figures = await million.measure(smallContext({ directory }));
  for (const [label, clients] of [
    ['gateway ws, 200 clients', 200],
    ['gateway uring, 200 clients', 200],
    ['gateway uring, 400 clients (1 run)', 400],
  ] as const) {
    // At once: on a busy machine the first may leave before the last is there.
    const held = figureOf(figures, label, 'clients held');
    assert.ok(held > 0 && held <= clients, `${held} of ${clients}`);
    assert.ok(figureOf(figures, label, 'peak RSS') > 10);
    assert.ok(figureOf(figures, label, 'collections a minute') >= 0);
  }
  const late = figures.notes.find((note) => note.endsWith('was over before a profile was taken'));
  if (late !== undefined) return t.skip(`too busy here: ${late}`);
  assert.match(figures.notes.join('\n'), /Flame graphs of both gateways/);
  for (const name of ['flame-ws', 'flame-uring', 'flame-difference'])
    assert.match(await readFile(join(directory, name, 'index.html'), 'utf8'), /<html/);
});

test('the size is what the machine allows, and --clients is taken as it is', () => {
  const { ws, wsLimit, uring } = millionSize(undefined);
  assert.ok(ws > 0 && ws <= 30_000 && uring > 0 && uring <= 200_000);
  assert.notEqual(wsLimit, '');
  assert.equal(millionSize(1_234_567).uring, 1_234_567);
});
