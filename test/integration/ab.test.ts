import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { abbaOrder } from '../../src/gate/order.js';
import { loadReport } from '../../src/report/load.js';
import { gateScenario, readGate } from './gate-scenario.js';
import { gwrk, repository, signalAt } from './gwrk-process.js';

const { directory, scenario, serve } = await gateScenario();
const METRIC = ['--metric', 'ws_msg_service p(99)', '--cool-down', '0'];

test('gwrk ab: two pairs in ABBA order, a fresh server each, the environment of each side, every file, inconclusive', async () => {
  const out = join(directory, 'ab');
  const log = join(directory, 'sides');
  const server = `sh -c 'printf %s "$SIDE" >> ${log}; exec ${process.execPath} ${repository}/bin/gwrk.js ${serve}'`;
  const [summary, output] = [join(directory, 'summary'), join(directory, 'output')];
  const { code, stdout, stderr } = await gwrk(
    [
      ...['ab', '--pairs', '2', '--a', server, '--b', server, '--a-env', 'SIDE=a', '--b-env', 'SIDE=b', ...METRIC, '--seed', '5'],
      ...['--out', out, '--junit', join(directory, 'junit.xml'), scenario],
    ],
    { env: { GITHUB_ACTIONS: 'true', GITHUB_STEP_SUMMARY: summary, GITHUB_OUTPUT: output, GWRK_QUIET: '0' } },
  );
  assert.equal(code, 0, stderr);
  const series = join(out, readdirSync(out)[0]!);
  const gate = readGate(series);
  assert.deepEqual([gate.verdict, gate.exitCode], ['inconclusive', 0]);
  assert.match(gate.reason, /about \d+ pairs would tell/u);
  assert.match(stdout, /INCONCLUSIVE/u);

  const order = abbaOrder(2, 5);
  const first = gate.runs.filter(
    ({ side, number }, index, runs) => index === runs.findIndex((run) => run.side === side && run.number === number),
  );
  assert.deepEqual(
    first.map(({ side, number }) => ({ side, number })),
    order,
  );
  assert.equal(readFileSync(log, 'utf8'), `ab${gate.runs.map(({ side }) => side).join('')}`);
  const pids = await Promise.all(gate.runs.map(async ({ directory: run }) => (await loadReport(run)).target.pid));
  assert.equal(new Set(pids).size, gate.runs.length);
  for (const pid of pids) assert.ok(!existsSync(`/proc/${pid}`), `server ${pid} is still there`);

  // A run that a busy machine disturbed was run again, and stands beside under a longer name.
  for (const name of ['a-01', 'a-02', 'b-01', 'b-02', 'warm-a', 'warm-b', 'summary.md', 'junit.xml'])
    assert.ok(
      readdirSync(series).some((entry) => entry === name || entry.startsWith(`${name}-`)),
      `${name} is missing`,
    );
  assert.equal(readFileSync(join(directory, 'junit.xml'), 'utf8'), readFileSync(join(series, 'junit.xml'), 'utf8'));
  assert.equal(readFileSync(summary, 'utf8'), readFileSync(join(series, 'summary.md'), 'utf8'), 'only the series tells the pipeline');
  assert.deepEqual(readFileSync(output, 'utf8').trimEnd().split('\n'), ['verdict=inconclusive', `report=${series}`]);
  assert.match(stderr, /^::warning title=gwrk%3A ws_msg_service p\(99\) [^,]*%2C inconclusive,file=[^,]*gate\.yaml,line=\d+::before/mu);
});

test('ctrl-C ends the run that goes on, keeps the others and ends with 105', async () => {
  const out = join(directory, 'stopped');
  const server = `gwrk ${serve}`;
  const { code, stderr, reason } = await gwrk(['ab', '--pairs', '9', '--a', server, '--b', server, ...METRIC, '--out', out, scenario], {
    onStderrLine: signalAt('SIGINT', (line) => /^[ab] 1\/9/u.test(line)),
  });
  assert.equal(code, 105, stderr);
  const gate = readGate(join(out, readdirSync(out)[0]!));
  assert.equal(gate.verdict, 'interrupted');
  // How many runs were over by the time at which the signal came is the machine's affair, and what is said of them is ours.
  const counted = gate.runs.filter(({ isCounted }) => isCounted).length;
  assert.match(reason, new RegExp(`^exit 105: stopped before its end, with ${counted} runs to count`, 'u'));
  assert.ok(gate.runs.length >= 1 && counted < 18, `${counted} of 18 runs`);
});

test('a server that cannot start ends the comparison with its own words', async () => {
  const { code, stderr } = await gwrk(['ab', '--a', 'false', '--b', 'false', '--out', join(directory, 'none'), scenario]);
  assert.equal(code, 1);
  assert.match(stderr, /the server ended \(exit 1\) before it was ready/u);
});

test('--dry-run shows both command lines and the order, and what is missing is refused with 104', async () => {
  const dry = await gwrk([
    'ab',
    '--pairs',
    '2',
    '--a',
    'old "x y"',
    '--b',
    'new',
    '--b-env',
    "A=it's",
    '--seed',
    '5',
    '--dry-run',
    scenario,
  ]);
  assert.equal(dry.code, 0, dry.stderr);
  assert.match(dry.stdout, /^a: gwrk run .*serve\.command="old \\"x y\\""/mu);
  assert.match(
    dry.stdout,
    new RegExp(
      `warm up: ${abbaOrder(2, 5)
        .map(({ side }) => side)
        .join(' ')}$`,
      'mu',
    ),
  );
  const noServe = await gwrk(['ab', '--a', 'x', '--b', 'y', '--set', 'serve=null', scenario]);
  assert.equal(noServe.code, 104);
  assert.match(noServe.stderr, /the scenario has no serve:/u);
  const noMetric = await gwrk(['ab', '--a', 'x', '--b', 'y', '--metric', 'nothing p(99)', scenario]);
  assert.equal(noMetric.code, 104);
});
