import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, beforeEach, test } from 'node:test';
import { type WebSocket, WebSocketServer } from 'ws';
import { transports } from '../foreign/foreign-run.js';
import { errorOf, gwrk } from './gwrk-process.js';

/** Answers { op: login, name } with a token of that name, and keeps what it heard. */
let server: WebSocketServer;
let heard: string[] = [];
const directory = mkdtempSync(join(tmpdir(), 'gwrk-feeders-'));
const NAMES = ['ann', 'bob', 'cem', 'dan', 'eve', 'fay'];

before(async () => {
  writeFileSync(join(directory, 'players.csv'), `name\n${NAMES.join('\n')}\n`);
  server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket: WebSocket) =>
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as { op: string; name: string; token?: string };
      heard.push(message.token === undefined ? message.name : `${message.name}=${message.token}`);
      socket.send(JSON.stringify({ token: `token of ${message.name}` }));
    }),
  );
  await once(server, 'listening');
});
beforeEach(() => {
  heard = [];
});
after(() => {
  for (const socket of server.clients) socket.terminate();
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

function scenario(feeder: string, clients: number, iterations: number, steps: string): string {
  const path = join(directory, 'fed.yaml');
  const load = `executor: per-client-iterations, clients: ${clients}, iterations: ${iterations}, maxDuration: 60s`;
  writeFileSync(
    path,
    `name: fed\ntarget: ws://127.0.0.1:${(server.address() as AddressInfo).port}/\nfeeders: { players: { file: players.csv, ${feeder} } }\nscenarios: { s: { ${load}, flow: [ connect: {}, ${steps}, disconnect: {} ] } }\n`,
  );
  return path;
}
const LOGIN = 'send: { json: { op: login, name: "{{ players.name }}" }, expect: { within: 30s }, capture: { token: { json: /token } } }';
const USE = 'send: { json: { op: use, name: "{{ players.name }}", token: "{{ token }}" }, expect: { within: 30s } }';

for (const { transport, skip } of transports) {
  const run = (file: string) => gwrk(['run', file, '--transport', transport, '-t', '2', '--seed', '7']);

  test(`over ${transport} a unique feeder gives each client one row, and what it captured is its own`, { skip }, async () => {
    const { report, stderr } = await run(scenario('order: unique', 6, 1, `${LOGIN}, ${USE}`));
    assert.deepEqual(report?.errors, [], stderr);
    assert.deepEqual(heard.toSorted(), NAMES.flatMap((name) => [name, `${name}=token of ${name}`]).toSorted());
  });

  test(`over ${transport} a unique feeder that runs dry makes the run invalid, and with loop it begins again`, { skip }, async () => {
    const dry = await run(scenario('order: unique', 8, 1, LOGIN));
    assert.equal(dry.code, 111, dry.stderr);
    assert.equal(errorOf(dry.report, 'feeder.dry')?.count, 2);
    assert.deepEqual(heard.toSorted(), NAMES);
    heard = [];
    const loops = await run(scenario('order: unique, loop: true', 8, 1, LOGIN));
    assert.deepEqual(loops.report?.errors, [], loops.stderr);
    assert.deepEqual(heard.toSorted(), [...NAMES, 'ann', 'bob'].toSorted());
  });

  test(`over ${transport} sequential takes the next row in each iteration, random any`, { skip }, async () => {
    const sequential = await run(scenario('order: sequential', 1, 8, LOGIN));
    assert.deepEqual(sequential.report?.errors, [], sequential.stderr);
    assert.deepEqual(heard, [...NAMES, 'ann', 'bob']);
    heard = [];
    const random = await run(scenario('order: random', 2, 20, LOGIN));
    assert.deepEqual(random.report?.errors, [], random.stderr);
    assert.equal(heard.length, 40);
    assert.ok(new Set(heard).size > 3 && heard.every((name) => NAMES.includes(name)), String(heard));
  });
}
