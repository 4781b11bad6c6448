import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type Driver, defineDriver } from '../../src/swarm/driver.js';
import { DriverFault } from '../../src/swarm/driver-fault.js';
import { loadDriver } from '../../src/swarm/driver-load.js';
import { echoAfter, runVirtual, type VirtualRun } from './virtual-run.js';
import type { Script } from './virtual-transport.js';

const scenario = (clients: number, more = 'executor: constant-clients\nduration: 2s'): string => `
${more}
clients: ${clients}
driver: ./some-driver.mjs
flow:
  - connect: {}`;

const drive = (driver: Driver, script: Script, clients = 1, more?: string): Promise<VirtualRun> =>
  runVirtual(scenario(clients, more), script, { drivers: [{ path: '/some-driver.mjs', driver: defineDriver(driver) }] });

const one = new TextEncoder().encode('1');

test('a driver sends, hears, sets timers, records and closes for each client by its number', async () => {
  const told: string[] = [];
  const sentUs = new Float64Array(2);
  const run = await drive(
    {
      setup: ({ clients }) => void told.push(`setup ${clients}`),
      onOpen(client, api) {
        told.push(`open ${client} ${api.numberOf(client)}`);
        api.timer(client, 3, 1_000_000);
      },
      onTimer(client, id, api) {
        told.push(`timer ${client} ${id}`);
        sentUs[client] = api.nowUs();
        assert.ok(api.sendText(client, one, 0, 1));
      },
      onMessage(client, bytes, start, end, api) {
        told.push(`message ${client} ${Buffer.from(bytes.subarray(start, end))}`);
        api.record('ws_msg_rtt', api.nowUs() - sentUs[client]!);
        api.count('checks_passed');
        api.close(client);
      },
      onClose: (client) => void told.push(`close ${client}`),
    },
    echoAfter(700),
    2,
  );
  const of = (client: number): string[] => told.filter((line) => new RegExp(`^\\w+ ${client}\\b`).test(line) && !line.startsWith('setup'));
  assert.equal(told[0], 'setup 2');
  for (const client of [0, 1])
    assert.deepEqual(of(client), [`open ${client} ${client}`, `timer ${client} 3`, `message ${client} 1`, `close ${client}`]);
  assert.deepEqual(
    run.values('ws_msg_rtt').map((us) => Math.round(us / 100)),
    [7, 7],
  );
  assert.equal(run.counter('checks_passed'), 2);
  assert.deepEqual(run.errors(), {});
  assert.ok(run.nowUs < 1_100_000, `${run.nowUs}`);
});

test('a driver that never closes is held until its scenario ends, and fail ends its client at once', async () => {
  const run = await drive({ onOpen: (client, api) => (client === 0 ? api.fail(client, 'no-room') : undefined), onMessage() {} }, {}, 2);
  assert.deepEqual(run.errors(), { 'driver.no-room': 1 });
  assert.equal(run.counter('connections_lost'), 0);
  assert.ok(run.nowUs > 2_000_000 && run.nowUs < 2_100_000, `${run.nowUs}`);
});

test('iterations run the driver again on a new connection', async () => {
  const run = await drive(
    { onOpen: (client, api) => void api.send(client, one, 0, 1), onMessage: (client, _bytes, _start, _end, api) => api.close(client) },
    echoAfter(100),
    2,
    'executor: per-client-iterations\niterations: 3\nmaxDuration: 10s',
  );
  assert.equal(run.transport.connects.length, 6);
  assert.equal(run.counter('iterations'), 6);
});

test('a message that comes with the upgrade is heard after onOpen', async () => {
  const told: string[] = [];
  await drive(
    {
      onOpen: () => void told.push('open'),
      onMessage: (_client, bytes, start, end) => void told.push(`${Buffer.from(bytes.subarray(start, end))}`),
    },
    { onOpen: (server, row) => server.send(row, 'hello') },
  );
  assert.deepEqual(told, ['open', 'hello']);
});

test('a connection that is lost tells the driver once, and none of its timers fires any more', async () => {
  const told: string[] = [];
  const run = await drive(
    {
      onOpen: (client, api) => api.timer(client, 0, 1_000_000),
      onMessage() {},
      onTimer: () => void told.push('timer'),
      onClose: () => void told.push('close'),
    },
    { onOpen: (server, row) => server.end(row, 104, 500_000) },
  );
  assert.deepEqual(told, ['close']);
  assert.deepEqual(run.errors(), { ECONNRESET: 1 });
});

test('what a driver throws ends the run and is asked for nothing more', async () => {
  let calls = 0;
  const run = await drive(
    {
      onOpen: (client, api) => void api.send(client, one, 0, 1),
      onMessage() {
        calls++;
        throw new TypeError('no such room');
      },
    },
    echoAfter(100),
    5,
  );
  assert.equal(calls, 1);
  assert.ok(run.drivers?.fault instanceof DriverFault);
  assert.match(run.drivers.fault.told, /onMessage: TypeError: no such room/);
});

const directory = mkdtempSync(join(tmpdir(), 'gwrk-driver-'));
after(() => rmSync(directory, { recursive: true, force: true }));
const fileOf = (name: string, text: string): string => {
  writeFileSync(join(directory, name), text);
  return join(directory, name);
};

test('a module of JavaScript is loaded as it stands, and its faults name the place in it', async () => {
  const driver = await loadDriver(fileOf('good.mjs', 'export default { onOpen() {}, onMessage() {} };'));
  assert.equal(typeof driver.onOpen, 'function');
  const fault = async (name: string, text: string): Promise<string> => {
    const path = fileOf(name, text);
    return loadDriver(path).then(
      () => 'loaded',
      (error: unknown) => (error as DriverFault).told.replace(directory, ''),
    );
  };
  assert.equal(await fault('throws.mjs', "const a = 1;\n  throw new Error('boom');"), '/throws.mjs:2:9: could not be loaded: Error: boom');
  assert.match(
    await fault('half.mjs', 'export default { onOpen() {} };'),
    /^\/half\.mjs: the driver's default export has no function onMessage$/,
  );
  assert.equal(
    await fault('wrong.mjs', 'export default {\n  onOpen: ;\n};'),
    '/wrong.mjs:2:11: could not be loaded: SyntaxError: Expression expected',
  );
});

test('a module of TypeScript is loaded without a build step, and its faults name the place in it', async () => {
  fileOf('rules.ts', 'export type Rule = number;\nexport const limit: Rule = 3;');
  const path = fileOf(
    'typed.ts',
    `import { limit, type Rule } from './rules.ts';
const rule: Rule = limit;
export default {
  onOpen(client: number): void { if (client > rule) throw new Error('too many'); },
  onMessage() {},
};`,
  );
  const driver = await loadDriver(path);
  try {
    driver.onOpen(4, undefined as never);
    assert.fail('it did not throw');
  } catch (error) {
    assert.equal(DriverFault.of(path, error, 'onOpen').told.replace(directory, ''), '/typed.ts:4:59: onOpen: Error: too many');
  }
  fileOf('kinds.ts', '\n export enum Kind { A }');
  await assert.rejects(loadDriver(fileOf('uses.ts', "import './kinds.ts';\nexport default {};")), (fault: DriverFault) => {
    assert.equal(fault.frame.replace(directory, ''), '/kinds.ts:2:9');
    assert.match(fault.hint, /a const object for an enum/);
    return true;
  });
});
