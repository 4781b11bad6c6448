/**
 * Messages a second of one worker whose answers are JSON, found by a JSON pointer and captured from, beside those whose answers are
 * packets, found by offset and width, and those that a driver makes. First in runs against `gwrk serve --echo`, then without a network:
 * there what a server and the kernel cost is left out, so the ratios are stricter than those of a run.
 *
 *   node dist/benchmarks/json-flow.js [seconds each, 1] [--small]
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemClock } from '../src/core/clock.js';
import { COUNTER } from '../src/measure/metric-names.js';
import { Recorder } from '../src/measure/recorder.js';
import { loadScenario } from '../src/scenario/load.js';
import { createFlows, createSwarm, rowsOf } from '../src/swarm/create-swarm.js';
import type { Driver } from '../src/swarm/driver.js';
import { counter, runGwrk, startServer } from './gwrk.js';
import { LoopbackTransport } from './swarm-loopback.js';

const small = process.argv.includes('--small');
const seconds = small ? 0.15 : Number(process.argv[2] ?? 1);

/** Round trips a second of 256 clients that do this in a loop. */
async function rateOf(steps: string, driver?: Driver): Promise<number> {
  const flow = driver ? '[ { connect: {} } ]' : `[ { connect: {} }, { loop: { steps: [ ${steps} ] } } ]`;
  const text = `name: bench\ntarget: ws://127.0.0.1:9/\nscenarios:\n  only: { executor: constant-clients, clients: 256, duration: 1h, ${
    driver ? 'driver: ./bench.mjs, ' : ''
  }flow: ${flow} }\n`;
  const { plan } = loadScenario(text, { file: 'bench.yaml' });
  const memory = new SharedArrayBuffer(Recorder.byteLength);
  const start = {
    ...{ index: 0, count: 1, scenarios: plan.scenarios, captures: plan.captures.length, host: 'bench', path: '/', sources: [] },
    ...{ targets: [{ address: '127.0.0.1', family: 4 as const, port: 9 }], transport: 'node' as const, maxConnecting: 500, seed: 1 },
    ...{ recorder: memory, control: new SharedArrayBuffer(12) },
  };
  const flows = createFlows(start);
  const transport = new LoopbackTransport(rowsOf(flows), false);
  const { counters } = new Recorder(memory);
  const begunUs = systemClock.nowUs();
  let fromUs = 0;
  let from = 0;
  let rate = 0;
  const poll = (): boolean => {
    const nowUs = systemClock.nowUs();
    const heard = counters[COUNTER.ws_msgs_received]!;
    if (fromUs === 0 && nowUs > begunUs + (seconds * 1e6) / 3) {
      fromUs = nowUs;
      from = heard;
    }
    if (nowUs >= begunUs + seconds * 1e6) {
      rate = ((heard - from) * 1e6) / (nowUs - fromUs);
      transport.stopped = true;
    }
    return true;
  };
  const drivers = driver ? [{ path: 'bench.mjs', driver }] : [];
  const { swarm } = createSwarm(start, flows, { clock: systemClock, host: { poll }, transport, askLogins: () => {}, drivers });
  await swarm.run(transport, systemClock.nowUs());
  return rate;
}

const packet = '{ send: { hex: "010007000000aabbccdd0102030405060708", match: { offset: 2, width: 4 }, expect: { within: 5s } } }';
const json =
  '{ send: { json: { op: echo, id: "{{ iteration }}", token: "abcdefgh" }, match: { json: /id }, expect: { within: 5s }, capture: { token: { json: /token } } } }';
const frame = new Uint8Array(16);
const driver: Driver = {
  onOpen: (client, api) => void api.send(client, frame, 0, 16),
  onMessage(client, bytes, start, end, api) {
    frame[2] = bytes[start + 2]! + 1;
    api.send(client, frame, 0, end - start);
  },
};

const rates: Record<'packet' | 'json' | 'driver', number[]> = { packet: [], json: [], driver: [] };
for (let round = 0; round < (small ? 1 : 3); round++) {
  rates.packet.push(await rateOf(packet));
  rates.json.push(await rateOf(json));
  rates.driver.push(await rateOf('', driver));
}

/** Round trips a second of a whole run: 256 clients in a closed loop, server and gwrk on a core each. */
async function runRateOf(steps: string): Promise<number> {
  const server = await startServer(['--echo']);
  const file = join(directory, 'flow.yaml');
  const flow = `[ { connect: {} }, { loop: { steps: [ ${steps} ] } } ]`;
  const duration = small ? '1s' : `${3 * seconds}s`;
  writeFileSync(
    file,
    `name: flow\ntarget: ${server.ws}\nscenarios:\n  only: { executor: constant-clients, clients: 256, duration: ${duration}, gracefulStop: 1s, flow: ${flow} }\n`,
  );
  const report = await runGwrk([file, '--threads', '1']);
  await server.stop();
  return counter(report, 'ws_msg_service') / (report.durationMs / 1000);
}

const directory = mkdtempSync(join(tmpdir(), 'gwrk-json-flow-'));
const runs: Record<'packet' | 'json', number[]> = { packet: [], json: [] };
for (let round = 0; round < (small ? 1 : 3); round++) {
  runs.packet.push(await runRateOf(packet));
  runs.json.push(await runRateOf(json));
}
rmSync(directory, { recursive: true });

const median = (values: number[]): number => values.sort((a, b) => a - b)[values.length >> 1]!;
const show = (name: string, values: number[], must: string, base = median(rates.packet)): void =>
  console.log(
    `${name.padEnd(34)}${Math.round(median(values)).toLocaleString('en')} /s  ${((100 * median(values)) / base).toFixed(0)} %${must}`,
  );
show('a run with packets', runs.packet, '', median(runs.packet));
show('a run with JSON', runs.json, '  (must 60 %)', median(runs.packet));
show('packets, matched by offset', rates.packet, '');
show('JSON, matched and captured from', rates.json, '');
show('a driver', rates.driver, '  (must 50 %)');
