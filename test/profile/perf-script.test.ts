import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FrameNames } from '../../src/profile/frame-name.js';
import { PerfMap } from '../../src/profile/perf-map.js';
import { foldPerfScript } from '../../src/profile/perf-script.js';
import { foldClinicFlame, foldZeroX } from '../../src/profile/tick-log.js';

const names = new FrameNames();

const SCRIPT = `game 7 server    70/71    12.345678: 
	ffffffff81a0 do_syscall_64 ([kernel.kallsyms])
	    7f00aa11 std::vector<int, std::allocator<int> >::push_back(int&&) (/usr/lib/libgame.so)
	    7f00bb22 JS:*broadcast /nowhere/srv/room.js:12:3 (/tmp/perf-70.map)
	    7f00cc33 [unknown] (/tmp/perf-70.map)
	    7f00dd44 [unknown] (/tmp/perf-70.map)

game 7 server    70/70    12.350000: 
	        1010 [unknown] (/memfd:jit)
	        5000 [unknown] (/memfd:jit)

`;

test('perf script is collapsed by thread, from the outermost frame in, with V8 and kernel names put right', () => {
  const { threads, samples, unknown } = foldPerfScript(SCRIPT, { names, sampleUs: 5000 });
  assert.equal(samples, 2);
  assert.equal(unknown, 2);
  assert.deepEqual(
    threads.map(({ name, stacks }) => [name, ...stacks]),
    [
      [
        'game 7 server 71',
        ['[unknown];broadcast (room.js:12);std::vector<int, std::allocator<int> >::push_back(int&&);do_syscall_64 ([kernel])', 5000],
      ],
      ['game 7 server', ['[unknown]', 5000]],
    ],
  );
});

test('a map of code made at run time names what perf could not, and the later row holds where a place was used twice', () => {
  const map = new PerfMap('1000 20 old name\n1000 20 JS:~late /nowhere/a.js:3:1\n4ff0 20 Builtin:Loop\nnot a row\n');
  assert.equal(map.find(0x0fffn), undefined);
  assert.equal(map.find(0x1020n), undefined);
  const { threads, unknown } = foldPerfScript(SCRIPT, { names, sampleUs: 1, maps: (pid) => (pid === 70 ? map : undefined) });
  assert.equal(unknown, 1);
  assert.deepEqual([...threads[1]!.stacks.keys()], ['Builtin:Loop;late (a.js:3)']);
});

test('what 0x and clinic flame hand over becomes the same stacks, with waiting as idle', () => {
  const tree = {
    merged: {
      name: 'all stacks',
      top: 0,
      children: [
        { name: '*answer /nowhere/s.js:4:2', top: 2, children: [{ name: '__libc_malloc@@GLIBC_2.2.5 [CPP]', top: 1 }] },
        { name: 'epoll_pwait@@GLIBC_2.6 [CPP]', top: 7 },
        { name: '/usr/lib/libc.so.6 [SHARED_LIB]', top: 1 },
      ],
    },
  };
  const expected = [
    ['answer (s.js:4)', 2000],
    ['answer (s.js:4);__libc_malloc', 1000],
    ['(idle)', 7000],
    ['/usr/lib/libc.so.6', 1000],
  ];
  assert.deepEqual([...foldZeroX(JSON.stringify(tree), names)], expected);
  const [answer, malloc, wait] = [
    { name: '*answer /nowhere/s.js:4:2' },
    { name: '__libc_malloc@@GLIBC_2.2.5' },
    { name: 'epoll_pwait@@GLIBC_2.6' },
  ];
  assert.deepEqual(
    [...foldClinicFlame(JSON.stringify([[answer], [], [answer, malloc], [wait]]), names)],
    [
      ['answer (s.js:4)', 1000],
      ['answer (s.js:4);__libc_malloc', 1000],
      ['(idle)', 1000],
    ],
  );
  assert.throws(() => foldZeroX('[]', names), { code: 'GWRK_FLAME_FAILED' });
  assert.throws(() => foldClinicFlame('{', names), { code: 'GWRK_FLAME_FAILED' });
});
