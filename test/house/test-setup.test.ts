import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { root } from './source-tree.js';

const run = promisify(execFile);
const needsRoot = process.getuid?.() !== 0 && 'only root installs packages';
const FILES = ['reference-server/redis/contract.test.js', 'faults/drill.test.js', 'protocol/mac.test.js'];

interface Ran {
  /** What the set-up said, without its time. */
  readonly said: string;
  /** The calls of apt-get. */
  readonly calls: readonly string[];
  readonly isPolicyLeft: boolean;
}

/** Runs the set-up on a machine whose only programs are these; `apt` is what apt-get does, a text of the shell. */
async function setUp(apt: string, env: Readonly<Record<string, string>> = {}, files = FILES): Promise<Ran> {
  const directory = mkdtempSync(join(tmpdir(), 'gwrk-setup-'));
  try {
    const [log, policy] = [join(directory, 'log'), join(directory, 'policy')];
    writeFileSync(join(directory, 'bpftrace'), '', { mode: 0o755 });
    writeFileSync(join(directory, 'apt-get'), `#!/bin/sh\nhere=${directory}\necho "$@" >> ${log}\n${apt}\n`, { mode: 0o755 });
    const program = `
      const { setUpTests } = await import(${JSON.stringify(join(root, 'scripts/test-setup.js'))});
      process.stdout.write(String(await setUpTests(${JSON.stringify(files)}, { policyFile: ${JSON.stringify(policy)} })));`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], {
      env: { PATH: directory, ...env },
      timeout: 10_000,
    });
    const calls = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : [];
    return { said: stdout.replace(/\d+ s/u, 'N s'), calls, isPolicyLeft: existsSync(policy) };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

test('what the chosen tests lack is installed and said in one line; servers are kept from starting', { skip: needsRoot }, async () => {
  const { said, calls, isPolicyLeft } = await setUp('case "$*" in *download*) ;; *) test -x "$here/policy" || exit 1 ;; esac');
  assert.equal(said, 'test set-up: installed redis-server, nftables in N s');
  assert.equal(calls.length, 2);
  for (const call of calls) assert.match(call, /^install .* redis-server nftables$/u);
  assert.equal(isPolicyLeft, false);
});

test('where the lists of packages are old they are fetched first', { skip: needsRoot }, async () => {
  const { said, calls } = await setUp('case "$*" in update*) : > "$here/fresh" ;; *) test -e "$here/fresh" ;; esac');
  assert.match(said, /installed/u);
  assert.deepEqual(
    calls.map((call) => call.split(' ', 1)[0]),
    ['install', 'update', 'install', 'install'],
  );
});

test('a failure is told with its reason and is no failure of the tests', { skip: needsRoot }, async () => {
  const { said } = await setUp('echo "E: no network here" >&2; exit 100');
  assert.equal(said, 'test set-up: could not install redis-server, nftables (N s): E: no network here');
});

test('nothing is installed where it is forbidden, not needed, or another redis-server is named', { skip: needsRoot }, async () => {
  const forbidden = await setUp('exit 0', { GWRK_TEST_NO_INSTALL: '1' });
  const notNeeded = await setUp('exit 0', {}, ['protocol/mac.test.js', 'reference-server/audit/x.test.js']);
  const named = await setUp('exit 0', { GWRK_TEST_REDIS: '/opt/redis-server' }, ['reference-server/redis/contract.test.js']);
  for (const { said, calls } of [forbidden, notNeeded, named]) assert.deepEqual([said, calls], ['undefined', []]);
});
