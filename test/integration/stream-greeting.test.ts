import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { probeUring } from '../../src/uring/probe.js';
import { streamServer } from '../net/echo-server.js';
import { gwrk } from './gwrk-process.js';

const transports = probeUring().available ? ['uring', 'node'] : ['node'];

for (const transport of transports)
  test(`a client over ${transport} that is silent until the server has spoken hears its greeting`, async () => {
    const greeter = await streamServer((socket) => socket.write('bye\n'), { onConnection: (socket) => socket.write('welcome\n') });
    const directory = mkdtempSync(join(tmpdir(), 'gwrk-greeting-'));
    try {
      const file = join(directory, 'greeting.yaml');
      const flow = '[connect: {}, expect: { text: welcome }, send: { text: hi, expect: { text: bye } }, disconnect: {}]';
      const load = 'executor: per-client-iterations, clients: 5, iterations: 2, framing: { delimiter: "\\n" }';
      writeFileSync(file, `name: greeting\ntarget: tcp://127.0.0.1:${greeter.port}\nscenarios: { s: { ${load}, flow: ${flow} } }\n`);
      const { code, stderr, report } = await gwrk(['run', file, '--transport', transport]);
      assert.equal(code, 0, stderr);
      assert.equal(report?.ledger.ok, 10);
      assert.deepEqual(report.metrics.checks, { type: 'rate', rate: 1, passes: 20, fails: 0 });
    } finally {
      rmSync(directory, { recursive: true, force: true });
      await greeter.close();
    }
  });
