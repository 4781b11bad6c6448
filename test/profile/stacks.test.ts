import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CpuProfile, foldCpuProfile, parseCpuProfile } from '../../src/profile/cpu-profile.js';
import { FrameNames, functionOf, kindOf, placeOfFrame, withoutLine } from '../../src/profile/frame-name.js';
import { hotFunctions, renderHotFunctions } from '../../src/profile/hot-functions.js';
import { addStack, mergeThreads, parseFolded, renderFolded, type Stacks, totalUs, withoutIdle } from '../../src/profile/stacks.js';

const call = (functionName: string, url = '', lineNumber = -1) => ({ functionName, url, lineNumber });

/** root -> work -> sort, and idle beside; 1 ms, 2 ms, 3 ms, 4 ms. */
const profile: CpuProfile = {
  startTime: 1000,
  endTime: 11_000,
  nodes: [
    { id: 1, callFrame: call('(root)'), children: [2, 4, 5] },
    { id: 2, callFrame: call('work', 'file:///nowhere/at/all/game.js', 9), children: [3] },
    { id: 3, callFrame: call('sort', 'node:internal/list', 0) },
    { id: 4, callFrame: call('(idle)') },
    { id: 5, callFrame: call('(garbage collector)') },
  ],
  samples: [2, 3, 4, 5],
  timeDeltas: [0, 1000, 2000, 3000],
};

test('a sample of a CPU profile counts until the next one, the last until the end', () => {
  const stacks = foldCpuProfile(profile, new FrameNames());
  assert.deepEqual(
    [...stacks],
    [
      ['work (game.js:10)', 1000],
      ['work (game.js:10);sort (node:internal/list:1)', 2000],
      ['(idle)', 3000],
      ['(garbage collector)', 4000],
    ],
  );
  assert.equal(totalUs(stacks), profile.endTime - profile.startTime);
  assert.equal(totalUs(withoutIdle(stacks)), 7000);
});

test('waiting in a native call is told apart in a thread on io_uring, whatever V8 calls it, and only there', () => {
  const ringed = (ring: string): CpuProfile => ({
    startTime: 0,
    endTime: 4000,
    nodes: [
      { id: 1, callFrame: call('(root)'), children: [2, 3, 5] },
      { id: 2, callFrame: call('eventfd') },
      { id: 3, callFrame: call('enter', ring, 34), children: [4] },
      { id: 4, callFrame: call('int64le') },
      { id: 5, callFrame: call('(program)') },
    ],
    samples: [2, 3, 4, 5],
    timeDeltas: [0, 1000, 1000, 1000],
  });
  const ours = foldCpuProfile(ringed('file:///nowhere/dist/src/uring/libc.js'), new FrameNames());
  assert.equal(ours.get('(native call)'), 1000);
  assert.equal(ours.get('eventfd'), undefined);
  const theirs = foldCpuProfile(ringed('file:///nowhere/game.js'), new FrameNames());
  assert.equal(theirs.get('eventfd'), 1000);
});

test('what is no CPU profile is refused with its place', () => {
  for (const text of ['{', '{}', '{"nodes":[],"samples":["x"],"timeDeltas":[],"startTime":0,"endTime":1}'])
    assert.throws(() => parseCpuProfile(text, 'a.cpuprofile'), { code: 'GWRK_FLAME_UNREADABLE' });
});

test('a function counts once for its total where it calls itself', () => {
  const stacks: Stacks = new Map([
    ['a;b;a;b', 30],
    ['a', 10],
  ]);
  assert.deepEqual(hotFunctions(stacks), [
    { frame: 'b', selfUs: 30, totalUs: 30 },
    { frame: 'a', selfUs: 10, totalUs: 40 },
  ]);
  assert.match(renderHotFunctions(stacks), /75\.0 % .* b\n/u);
});

test('folded stacks are read as they are written, with names that hold separators and line breaks', () => {
  const stacks: Stacks = new Map();
  addStack(stacks, ['a;b', 'c\nd', '', 'e f 12'], 1500);
  addStack(stacks, ['z'], 0.2);
  const text = renderFolded(stacks);
  assert.equal(text, 'a b;c d;(anonymous);e f 12 1500\n');
  assert.deepEqual(parseFolded(text), new Map([['a b;c d;(anonymous);e f 12', 1500]]));
  assert.equal(parseFolded('no weight here\n'), undefined);
});

test('threads stand apart by their names when there are several', () => {
  const threads = [
    { name: 'main thread', stacks: new Map([['a', 1]]) },
    { name: 'rooms #1', stacks: new Map([['a', 2]]) },
  ];
  assert.deepEqual(
    [...mergeThreads(threads)],
    [
      ['main thread;a', 1],
      ['rooms #1;a', 2],
    ],
  );
  assert.deepEqual([...mergeThreads(threads.slice(0, 1))], [['a', 1]]);
});

test('frames are named by function and path, and tell whose code they are', () => {
  const names = new FrameNames();
  assert.equal(names.name('parse', '/srv/app/node_modules/@a/b/lib/x.js', 80), 'parse (npm:@a/b/lib/x.js:80)');
  assert.equal(names.name('', 'node:events', 5), '(anonymous) (node:events:5)');
  assert.equal(names.name('test', import.meta.url, 3), 'test (dist/test/profile/stacks.test.js:3)');
  assert.deepEqual(
    ['x (npm:ws/a.js:1)', 'x (node:net:2)', 'x (src/a.ts:3)', 'memcpy', 'read ([kernel])', '(garbage collector)'].map(kindOf),
    ['package', 'node', 'own', 'native', 'native', 'gc'],
  );
  assert.equal(withoutLine('x (src/a.ts:31)'), 'x (src/a.ts)');
  assert.equal(functionOf('operator()(int) (a.js:1)'), 'operator()(int)');
  assert.equal(placeOfFrame('memcpy'), '');
});
