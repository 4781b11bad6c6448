import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { unfitness } from '../../src/report/compare/fitness.js';
import type { Report } from '../../src/report/report.js';
import { freePort } from '../net/free-ports.js';
import { gwrk } from './gwrk-process.js';
import { freshFolder, plantedFile, recordIn, startPlanted } from './planted.js';

const noPerf = spawnSync('perf', ['--version']).status !== 0 && 'needs perf: apt install linux-perf';
/** The first row of the table of functions: it has taken most of the time. */
const firstOf = (stdout: string): string => stdout.split('\n')[1]!;

test('the inspector finds the planted function of a running server and closes its port again; the difference names both', async (t) => {
  const folder = freshFolder(t);
  for (const version of [1, 2] as const) {
    const { child } = await startPlanted(t, version);
    const out = join(folder, String(version));
    const { code, stdout, stderr } = await gwrk(['flame', String(child.pid), '-d', '1500ms', '--out', out]);
    assert.equal(code, 0, stderr);
    assert.match(firstOf(stdout), version === 1 ? /plantedSort +test\/fixtures\/planted-server\.cjs:\d+/u : /plantedHash/u);
    assert.ok((recordIn(out).runtime?.gcCount ?? -1) >= 0);
    for (const file of ['index.html', 'icicle.svg', 'stacks.folded', 'profile.cpuprofile']) assert.ok(existsSync(join(out, file)), file);
    const again = await gwrk(['flame', String(child.pid), '-d', '200ms', '--out', join(folder, 'again')]);
    assert.equal(again.code, 0, again.stderr);
    child.kill('SIGKILL');
  }
  const { code, stdout, stderr } = await gwrk(['flame', '--diff', join(folder, '1'), join(folder, '2'), '--out', join(folder, 'diff')]);
  assert.equal(code, 0, stderr);
  assert.match(stdout, /gone +plantedSort/u);
  assert.match(stdout, /new +plantedHash/u);
  assert.match(readFileSync(join(folder, 'diff', 'difference.folded'), 'utf8'), /plantedSort \([^)]*\) [1-9]\d* 0$/mu);
  assert.ok(existsSync(join(folder, 'diff', 'index.html')));
});

test('perf finds the planted function by pid', { skip: noPerf }, async (t) => {
  const folder = freshFolder(t);
  const { child } = await startPlanted(t, 1, ['--perf-basic-prof', '--interpreted-frames-native-stack']);
  const { code, stdout, stderr } = await gwrk(['flame', String(child.pid), '--tool', 'perf', '-d', '2s', '--out', folder]);
  if (stderr.includes('GWRK_FLAME_NOT_ALLOWED')) return t.skip('perf may not look at processes here');
  assert.equal(code, 0, stderr);
  assert.match(firstOf(stdout), /plantedSort +test\/fixtures\/planted-server\.cjs:\d+/u);
  assert.equal(recordIn(folder).tool, 'perf');
});

test('perf on a Node without --perf-basic-prof says what is missing and what to do', { skip: noPerf }, async (t) => {
  const folder = freshFolder(t);
  const { child } = await startPlanted(t, 1);
  const { stderr } = await gwrk(['flame', String(child.pid), '--tool', 'perf', '-d', '1s', '--out', folder]);
  if (stderr.includes('GWRK_FLAME_NOT_ALLOWED')) return t.skip('perf may not look at processes here');
  assert.match(stderr, /--perf-basic-prof --interpreted-frames-native-stack, or use --tool inspector/u);
});

test('perf that is not installed, a process that is not there and a tool that never ends are refused with what to do', async (t) => {
  const { child } = await startPlanted(t, 1);
  const missing = await gwrk(['flame', String(child.pid), '--tool', 'perf'], { env: { PATH: '/nowhere' } });
  assert.equal(missing.code, 104);
  assert.match(missing.stderr, /apt install linux-perf[\s\S]*GWRK_FLAME_TOOL_MISSING/u);
  const gone = await gwrk(['flame', '4194000']);
  assert.deepEqual([gone.code, /GWRK_INSPECTOR_NO_PROCESS/u.test(gone.reason)], [104, true]);
  const bubbles = await gwrk(['flame', '--tool', 'clinic-bubbleprof', '--', 'node', 'x.js']);
  assert.deepEqual([bubbles.code, /node-clinic\/issues\/477/u.test(bubbles.stderr)], [104, true]);
  const shell = await gwrk(['flame', '--tool', '0x', '--', 'sh', 'x.sh']);
  assert.deepEqual([shell.code, /begin with the word node/u.test(shell.stderr)], [104, true]);
  const words = await gwrk(['flame', 'node', 'server.js']);
  assert.deepEqual([words.code, /a process that runs already/u.test(words.stderr)], [104, true]);
});

test('gwrk run --flame profiles the hold of the server that serve: starts, without a flag of its own', async (t) => {
  const folder = freshFolder(t);
  const port = await freePort();
  const scenario = join(folder, 'planted.yaml');
  const url = `http://127.0.0.1:${port}/`;
  writeFileSync(
    scenario,
    `name: planted
target: ${url}
serve: { command: "node ${plantedFile}", ready: "${url}", env: { PORT: "${port}", PLANTED: "1" } }
scenarios:
  askers:
    executor: constant-clients
    clients: 2
    duration: 4s
    gracefulStop: 2s
    flow: [ { http: { path: / } } ]
    afterFlow: repeat
`,
  );
  const { stdout, stderr } = await gwrk(['run', scenario, '--flame', '--no-thresholds', '--out', folder]);
  const run = readdirSync(folder).find((name) => name.startsWith('planted-'));
  assert.ok(run !== undefined, stderr);
  const report = JSON.parse(readFileSync(join(folder, run, 'report.json'), 'utf8')) as Report;
  assert.equal(report.profiled, 'inspector');
  assert.match(unfitness(report) ?? '', /profiled|limited|not valid/u);
  assert.match(stdout, /FLAME GRAPH of node .*\n\n.*\n.*plantedSort/u);
  const record = recordIn(join(folder, run, 'flame'));
  assert.ok((record.messages ?? 0) > 10);
  assert.ok(record.durationMs < report.durationMs);
  assert.match(readFileSync(join(folder, run, 'index.html'), 'utf8'), /flame\/index\.html/u);
});

test('--flame without a process to look at is refused before anything is started', async () => {
  const { code, reason } = await gwrk(['run', 'ws://127.0.0.1:9/', '-c', '1', '-d', '1s', '--flame', 'perf']);
  assert.deepEqual([code, /GWRK_FLAME_NO_PROCESS/u.test(reason)], [104, true]);
});
