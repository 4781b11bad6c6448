import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inspector } from '../../src/profile/inspector.js';
import { listeningPorts } from '../../src/profile/listening-ports.js';
import { attachTarget } from '../../src/target/attach.js';
import { InspectorSource } from '../../src/target/inspector-source.js';
import { startChild, startNode } from '../profile/node-child.js';

/** A guard: a minute, where a moment is enough. */
const LONGEST_LOOKS = 600;
const ANY_PORT = { NODE_OPTIONS: '--inspect-port=0' };

test('collections by kind, their pauses, loop and heap of a Node process are read, and nothing stays behind', async (t) => {
  const { pid } = await startNode(t, ['--expose-gc'], 'setInterval(() => { gc(); gc({ type: "minor" }); }, 20)', ANY_PORT);
  const source = new InspectorSource(() => attachTarget(true, [pid]));
  await source.begin();
  source.holdBegins(0);
  const columns: Record<string, number>[] = [];
  // The clock is ours: what is a tenth of a second here is a second to the source. It looks until the target has collected enough.
  let second = 0;
  const collected = (): number => columns.reduce((sum, { target_gc_count = 0 }) => sum + target_gc_count, 0);
  while ((second < 8 || collected() < 30) && second < LONGEST_LOOKS) {
    await sleep(100);
    columns.push(source.look(++second * 1000));
  }
  source.holdEnds(second * 1000);
  await source.end((second + 1) * 1000);
  const figures = source.figures();
  assert.deepEqual(source.state(), { source: 'inspector', state: 'ok' });
  assert.ok(figures.gcByKind!.major!.count > 5 && figures.gcByKind!.minor!.count > 5, JSON.stringify(figures));
  assert.ok(figures.maxPauseMs! > 0 && figures.gcPerMinute! > 0 && figures.gcMsPerSecond! > 0);
  assert.ok(figures.elu! > 0 && figures.elu! <= 1 && figures.heapUsedBytes! > 1e6 && figures.loopDelayP99Ms! >= 0);
  assert.ok(columns.some((each) => each.target_gc_count! > 0 && each.target_gc_ms! > 0 && each.target_elu! > 0));
  assert.deepEqual(listeningPorts(pid), []);
  const again = await Inspector.attachPid(pid);
  assert.equal(await again.evaluate("Symbol.for('gwrk.observer') in globalThis"), false);
  await again.close();
});

test('a loop that is blocked shows as its delay, without the resolution of the clock', async (t) => {
  const { pid } = await startNode(t, [], 'setInterval(() => { const end = Date.now() + 60; while (Date.now() < end); }, 120)', ANY_PORT);
  const source = new InspectorSource(() => attachTarget(pid, []));
  await source.begin();
  let second = 0;
  for (let blocked = 0; blocked < 5 && second < LONGEST_LOOKS; ) {
    await sleep(100);
    if ((source.look(++second * 1000).target_loop_delay_ms ?? 0) > 30) blocked++;
  }
  await source.end((second + 1) * 1000);
  const { loopDelayP99Ms, elu } = source.figures();
  assert.ok(loopDelayP99Ms! > 30, `${loopDelayP99Ms}`);
  assert.ok(elu! > 0.2, `${elu}`);
});

test('behind a shell the Node process that it started is found', async (t) => {
  const command = `${process.execPath} -e 'setInterval(() => {}, 1e6); console.log(1)' & wait`;
  const { pid } = await startChild(t, 'bash', ['-c', command], ANY_PORT);
  const inspector = await attachTarget(true, [pid]);
  const child = Number(await inspector.evaluate('process.pid'));
  assert.notEqual(child, pid);
  await inspector.close();
  process.kill(child, 'SIGKILL');
});

test('a target that is not Node, or not known, leaves a reason and no figure', async (t) => {
  const { pid } = await startChild(t, 'bash', ['-c', 'while :; do echo up; read -t 0.05 < /dev/zero; done']);
  for (const [pids, reason] of [
    [[pid], /is not Node/u],
    [[], /not known/u],
  ] as const) {
    const source = new InspectorSource(() => attachTarget(true, pids));
    await source.begin();
    assert.deepEqual(source.look(1000), {});
    await source.end(2000);
    assert.deepEqual(source.figures(), {});
    assert.match(source.state().reason!, reason);
  }
});

test('a target that ends during the run keeps what it said until then', async (t) => {
  const { pid, process: child } = await startNode(t, [], '', ANY_PORT);
  const source = new InspectorSource(() => attachTarget(pid, []));
  await source.begin();
  let second = 0;
  // A look hands out what the one before it asked for.
  while (source.look(++second * 1000).target_elu === undefined && second < LONGEST_LOOKS) await sleep(100);
  child.kill('SIGKILL');
  await source.end((second + 1) * 1000);
  assert.equal(source.state().state, 'partial');
  assert.ok(source.figures().elu! >= 0);
});
