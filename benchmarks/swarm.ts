/**
 * What the swarm costs without a network: sessions opened, echoes and signed heartbeats a second on one core, and memory
 * a held client. The server's part of the work is in the figures too, as far as it cannot be left out (its MACs).
 *
 *   node dist/benchmarks/swarm.js [clients for memory, 200000] [seconds each, 2] [--small]
 */
import { systemClock } from '../src/core/clock.js';
import { COUNTER } from '../src/measure/metric-names.js';
import { Recorder } from '../src/measure/recorder.js';
import { loadScenario } from '../src/scenario/load.js';
import { type CreatedSwarm, createFlows, createSwarm, rowsOf } from '../src/swarm/create-swarm.js';
import type { WorkerStart } from '../src/swarm/messages.js';
import { LoopbackTransport } from './swarm-loopback.js';

const small = process.argv.includes('--small');
const clients = small ? 2_000 : Number(process.argv[2] ?? 200_000);
const seconds = small ? 0.3 : Number(process.argv[3] ?? 2);
const zeros = (bytes: number): string => Buffer.alloc(bytes).toString('base64url');

interface Bench {
  readonly recorder: Recorder;
  readonly transport: LoopbackTransport;
  readonly run: () => Promise<void>;
  readonly onTick: { call: () => void };
}

/** A swarm on a loopback; credentials are all alike and there at once. */
function prepare(flow: string, isReference: boolean, maxConnecting = 500): Bench {
  const text = `name: bench\ntarget: ws://127.0.0.1:9/\nscenarios:\n  only:\n${flow.replace(/^/gm, '    ')}\n`;
  const { plan } = loadScenario(text, { file: 'bench.yaml' });
  const recorder = new SharedArrayBuffer(Recorder.byteLength);
  const start: WorkerStart = {
    index: 0,
    count: 1,
    scenarios: plan.scenarios,
    targets: [{ address: '127.0.0.1', family: 4, port: 9 }],
    host: 'bench',
    path: '/',
    transport: 'node',
    sources: [],
    maxConnecting,
    seed: 1,
    recorder,
    control: new SharedArrayBuffer(12),
  };
  const flows = createFlows(start);
  const transport = new LoopbackTransport(rowsOf(flows), isReference);
  const onTick = { call: () => {} };
  const host = {
    poll: () => {
      onTick.call();
      return true;
    },
  };
  const created: CreatedSwarm = createSwarm(start, flows, {
    clock: systemClock,
    host,
    transport,
    askLogins: ({ rows, generations }) => {
      const secret = zeros(32);
      const sid = zeros(16);
      const token = 'x'.repeat(420);
      const entries = Array.from(rows, (row, i) => ({ row, generation: generations[i]!, token, secret, sid, dfp: secret }));
      created.credentials.accept(entries, systemClock.nowUs());
    },
  });
  return { recorder: new Recorder(recorder), transport, onTick, run: () => created.swarm.run(transport, systemClock.nowUs()) };
}

const rate = (count: number, us: number): string =>
  `${Math.round(count / (us / 1e6)).toLocaleString('en')}/s, ${((us / count) * 1000).toFixed(0)} ns each`;

/** Counts between two looks, after a third of the time. */
async function measure(name: string, bench: Bench, counter: number): Promise<void> {
  const begunUs = systemClock.nowUs();
  let fromUs = 0;
  let from = 0;
  bench.onTick.call = () => {
    const nowUs = systemClock.nowUs();
    if (fromUs === 0 && nowUs > begunUs + (seconds * 1e6) / 3) {
      fromUs = nowUs;
      from = bench.recorder.counters[counter]!;
    }
    if (nowUs < begunUs + seconds * 1e6) return;
    console.log(`${name}: ${rate(bench.recorder.counters[counter]! - from, nowUs - fromUs)}`);
    bench.transport.stopped = true;
  };
  await bench.run();
}

const echo = `executor: constant-clients
clients: 256
duration: 1h
flow:
  - connect: {}
  - loop: { steps: [ { send: { text: "0123456789abcdef0123456789abcdef", expect: { within: 5s } } } ] }`;
await measure('echo round trips, 256 clients', prepare(echo, false), COUNTER.ledger_ok);

const session = (count: number, rest: string): string => `executor: constant-clients
clients: ${count}
duration: 1h
flow:
  - login: { uid: "p{{ client }}", proof: none }
  - connect: {}
  - auth: {}
${rest}`;
await measure(
  'operations, 256 clients',
  prepare(
    session(256, '  - loop: { steps: [ { op: { code: echo, text: "0123456789abcdef", expect: { code: ok, within: 5s } } } ] }'),
    true,
  ),
  COUNTER.ledger_ok,
);
await measure(
  'signed heartbeats (both ends), 3,000 clients',
  prepare(session(3_000, '  - heartbeat: { every: 10ms, jitter: 5% }'), true),
  COUNTER.heartbeats_answered,
);

async function holding(count: number): Promise<void> {
  const bench = prepare(
    session(
      count,
      '  - heartbeat: { every: 60s, jitter: 5% }\n  - loop: { every: 60s, steps: [ { op: { code: move, x: 1, y: 2, expect: { within: 10s } } } ] }',
    ),
    true,
  );
  const before = process.memoryUsage();
  const begunUs = systemClock.nowUs();
  bench.onTick.call = () => {
    if (bench.recorder.counters[COUNTER.sessions_ready]! < count) return;
    const us = systemClock.nowUs() - begunUs;
    const { rss, heapUsed } = process.memoryUsage();
    console.log(`sessions opened, ${count.toLocaleString('en')} clients: ${rate(count, us)}`);
    console.log(
      `  resident memory: ${((rss - before.rss) / count).toFixed(0)} B a client (of it 133 B of the loopback's server), heap ${(heapUsed / 1e6).toFixed(1)} MB`,
    );
    bench.transport.stopped = true;
  };
  await bench.run();
}
await holding(clients);
