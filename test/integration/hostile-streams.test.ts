import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamServer } from '../net/echo-server.js';
import { errorOf, gwrk } from './gwrk-process.js';

const HOSTILE: readonly [name: string, bytes: Buffer | undefined, code: string][] = [
  ['claims 65,535 bytes, more than max', Buffer.from('0200000000' + '00ffff', 'hex'), 'framing.too-long'],
  ['sends half a packet and is silent', Buffer.from('0200000000000800aa', 'hex'), 'timeout.answer'],
  ['sends garbage of the right length', Buffer.from('ffffffffffff0200aabb', 'hex'), 'check.answer'],
];
for (const [name, bytes, expected] of HOSTILE)
  test(`against a server that ${name}, the run ends and says ${expected}`, async () => {
    const server = await streamServer((socket) => socket.write(bytes ?? ''));
    try {
      const sets = ['duration=1s', 'gracefulStop=1s', 'flow.1.send.expect.within=200ms', 'flow.2.loop.steps.0.send.expect.within=200ms'];
      const args = ['-e', `PORT=${server.port}`, '-e', 'CLIENTS=3', ...sets.flatMap((one) => ['--set', `scenarios.players.${one}`])];
      const { stderr, report } = await gwrk(['run', 'scenarios/tcp-game.yaml', ...args]);
      assert.ok(errorOf(report, expected), `${stderr}${JSON.stringify(report?.errors)}`);
      assert.equal(report?.ledger.ok, 0);
    } finally {
      await server.close();
    }
  });
