import assert from 'node:assert/strict';
import { test } from 'node:test';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { MetricsSource } from '../../src/target/metrics-source.js';
import { parsePrometheus } from '../../src/target/prometheus-text.js';

/** A prom-client as it looks after so many seconds of a process that uses half a core and collects ten times a second. */
const page = (second: number, startedAt = 1000): string => `# HELP process_cpu_seconds_total x
# TYPE process_cpu_seconds_total counter
process_cpu_seconds_total ${second * 0.5}
process_resident_memory_bytes ${100e6 + second * 1e6}
process_open_fds 42
process_start_time_seconds ${startedAt}
nodejs_eventloop_lag_p99_seconds ${0.01 + second / 1000}
nodejs_heap_size_used_bytes 30e6
nodejs_gc_duration_seconds_bucket{le="0.001",kind="minor"} ${second * 9}
nodejs_gc_duration_seconds_sum{kind="minor"} ${second * 0.009}
nodejs_gc_duration_seconds_count{kind="minor"} ${second * 9}
nodejs_gc_duration_seconds_sum{kind="major"} ${second * 0.02}
nodejs_gc_duration_seconds_count{kind="major"} ${second}
nodejs_gc_duration_seconds_sum{kind="incremental"} 0
nodejs_gc_duration_seconds_count{kind="incremental"} ${second * 3}
`;

/** Looks once a second at what `text` says; each scrape has come before the next look. */
async function watch(
  source: MetricsSource,
  seconds: number,
  at: (second: number) => void,
  hold: [number, number],
): Promise<Record<string, number>[]> {
  const looks: Record<string, number>[] = [];
  at(0);
  await source.begin();
  for (let second = 1; second <= seconds; second++) {
    at(second);
    if (second === hold[0]) source.holdBegins(second * 1000);
    looks.push(source.look(second * 1000));
    if (second === hold[1]) source.holdEnds(second * 1000);
    await new Promise(setImmediate);
  }
  await source.end(seconds * 1000 + 1);
  return looks;
}

test('figures come from the hold and columns from each second', async () => {
  let now = 0;
  const source = new MetricsSource(async () => page(now));
  const looks = await watch(
    source,
    20,
    (second) => {
      now = second;
    },
    [5, 16],
  );
  const figures = source.figures();
  assert.equal(figures.cpuCores, 0.5);
  assert.equal(figures.gcPerMinute, 600);
  assert.equal(figures.gcMsPerSecond, 29);
  assert.deepEqual(figures.gcByKind?.major, { count: 10, ms: 200, maxPauseMs: null });
  assert.equal(figures.rssPeakBytes, 115e6);
  assert.equal(figures.fds, 42);
  assert.equal(figures.loopDelayP99Ms, 15);
  assert.equal(figures.restarts, 0);
  assert.equal(figures.maxPauseMs, undefined);
  const third = looks[3]!;
  assert.equal(third.target_cpu_cores, 0.5);
  assert.equal(third.target_gc_count, 13);
  assert.equal(third.target_gc_ms, 29);
  assert.equal(third.target_loop_delay_ms, 3);
  assert.equal(third['target:nodejs_gc_duration_seconds_count{kind="major"}'], 3);
  assert.equal(
    Object.keys(third).some((name) => name.includes('_bucket')),
    false,
  );
});

test('counters that fall are a restart, which is said and not counted', async () => {
  let text = '';
  const source = new MetricsSource(async () => text);
  await watch(
    source,
    20,
    (second) => {
      text = second < 10 ? page(second + 100) : page(second - 10, 2000);
    },
    [1, 20],
  );
  assert.equal(source.figures().restarts, 1);
  assert.equal(source.figures().cpuCores, 0.5);
  assert.match(source.state().reason!, /started again 1 times/u);
});

test('a scrape that fails leaves a gap, and none that works leaves nothing but the reason', async () => {
  let isDown = false;
  const source = new MetricsSource(async () => {
    if (isDown) throw new Error('connect ECONNREFUSED');
    return page(1);
  });
  const looks = await watch(
    source,
    3,
    (second) => {
      isDown = second === 1;
    },
    [0, 0],
  );
  assert.deepEqual(looks[1], {});
  assert.deepEqual(source.state(), { source: 'metrics', state: 'partial', reason: '1 scrapes failed: connect ECONNREFUSED' });
  const none = new MetricsSource(async () => '<html>');
  await watch(none, 2, () => {}, [0, 0]);
  assert.deepEqual(none.figures(), {});
  assert.equal(none.state().state, 'missing');
});

test("what a stranger's server names its series fills no report", async () => {
  const many = Array.from({ length: 500 }, (_, i) => `series_${i} 1`).join('\n');
  const hostile = `a{b="\u202e<script>"} 1\nlong{x="${'y'.repeat(5000)}"} 1\n=cmd 1\n`;
  const source = new MetricsSource(async () => hostile + many);
  await source.begin();
  const columns = Object.keys(source.look(1000));
  assert.equal(columns.length, 64);
  assert.ok(columns.every((name) => /^target:series_\d+$/u.test(name)));
});

test('Go and JVM processes are understood by their usual names', async () => {
  const go = (n: number): string =>
    `go_gc_duration_seconds{quantile="0"} 1e-5\ngo_gc_duration_seconds_sum ${n / 100}\ngo_gc_duration_seconds_count ${n}\ngo_threads 9\n`;
  const jvm = (n: number): string =>
    `jvm_gc_collection_seconds_count{gc="G1 Young Generation",} ${n}\njvm_gc_collection_seconds_sum{gc="G1 Young Generation",} ${n / 50}\n` +
    `jvm_gc_collection_seconds_count{gc="G1 Old Generation",} 0\njvm_memory_bytes_used{area="heap",} 5\njvm_memory_bytes_used{area="nonheap",} 7\n`;
  for (const [text, kind] of [
    [go, 'cycle'],
    [jvm, 'minor'],
  ] as const) {
    let now = 0;
    const source = new MetricsSource(async () => text(now));
    await watch(
      source,
      10,
      (second) => {
        now = second;
      },
      [1, 10],
    );
    assert.equal(source.figures().gcPerMinute, 60, kind);
    assert.equal(source.figures().gcByKind?.[kind]?.count, 8);
  }
});

test('the real prom-client is read', async () => {
  const register = new Registry();
  collectDefaultMetrics({ register });
  const source = new MetricsSource(() => register.metrics());
  await watch(source, 3, () => {}, [0, 0]);
  register.clear();
  const { cpuSeconds, rssPeakBytes, fds, loopDelayP99Ms } = source.figures();
  assert.ok(cpuSeconds! >= 0 && rssPeakBytes! > 10e6 && fds! > 0 && loopDelayP99Ms! >= 0);
});

test('labels keep their escapes, and lines that are none are left out', () => {
  const series = parsePrometheus(
    '# HELP a b\na{x="1\\"2",y="b\\\\n"} 3 1700000000\nnonsense\nb 1e3\nc NaN\nd +Inf\ne{le="1"} 2 # {trace="x"} 1\n',
  );
  assert.deepEqual(
    series.map(({ name, value }) => [name, value]),
    [
      ['a', 3],
      ['b', 1000],
      ['c', NaN],
      ['d', Infinity],
      ['e', 2],
    ],
  );
  assert.deepEqual({ ...series[0]!.labels }, { x: '1"2', y: 'b\\n' });
});
