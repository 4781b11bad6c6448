import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { countOf } from '../foreign/foreign-run.js';
import { gwrk } from './gwrk-process.js';

let echo: WebSocketServer;
let url = '';
const directory = mkdtempSync(join(tmpdir(), 'gwrk-modules-'));
const write = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};

before(async () => {
  echo = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  echo.on('connection', (socket: WebSocket) => socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary })));
  await once(echo, 'listening');
  url = `ws://127.0.0.1:${(echo.address() as AddressInfo).port}/`;
});
after(() => {
  for (const socket of echo.clients) socket.terminate();
  echo.close();
  rmSync(directory, { recursive: true, force: true });
});

const DRIVER = `import type { Driver } from 'gwrk/driver';
const one: Uint8Array = new Uint8Array(1);
let heard = 0;
export default {
  metrics: { heard: 'counter' },
  setup({ metrics }) { heard = metrics.heard!; },
  onOpen(client, api): void { api.send(client, one, 0, 1); },
  onMessage(client, _bytes, _start, _end, api): void { api.count(heard); api.close(client); },
} satisfies Driver;
`;

test('gwrk run my-game.ts runs the driver by itself against the URL behind it, as many clients and as long as flags say', async () => {
  const file = write('my-game.ts', DRIVER);
  const { report, stderr } = await gwrk(['run', file, '-c', '7', '-d', '2s', url]);
  assert.ok(report, stderr);
  assert.equal(report.scenario, 'my-game');
  assert.deepEqual(report.errors, []);
  assert.equal(report.clients.connected, 7);
  assert.equal(countOf(report, 'heard'), 7);
});

test('a driver by itself may export its target, which the command line replaces', async () => {
  const file = write('aimed.ts', `export const target: string = '${url}aimed';\n${DRIVER}`);
  const own = await gwrk(['run', file, '-c', '2', '-d', '1s']);
  assert.equal(own.report?.target.url, `${url}aimed`, own.stderr);
  const typed = await gwrk(['run', file, `${url}typed`, '-c', '2', '-d', '1s']);
  assert.equal(typed.report?.target.url, `${url}typed`, typed.stderr);
});

test('a scenario that a module exports is a scenario file, and its default export drives it', async () => {
  const file = write(
    'whole.ts',
    `${DRIVER}
const clients: number = 3;
export const scenario = {
  name: 'whole',
  target: '${url}',
  variables: { ROUNDS: 2 },
  scenarios: {
    players: { executor: 'per-client-iterations', clients, iterations: '{{ ROUNDS }}', maxDuration: '10s', flow: [{ connect: {} }] },
  },
  thresholds: { heard: ['count==12'] },
};
`,
  );
  const { report, stderr, code } = await gwrk(['run', file, '-e', 'ROUNDS=4']);
  assert.equal(report?.scenario, 'whole', stderr);
  assert.equal(countOf(report!, 'heard'), 12);
  assert.equal(report!.thresholds[0]?.verdict, 'pass');
  assert.ok(code === 0 || code === 111, stderr);
  const planned = await gwrk(['run', file, '--dry-run']);
  assert.equal(planned.code, 0, planned.stderr);
  assert.match(planned.stdout, /whole/u);
});

const REFUSED: readonly [what: string, text: string, args: readonly string[], why: RegExp][] = [
  ['a driver without a target', DRIVER, [], /the driver has no target[\s\S]*GWRK_USAGE/u],
  ['a body for a driver', DRIVER, ['ws://127.0.0.1:9/', '-b', 'hi'], /--body is not for a driver[\s\S]*GWRK_USAGE/u],
  ['a scenario that is none', 'export const scenario = 7;', [], /the exported scenario is not an object[\s\S]*GWRK_SCENARIO_INVALID/u],
  ['a key that is not known', 'export const scenario = { nam: 1 };', [], /this key is not known[\s\S]*did you mean name/u],
  ['a module without anything', 'export const one = 1;', [], /neither a driver nor a scenario[\s\S]*GWRK_DRIVER_INVALID/u],
  ['a mistake in writing', 'export default {\n  a: ;\n};', [], /refused\.ts:2:6: [\s\S]*GWRK_DRIVER_INVALID/u],
];
for (const [what, text, args, why] of REFUSED)
  test(`${what} ends gwrk run with 104`, async () => {
    const { code, stderr, report } = await gwrk(['run', write('refused.ts', text), ...args]);
    assert.equal(code, 104, stderr);
    assert.match(stderr, why);
    assert.equal(report, undefined);
  });

test('code runs only when the command line names it: validate refuses a module, and a second argument is for modules', async () => {
  const file = write('effect.ts', "import { writeFileSync } from 'node:fs';\nwriteFileSync(new URL('./ran', import.meta.url), '');\n");
  const validated = await gwrk(['validate', file]);
  assert.equal(validated.code, 104);
  assert.match(validated.stderr, /a module is not validated/u);
  const yaml = write(
    'plain.yaml',
    `name: plain\ntarget: ${url}\nscenarios: { s: { executor: constant-clients, clients: 1, duration: 1s, driver: ./effect.ts, flow: [ connect: {} ] } }\n`,
  );
  assert.equal((await gwrk(['validate', yaml])).code, 0);
  assert.equal((await gwrk(['run', yaml, '--dry-run'])).code, 0);
  const second = await gwrk(['run', yaml, url]);
  assert.equal(second.code, 104);
  assert.match(second.stderr, /--set target=/u);
  const { existsSync } = await import('node:fs');
  assert.equal(existsSync(join(directory, 'ran')), false);
});
