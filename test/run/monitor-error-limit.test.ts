import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { Clock } from '../../src/core/clock.js';
import { GAUGE } from '../../src/measure/metric-names.js';
import { Recorder } from '../../src/measure/recorder.js';
import { type MonitorResult, RunMonitor } from '../../src/run/run-monitor.js';
import { StopRequest } from '../../src/run/stop-request.js';
import type { Workers } from '../../src/run/workers.js';
import { loadScenario } from '../../src/scenario/load.js';
import { TargetWatch } from '../../src/target/target-watch.js';

const FILE = `name: x
target: ws://127.0.0.1:1/
scenarios:
  p: { executor: constant-clients, clients: 5, duration: 1m, flow: [ { connect: {} } ] }
`;

/** A run on a clock of its own, in which clients stay connected and ten things fail in each second. */
async function failingRun(withErrorLimit: boolean): Promise<{ result: MonitorResult; notes: string[] }> {
  let nowUs = 5e6;
  let errors = 0;
  let allEnded = false;
  const clock: Clock = { nowUs: () => nowUs, unixMs: () => nowUs / 1000 };
  const recorder = new Recorder(new SharedArrayBuffer(Recorder.byteLength));
  recorder.gauge(GAUGE.clients_open, 5);
  const workers = {
    deaths: [],
    get allEnded() {
      return allEnded || nowUs > 5e6 + 61e6;
    },
    async ended(ms: number) {
      nowUs += ms * 1000;
      errors += 10;
    },
    errors: () => [{ code: 'check.answer', count: errors, first: 'wrong' }],
    requestStop() {
      allEnded = true;
    },
    async terminate() {},
  };
  const notes: string[] = [];
  const stop = new StopRequest(new EventEmitter());
  const result = await new RunMonitor({
    plan: loadScenario(FILE, { file: 'x.yaml' }).plan,
    workers: workers as unknown as Workers,
    recorders: { all: [recorder], ofScenario: [[recorder]], scenarios: [{ name: 'only', tags: {} }] },
    target: new TargetWatch([]),
    stop,
    hooks: { note: (line) => notes.push(line), progress: () => undefined },
    startUs: 5e6,
    withErrorLimit,
    clock,
  }).untilOver();
  stop.close();
  return { result, notes };
}

test('a run that fails second after second is stopped after ten, and says by what', async () => {
  const { result, notes } = await failingRun(true);
  assert.equal(result.durationMs, 10_000);
  assert.deepEqual(result.interruption, { by: 'errors', reason: 'more than half of what was tried failed for 10 s' });
  assert.match(notes.join('\n'), /the run ends here \(--no-error-limit goes on\)/u);
});

test('with --no-error-limit the same run goes on to its end', async () => {
  const { result, notes } = await failingRun(false);
  assert.equal(result.interruption, undefined);
  assert.ok(result.durationMs > 60_000);
  assert.deepEqual(notes, []);
});
