import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { transports } from '../foreign/foreign-run.js';
import { gwrk } from './gwrk-process.js';

const directory = mkdtempSync(join(tmpdir(), 'gwrk-last-'));
after(() => rmSync(directory, { recursive: true, force: true }));

for (const { transport, skip } of transports) {
  test(`a server that ends the stream right behind its last answer has lost nobody, over ${transport}`, { skip }, async () => {
    // Ends with the answer to "bye"; one that ends behind "hello" throws its client out.
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.on('data', (bytes) => (/bye|out/.test(String(bytes)) ? socket.end(bytes) : socket.write(bytes)));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      const run = async (words: readonly string[]): ReturnType<typeof gwrk> => {
        const file = join(directory, 'last.yaml');
        const steps = words.map((word) => `      - send: { text: ${word}, expect: { text: ${word}, within: 30s } }`).join('\n');
        const target = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
        writeFileSync(
          file,
          `name: last
target: ${target}
scenarios:
  players:
    executor: per-client-iterations
    clients: 20
    iterations: 3
    maxDuration: 60s
    framing: { delimiter: "\\n" }
    flow:
      - connect: {}
${steps}
      - disconnect: {}
`,
        );
        return gwrk(['run', file, '--transport', transport]);
      };
      const { report, stderr } = await run(['hello', 'bye']);
      assert.deepEqual(report?.errors, [], stderr);
      assert.deepEqual([report?.ledger.ok, report?.clients.lost], [120, 0]);
      const thrownOut = await run(['out', 'hello']);
      assert.equal(
        thrownOut.report?.errors.some(({ code }) => code === 'closed.stream'),
        true,
        'a step still needed the connection',
      );
    } finally {
      server.close();
    }
  });

  test(`a quick run over HTTP where nobody listens ends early, says so, and is invalid, over ${transport}`, { skip }, async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    const { code, report, stderr } = await gwrk(['run', '-c', '5', '-d', '50s', '--transport', transport, `http://127.0.0.1:${port}/`]);
    assert.equal(code, 111, stderr);
    assert.match(stderr, /no client ever reached the target for 3 s: the run ends here/u);
    assert.equal(report?.errors.find(({ code }) => code === 'target.gone')?.first, 'no client ever reached the target for 3 s');
    assert.ok(report.durationMs < 40_000);
  });
}
