import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import type { Clock } from '../../src/core/clock.js';
import { COUNTER, TREND } from '../../src/measure/metric-names.js';
import { metricView } from '../../src/measure/metric-view.js';
import { Recorder } from '../../src/measure/recorder.js';
import { recorderSlots } from '../../src/measure/scenario-recorder.js';
import { runRecorders } from '../../src/measure/selections.js';
import { scenarioLabels } from '../../src/run/plan-facts.js';
import { RunMonitor } from '../../src/run/run-monitor.js';
import { StopRequest } from '../../src/run/stop-request.js';
import type { Workers } from '../../src/run/workers.js';
import { loadScenario } from '../../src/scenario/load.js';
import { TargetWatch } from '../../src/target/target-watch.js';

const START_US = 5e6;

/** Two scenarios, each with its ramp of 1,500 ms and its end after 4,700 ms; each records a message a millisecond of the clock. */
const fileWith = (threshold: string): string => `name: x
target: ws://127.0.0.1:1/
scenarios:
  slow: { executor: ramping-clients, stages: [ { duration: 1500ms, target: 2 }, { duration: 3200ms, target: 2 } ], flow: [ { connect: {} } ] }
  fast: { executor: constant-clients, clients: 1, duration: 4700ms, tags: { kind: quick }, flow: [ { connect: {} } ] }
thresholds:
  ${threshold}
`;

async function monitored(threshold: string) {
  const { plan } = loadScenario(fileWith(threshold), { file: 'x.yaml' });
  const recorders = runRecorders([new SharedArrayBuffer(Recorder.byteLength * recorderSlots(2))], scenarioLabels(plan));
  const [slow, fast] = recorders.all as [Recorder, Recorder];
  slow.count(COUNTER.connects_started, 2);
  fast.count(COUNTER.connects_started, 1);
  let nowUs = START_US;
  let endUs = START_US + 6e6;
  const clock: Clock = { nowUs: () => nowUs, unixMs: () => nowUs / 1000 };
  const workers = {
    deaths: [],
    get allEnded() {
      return nowUs >= endUs;
    },
    async ended(ms: number) {
      for (let i = 0; i < ms; i++, nowUs += 1000) {
        // The slow message of millisecond n of the run takes n us, so that it can be told when each was taken.
        slow.record(TREND.ws_msg_rtt, (nowUs - START_US) / 1000 + 1);
        fast.record(TREND.ws_msg_rtt, 1);
      }
    },
    errors: () => [],
    requestStop() {
      endUs = nowUs;
    },
    async terminate() {},
  };
  const stop = new StopRequest(new EventEmitter());
  const result = await new RunMonitor({
    plan,
    workers: workers as unknown as Workers,
    recorders,
    target: new TargetWatch([]),
    stop,
    hooks: { note: () => {}, progress: () => undefined },
    startUs: START_US,
    withErrorLimit: false,
    clock,
  }).untilOver();
  stop.close();
  return { result, recorders };
}

test('a phase begins and ends when the plan says, not at the next whole second', async () => {
  const { result, recorders } = await monitored('ws_msg_rtt: ["p(99)<9999"]');
  const count = (labels: string): number | undefined => {
    const view = metricView(`ws_msg_rtt{${labels}}`, { recorders: recorders.all, elapsedMs: result.durationMs, select: result.select });
    return view?.type === 'trend' ? view.histogram.count : undefined;
  };
  // The last of the two clients of the ramp is planned at 1,500 ms or before; the hold is from there to 4,700 ms.
  const { fromMs, untilMs } = result.hold!;
  assert.ok(fromMs > 0 && fromMs <= 1500 && fromMs % 1000 !== 0, String(fromMs));
  assert.equal(untilMs, 4700);
  assert.deepEqual(
    [count('phase:ramp,scenario:slow'), count('phase:hold,scenario:slow'), count('phase:drain,scenario:slow')],
    [fromMs, 4700 - fromMs, 1300],
  );
  assert.equal(count('phase:hold'), 2 * (4700 - fromMs));
  assert.equal(count('kind:quick'), 6000);
});

test('abortOnFail may ask for a part of the run, and is not asked before there is one', async () => {
  const rule = (metric: string): string => `${metric}: [{ threshold: "max<3", abortOnFail: true }]`;
  // The maximum of the whole is above 3 ms only after 3,000 ms; that of the fast scenario never is.
  assert.equal((await monitored(rule('ws_msg_rtt{scenario:slow,phase:hold}'))).result.durationMs, 3000);
  assert.equal((await monitored(rule('ws_msg_rtt{scenario:fast}'))).result.interruption, undefined);
  assert.equal((await monitored(rule('ws_msg_rtt{phase:drain}'))).result.durationMs, 5000);
});
