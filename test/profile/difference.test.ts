import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { renderChanges, writeDifference } from '../../src/profile/difference-output.js';
import { deltasOf, differenceOf, renderFoldedDifference, type Side } from '../../src/profile/flame-difference.js';
import { readSide } from '../../src/profile/read-flame.js';

const before: Side = {
  label: 'old',
  messages: 100,
  stacks: new Map([
    ['main (a.js:1);sort (a.js:10)', 6000],
    ['main (a.js:1);send (a.js:20)', 2000],
  ]),
};
/** Twice as long and twice as many messages; everything stands three lines further down. */
const after: Side = {
  label: 'new',
  messages: 200,
  stacks: new Map([
    ['main (a.js:4);hash (a.js:13)', 10_000],
    ['main (a.js:4);send (a.js:23)', 4000],
  ]),
};

test('profiles of different length are compared per message, and a moved line is no change', () => {
  const difference = differenceOf(before, after);
  assert.equal(difference.per, 'message');
  assert.deepEqual(difference.changes, [
    { frame: 'sort (a.js)', before: 60, after: 0 },
    { frame: 'hash (a.js)', before: 0, after: 50 },
  ]);
  assert.match(renderChanges(difference), /60\.0 µs .* gone .*sort[\s\S]*50\.0 µs .* new .*hash/u);
});

test('what has vanished stays in the difference, and its callers lose what it took', () => {
  const difference = differenceOf(before, after);
  assert.deepEqual(Object.fromEntries(deltasOf(difference)), {
    'main (a.js);sort (a.js)': -60,
    'main (a.js);send (a.js)': 0,
    'main (a.js);hash (a.js)': 50,
  });
  assert.equal(
    renderFoldedDifference(difference),
    'main (a.js);hash (a.js) 0 50000\nmain (a.js);send (a.js) 20000 20000\nmain (a.js);sort (a.js) 60000 0\n',
  );
});

test('without messages on both sides a second of CPU is the measure, and asking for messages is refused', () => {
  const { messages: _, ...unknown } = before;
  const difference = differenceOf(unknown, after);
  assert.equal(difference.per, 'cpu-second');
  assert.deepEqual(difference.changes.at(-1), { frame: 'send (a.js)', before: 250_000, after: 4000 / 0.014 });
  assert.throws(() => differenceOf(unknown, after, 'message'), { code: 'GWRK_USAGE' });
  assert.throws(() => differenceOf({ ...unknown, stacks: new Map() }, after), { code: 'GWRK_FLAME_EMPTY' });
});

test('a profile is read from folded stacks or a directory; anything else is refused with its place', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gwrk-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'stacks.folded'), 'rooms #3;a (x.js:1) 5\nrooms #3;(idle) 900\nmain thread;a (x.js:1) 1\n');
  const threads = [{ name: 'rooms #3' }, { name: 'main thread' }];
  writeFileSync(join(folder, 'flame.json'), JSON.stringify({ schema: 'gwrk/flame/1', threads, messages: 7 }));
  const side = await readSide(folder);
  assert.equal(side.messages, 7);
  assert.deepEqual(Object.fromEntries(side.stacks), { 'rooms;a (x.js:1)': 5, 'main thread;a (x.js:1)': 1 });
  assert.deepEqual((await readSide(join(folder, 'stacks.folded'))).stacks.size, 2);
  writeFileSync(join(folder, 'words.txt'), 'these are words\n');
  for (const path of ['words.txt', 'nothing-here', 'flame.json'])
    await assert.rejects(readSide(join(folder, path)), { code: 'GWRK_FLAME_UNREADABLE' });
});

test('the page of a difference says what had to be known of either profile, and of which', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'gwrk-test-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const sideWith = (name: string, notes: readonly string[]): Promise<Side> => {
    const path = mkdtempSync(join(folder, name));
    writeFileSync(join(path, 'stacks.folded'), 'main thread;a (x.js:1) 5\n');
    writeFileSync(join(path, 'flame.json'), JSON.stringify({ schema: 'gwrk/flame/1', threads: [], notes }));
    return readSide(path);
  };
  const [first, second] = [await sideWith('ws', ['both are short']), await sideWith('uring', ['the ring is hidden', 'both are short'])];
  await writeDifference(folder, differenceOf(first, second), first, second);
  const page = readFileSync(join(folder, 'index.html'), 'utf8');
  const shown = /<div class="notes">(.*?)<\/div>/u.exec(page)?.[1];
  assert.equal(shown, '<p>both are short</p><p>After: the ring is hidden</p>');
  await writeDifference(folder, differenceOf(before, after), before, after);
  assert.doesNotMatch(readFileSync(join(folder, 'index.html'), 'utf8'), /<div class="notes">/u);
});
