import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SourceName, SourceState, TargetFigures, TargetSource } from '../../src/target/figures.js';
import { ServerSource } from '../../src/target/server-source.js';
import { Span } from '../../src/target/span.js';
import { TargetWatch } from '../../src/target/target-watch.js';

class Fixed implements TargetSource {
  ended = 0;
  readonly name: SourceName;
  readonly #figures: TargetFigures;
  readonly #columns: Record<string, number>;

  constructor(name: SourceName, figures: TargetFigures, columns: Record<string, number> = {}) {
    this.name = name;
    this.#figures = figures;
    this.#columns = columns;
  }

  async begin(): Promise<void> {}
  look(): Record<string, number> {
    return this.#columns;
  }
  holdBegins(): void {}
  holdEnds(): void {}
  async end(): Promise<void> {
    this.ended++;
  }
  figures(): TargetFigures {
    return this.#figures;
  }
  state(): SourceState {
    return { source: this.name, state: 'ok' };
  }
}

test('where several sources know a figure the nearest to the kernel is believed, and each adds what only it knows', async () => {
  const metrics = new Fixed('metrics', { cpuSeconds: 9, gcPerMinute: 9, fds: 9 }, { target_rss_bytes: 9, target_gc_ms: 9 });
  const inspector = new Fixed('inspector', { gcPerMinute: 2, elu: 0.5 });
  const watch = new TargetWatch([metrics, inspector, new Fixed('process', { cpuSeconds: 1 }, { target_rss_bytes: 1 })]);
  await watch.begin();
  assert.deepEqual(watch.sample(1000), { target_rss_bytes: 1, target_gc_ms: 9 });
  assert.deepEqual(watch.result().figures, { cpuSeconds: 1, gcPerMinute: 2, elu: 0.5, fds: 9 });
  await watch.end(2000);
  await watch.end(3000);
  assert.equal(inspector.ended, 1);
});

/** Readings 0, 1, 2, ... once a second, with a hold between these seconds. */
function spanOf(seconds: number, hold?: readonly [number, number]): Span<number> {
  const span = new Span<number>();
  for (let second = 0; second <= seconds; second++) {
    if (second === hold?.[0]) span.holdBegins(second * 1000);
    if (second === hold?.[1]) span.holdEnds(second * 1000);
    span.add(second * 1000, second);
  }
  return span;
}

for (const [what, span, expected] of [
  ['the hold where there is one', spanOf(20, [3, 15]), { from: 3, until: 14, seconds: 11, isHold: true }],
  ['the run where the hold is too short to say anything', spanOf(20, [3, 7]), { from: 0, until: 20, seconds: 20, isHold: false }],
  ['the run where there is none', spanOf(20), { from: 0, until: 20, seconds: 20, isHold: false }],
  ['nothing with a single reading', spanOf(0), undefined],
] as const)
  test(`figures are of ${what}`, () => {
    assert.deepEqual(span.between(), expected);
  });

const stats = (second: number): object => ({
  counters: {
    ops_seen: second * 100,
    gc_count: second * 3,
    gc_count_minor: second * 2,
    gc_ms_minor: second * 4,
    gc_count_major: second,
    gc_ms_major: second * 10,
  },
});

async function served(seconds: number, at: (second: number) => unknown): Promise<ServerSource> {
  let second = 0;
  const source = new ServerSource(async () => at(second));
  await source.begin();
  for (second = 1; second <= seconds; second++) {
    source.look(second * 1000);
    await new Promise(setImmediate);
  }
  await source.end(seconds * 1000 + 1);
  return source;
}

test("the reference server's counters give operations, and collections of all its threads by kind", async () => {
  const source = await served(10, (second) => stats(Math.min(second, 10)));
  const figures = source.figures();
  assert.equal(figures.opsSeen, 1000);
  assert.ok(Math.abs(figures.gcPerMinute! - 180) < 0.1);
  assert.deepEqual(figures.gcByKind?.major, { count: 10, ms: 100, maxPauseMs: null });
  assert.equal(figures.maxPauseMs, undefined);
  assert.deepEqual(source.state(), { source: 'server', state: 'ok' });
});

test('another server, and one that does not answer, say nothing and why', async () => {
  const other = await served(3, () => ({ hello: 'world' }));
  assert.deepEqual([other.figures(), other.state().state], [{}, 'missing']);
  const silent = await served(3, () => {
    throw new Error('connect ECONNREFUSED');
  });
  assert.deepEqual(silent.figures(), {});
  assert.match(silent.state().reason!, /ECONNREFUSED/u);
});
