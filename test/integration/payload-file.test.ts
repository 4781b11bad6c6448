import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { streamServer } from '../net/echo-server.js';
import { gwrk } from './gwrk-process.js';

test('a file that a scenario sends lies beside it, and nowhere else', async () => {
  const echo = await streamServer();
  const directory = mkdtempSync(join(tmpdir(), 'gwrk-payload-'));
  try {
    const bytes = Buffer.from([0, 1, 2, 255, 254]);
    writeFileSync(join(directory, 'payload.bin'), bytes);
    const scenario = (file: string): string => {
      const path = join(directory, 'file.yaml');
      const flow = `[connect: {}, send: { file: "${file}", expect: { bytes: [{ offset: 3, width: 2, endian: big, equals: 65534 }] } }, disconnect: {}]`;
      const load = 'executor: per-client-iterations, clients: 2, iterations: 3, framing: { length: { width: 2 } }';
      writeFileSync(path, `name: file\ntarget: tcp://127.0.0.1:${echo.port}\nscenarios: { s: { ${load}, flow: ${flow} } }\n`);
      return path;
    };
    const { code, stderr, report } = await gwrk(['run', scenario('payload.bin')]);
    assert.equal(code, 0, stderr);
    assert.equal(report?.ledger.ok, 6);
    assert.equal(echo.received(), 6 * (2 + bytes.length));
    for (const [file, why] of [
      ['../../etc/passwd', /no such file|outside of the directory/u],
      ['/etc/passwd', /not named relative/u],
      ['missing.bin', /no such file/u],
      ['.', /outside of the directory|no plain file/u],
    ] as const) {
      const refused = await gwrk(['validate', scenario(file)]);
      assert.equal(refused.code, 104, file);
      assert.match(refused.stderr, why);
    }
  } finally {
    rmSync(directory, { recursive: true, force: true });
    await echo.close();
  }
});
