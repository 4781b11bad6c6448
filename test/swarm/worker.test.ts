import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { type WebSocket, WebSocketServer } from 'ws';
import { systemClock } from '../../src/core/clock.js';
import { COUNTER, type CounterName } from '../../src/measure/metric-names.js';
import { Recorder } from '../../src/measure/recorder.js';
import { loadScenario } from '../../src/scenario/load.js';
import {
  CONTROL_ALIVE,
  CONTROL_MAIL,
  CONTROL_STOP,
  CONTROL_WORDS,
  type FromWorker,
  STOP_GRACEFULLY,
  STOP_NOW,
  type WorkerStart,
} from '../../src/swarm/messages.js';

const WORKER = new URL('../../src/swarm/worker.js', import.meta.url);

let server: WebSocketServer;
let port = 0;
let closeCodes: number[] = [];

before(async () => {
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket: WebSocket) => {
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on('close', (code) => closeCodes.push(code));
  });
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});
after(() => new Promise<void>((resolve) => server.close(() => resolve())));

/** A worker thread as the main thread would start it; the test plays the main thread. */
class TestWorker {
  readonly thread: Worker;
  readonly control: Int32Array;
  readonly recorder: Recorder;
  readonly messages: FromWorker[] = [];

  constructor(flow: string, targetPort: number) {
    const text = `name: test\ntarget: ws://127.0.0.1:${targetPort}/\nscenarios:\n  only:\n${flow.replace(/^/gm, '    ')}\n`;
    const recorder = new SharedArrayBuffer(Recorder.byteLength);
    const control = new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT);
    const start: WorkerStart = {
      index: 0,
      count: 1,
      scenarios: loadScenario(text, { file: 'test.yaml' }).plan.scenarios,
      targets: [{ address: '127.0.0.1', family: 4, port: targetPort }],
      host: `127.0.0.1:${targetPort}`,
      path: '/',
      transport: 'node',
      sources: [],
      maxConnecting: 100,
      seed: 1,
      recorder,
      control,
    };
    this.control = new Int32Array(control);
    this.recorder = new Recorder(recorder);
    this.thread = new Worker(WORKER, { workerData: start });
    this.thread.on('message', (message: FromWorker) => this.messages.push(message));
  }

  async until<Type extends FromWorker['type']>(type: Type): Promise<Extract<FromWorker, { type: Type }>> {
    for (;;) {
      const found = this.messages.find((message) => message.type === type || message.type === 'failed');
      if (found?.type === 'failed' && type !== 'failed') throw new Error(found.stack);
      if (found !== undefined) return found as Extract<FromWorker, { type: Type }>;
      await once(this.thread, 'message');
    }
  }

  async begin(): Promise<void> {
    await this.until('ready');
    this.thread.postMessage({ type: 'start', startUs: systemClock.nowUs() + 20_000 });
    Atomics.store(this.control, CONTROL_MAIL, 1);
    Atomics.notify(this.control, CONTROL_MAIL);
  }

  async untilCounter(name: CounterName, value: number): Promise<void> {
    while (this.counter(name) < value) await new Promise((resolve) => setTimeout(resolve, 5));
  }

  stop(kind: number): void {
    Atomics.store(this.control, CONTROL_STOP, kind);
  }

  counter(name: CounterName): number {
    return this.recorder.counters[COUNTER[name]]!;
  }
}

const echoing = (duration: string): string => `
executor: constant-clients
clients: 20
duration: ${duration}
gracefulStop: 5s
flow:
  - connect: {}
  - loop:
      every: 50ms
      steps:
        - send: { json: { id: "{{ iteration }}", text: "{{ client }}" }, match: { json: /id }, expect: { within: 5s, contains: "{{ client }}" } }
        - send: { hex: "00 01 02 ff", expect: { within: 5s } }`;

test('clients echo against a server of ws, end their connections in order, and every request is accounted for', async () => {
  closeCodes = [];
  const worker = new TestWorker(echoing('2s'), port);
  await worker.begin();
  const done = await worker.until('done');
  assert.deepEqual(done.errors, []);
  assert.equal(worker.counter('sessions_ready'), 20);
  assert.equal(worker.counter('connections_lost'), 0);
  assert.ok(worker.counter('ledger_ok') > 200, `${worker.counter('ledger_ok')}`);
  assert.equal(worker.counter('ledger_ok'), worker.counter('ledger_sent'));
  assert.equal(worker.counter('ws_msgs_received'), worker.counter('ws_msgs_sent'));
  while (server.clients.size > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  assert.deepEqual(closeCodes, new Array(20).fill(1000));
  assert.ok(worker.control[CONTROL_ALIVE]! > 10);
  await worker.thread.terminate();
});

test('a graceful stop ends the run before its time, with everything answered', async () => {
  const worker = new TestWorker(echoing('1h'), port);
  await worker.begin();
  await worker.untilCounter('ledger_ok', 100);
  worker.stop(STOP_GRACEFULLY);
  await worker.until('done');
  assert.equal(worker.counter('ledger_ok'), worker.counter('ledger_sent'));
  await worker.thread.terminate();
});

test('a stop at once leaves without a word, and what was open is indeterminate', async () => {
  const worker = new TestWorker(echoing('1h'), port);
  await worker.begin();
  await worker.untilCounter('ledger_ok', 100);
  worker.stop(STOP_NOW);
  await worker.until('done');
  const kinds = ['ledger_ok', 'ledger_fail', 'ledger_indeterminate'] as const;
  const sum = kinds.reduce((total, name) => total + worker.counter(name), 0);
  assert.equal(sum, worker.counter('ledger_sent'));
  await worker.thread.terminate();
});

test('a worker that is told to stop before the start is done without having started anyone', async () => {
  const worker = new TestWorker(echoing('1h'), port);
  await worker.until('ready');
  worker.stop(STOP_NOW);
  await worker.until('done');
  assert.equal(worker.counter('connects_started'), 0);
  await worker.thread.terminate();
});

test('errors reach the main thread with their codes', async () => {
  const probe = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(probe, 'listening');
  const free = (probe.address() as AddressInfo).port;
  await new Promise<void>((resolve) => probe.close(() => resolve()));
  const worker = new TestWorker('executor: constant-clients\nclients: 3\nduration: 1h\nflow: [ { connect: {} } ]', free);
  await worker.begin();
  const { errors } = await worker.until('done');
  assert.deepEqual(
    errors.map(({ code, count }) => [code, count]),
    [['ECONNREFUSED', 3]],
  );
  await worker.thread.terminate();
});
