import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);

for (const name of ['mac', 'keys', 'frames']) {
  test(`the ${name} benchmark runs in its small mode and prints ns per op for each side`, async () => {
    const file = fileURLToPath(new URL(`../../benchmarks/protocol/${name}.js`, import.meta.url));
    const { stdout } = await run(process.execPath, [file, '--small'], { timeout: 20_000 });
    const lines = stdout.trim().split('\n');
    assert.ok(lines.filter((line) => /^ {2}\S.* \d+ ns\/op/.test(line)).length >= 4, stdout);
    assert.ok(
      lines.every((line) => /^ {2}\S.* \d+ ns\/op( {2}\d+\.\dx)?$|^\S/.test(line)),
      stdout,
    );
  });
}
