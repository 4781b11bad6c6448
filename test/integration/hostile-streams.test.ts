import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamServer } from '../net/echo-server.js';
import { errorOf, gwrk } from './gwrk-process.js';

/** What comes must come within a time that a busy machine needs as well; only what never comes is waited for so shortly. */
const [LONG, SHORT] = ['10s', '200ms'];
const HOSTILE: readonly [name: string, bytes: Buffer | undefined, code: string, within: string][] = [
  ['claims 65,535 bytes, more than max', Buffer.from('0200000000' + '00ffff', 'hex'), 'framing.too-long', LONG],
  ['sends half a packet and is silent', Buffer.from('0200000000000800aa', 'hex'), 'timeout.answer', SHORT],
  ['sends garbage of the right length', Buffer.from('ffffffffffff0200aabb', 'hex'), 'check.answer', LONG],
];
for (const [name, bytes, expected, within] of HOSTILE)
  test(`against a server that ${name}, the run ends and says ${expected}`, async () => {
    const server = await streamServer((socket) => socket.write(bytes ?? ''));
    try {
      const sets = [
        'duration=2s',
        'gracefulStop=1s',
        ...['1.send', '2.loop.steps.0.send'].map((step) => `flow.${step}.expect.within=${within}`),
      ];
      const args = ['-e', `PORT=${server.port}`, '-e', 'CLIENTS=3', ...sets.flatMap((one) => ['--set', `scenarios.players.${one}`])];
      const { stderr, report } = await gwrk(['run', 'scenarios/tcp-game.yaml', ...args]);
      assert.ok(errorOf(report, expected), `${stderr}${JSON.stringify(report?.errors)}`);
      assert.equal(report?.ledger.ok, 0);
    } finally {
      await server.close();
    }
  });
