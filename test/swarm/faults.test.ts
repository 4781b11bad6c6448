import assert from 'node:assert/strict';
import { test } from 'node:test';
import { runVirtual, START_US } from './virtual-run.js';
import type { Script } from './virtual-transport.js';

const holding = (clients = 3, connect = '{ timeout: 500ms }'): string => `
executor: constant-clients
clients: ${clients}
duration: 2s
gracefulStop: 1s
flow:
  - connect: ${connect}`;

/** How a connection fails, and what it is counted as. None of these clients ever becomes ready. */
const FAILURES: readonly [name: string, script: Script, code: string][] = [
  ['the server refuses', { connectUs: () => -111 }, 'ECONNREFUSED'],
  ['the connection never stands', { connectUs: () => 10e9 }, 'timeout.connect'],
  ['the upgrade is never answered', { upgradeUs: () => Number.POSITIVE_INFINITY }, 'timeout.upgrade'],
  ['the upgrade is answered 401', { upgradeAnswer: () => 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n' }, 'upgrade.401'],
  ['the upgrade is answered 404', { upgradeAnswer: () => 'HTTP/1.1 404 Not Found\r\n\r\n' }, 'upgrade.404'],
  ['the upgrade is answered with a plain 200', { upgradeAnswer: () => 'HTTP/1.1 200 OK\r\n\r\n<html>' }, 'upgrade.200'],
  ['the upgrade is answered with garbage', { upgradeAnswer: () => `SSH-2.0-OpenSSH\r\n\r\n` }, 'upgrade.garbage'],
  ['the answer to the upgrade never ends', { upgradeAnswer: () => `HTTP/1.1 101 ${'x'.repeat(40_000)}` }, 'upgrade.garbage'],
  [
    'the answer has another key',
    {
      upgradeAnswer: () =>
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n',
    },
    'upgrade.accept',
  ],
  [
    'the answer has no accept header',
    { upgradeAnswer: () => 'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n' },
    'upgrade.headers',
  ],
];

for (const [name, script, code] of FAILURES) {
  test(`when ${name}, each client has failed once with ${code}`, async () => {
    const run = await runVirtual(holding(), script);
    assert.deepEqual(run.errors(), { [code]: 3 });
    assert.equal(run.counter('sessions_failed'), 3);
    assert.equal(run.counter('sessions_ready'), 0);
    assert.equal(run.counter('connects_started'), 3);
    assert.equal(run.counter('connects_established'), 0);
    assert.equal(run.counter('connections_lost'), 0);
    assert.equal(run.gauge('clients_connecting'), 0);
    assert.equal(run.gauge('clients_open'), 0);
  });
}

test('a server that ends the connection before it answers the upgrade is told apart from one that refuses', async () => {
  const script: Script = { upgradeUs: () => Number.POSITIVE_INFINITY };
  const run = await runVirtual(holding(1), script, {
    prepare: ({ transport }) => transport.at(START_US + 300, () => transport.end(0, 0, 0)),
  });
  assert.deepEqual(run.errors(), { 'upgrade.closed': 1 });
});

/** How a connection that was ready is lost. */
const LOSSES: readonly [name: string, break_: NonNullable<Script['onOpen']>, code: string][] = [
  ['is reset', (server, row) => server.end(row, 104, 1_000), 'ECONNRESET'],
  ['ends without a close frame', (server, row) => server.end(row, 0, 1_000), 'closed.1006'],
  ['is closed with 1001', (server, row) => server.close(row, 1001, 1_000), 'closed.1001'],
  ['is closed with 4201', (server, row) => server.close(row, 4201, 1_000), 'closed.4201'],
  ['brings a masked frame', (server, row) => server.sendRaw(row, Uint8Array.of(0x82, 0x81, 0, 0, 0, 0, 1), 1_000), 'ws.1002'],
  ['brings a frame with reserved bits', (server, row) => server.sendRaw(row, Uint8Array.of(0xc2, 0), 1_000), 'ws.1002'],
  [
    'brings a frame of 2^60 bytes',
    (server, row) => server.sendRaw(row, Uint8Array.of(0x82, 127, 0x10, 0, 0, 0, 0, 0, 0, 0), 1_000),
    'ws.1009',
  ],
  ['brings a text that is not UTF-8', (server, row) => server.sendRaw(row, Uint8Array.of(0x81, 1, 0xff), 1_000), 'ws.1007'],
];

for (const [name, onOpen, code] of LOSSES) {
  test(`a connection that ${name} is lost once, as ${code}`, async () => {
    const run = await runVirtual(holding(), { onOpen });
    assert.deepEqual(run.errors(), { [code]: 3 });
    assert.equal(run.counter('connections_lost'), 3);
    assert.equal(run.counter('sessions_ready'), 3);
    assert.equal(run.counter('sessions_failed'), 0);
    assert.equal(run.gauge('clients_ready'), 0);
    assert.equal(run.gauge('clients_peak_open'), 3);
  });
}

test('an upgrade answer split into single bytes, with frames right behind it, is read', async () => {
  const script: Script = {
    upgradeUs: () => Number.POSITIVE_INFINITY,
    onMessage: (server, row, message) => server.send(row, message.toString()),
  };
  const flow = `
executor: constant-clients
clients: 1
duration: 1s
flow:
  - connect: {}
  - expect: { text: hi, within: 500ms }
  - send: { text: "x", expect: { within: 500ms } }`;
  const { acceptedUpgrade } = await import('./virtual-transport.js');
  const run = await runVirtual(flow, script, {
    prepare: ({ transport }) =>
      transport.at(START_US + 1_000, () => {
        const answer = Buffer.concat([acceptedUpgrade(transport.connects[0]!.request), Uint8Array.of(0x81, 2, 0x68, 0x69)]);
        for (let i = 0; i < answer.length; i++) transport.deliver(0, answer.subarray(i, i + 1), i);
      }),
  });
  assert.equal(run.counter('checks_passed'), 2);
  assert.deepEqual(run.errors(), {});
});

test('a ping of the server is answered with its payload', async () => {
  const pongs: string[] = [];
  const script: Script = {
    onOpen: (server, row) => server.sendControl(row, 9, Buffer.from('are you there'), 1_000),
  };
  await runVirtual(holding(1), script, {
    prepare: ({ transport }) => {
      transport.onPong = (_row, bytes, start, end) => pongs.push(Buffer.from(bytes.subarray(start, end)).toString());
    },
  });
  assert.deepEqual(pongs, ['are you there']);
});

test('a failed flow that is repeated tries again after a second and not at once', async () => {
  const flow = `
executor: constant-clients
clients: 1
duration: 3500ms
afterFlow: repeat
flow:
  - connect: {}
  - disconnect: {}`;
  const run = await runVirtual(flow, { connectUs: () => -111 });
  assert.equal(run.counter('connects_started'), 4);
  const times = run.transport.connects.map(({ atUs }) => Math.round((atUs - START_US) / 1e5));
  assert.deepEqual(times, [0, 10, 20, 30]);
  assert.equal(run.counter('iterations'), 0);
  assert.equal(run.counter('sessions_failed'), 1);
});
