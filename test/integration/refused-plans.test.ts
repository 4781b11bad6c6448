import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { probeUring } from '../../src/uring/probe.js';
import { gwrk } from './gwrk-process.js';

const directory = mkdtempSync(join(tmpdir(), 'gwrk-plans-'));
after(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const isLinux = process.platform === 'linux';

test('too many descriptors for the plan: refused before the start, with the number that would fit', {
  skip: !isLinux && 'reads /proc',
}, async () => {
  const { code, stderr, reason, report } = await gwrk([
    'run',
    'ws://127.0.0.1:9/',
    '-c',
    '2m',
    '--transport',
    'node',
    '--source-ip',
    '127.0.1.0/24',
  ]);
  assert.equal(code, 104, stderr);
  assert.match(reason, /^exit 104: GWRK_LIMIT_DESCRIPTORS /u);
  assert.match(stderr, /allowed: [\d,]+ descriptors: [\d,]+ clients/u);
  assert.match(stderr, /ulimit/u);
  assert.equal(report, undefined);
});

test('too few ports for the plan: refused, with the number that would fit and the way to more', {
  skip: !isLinux && 'reads /proc',
}, async () => {
  const { code, stderr } = await gwrk(['run', 'ws://127.0.0.1:9/', '-c', '200k', '--source-ip', '127.0.1.1']);
  assert.equal(code, 104, stderr);
  assert.match(stderr, /GWRK_LIMIT_PORTS/u);
  assert.match(stderr, /--source-ip/u);
});

const hasLittle = totalmem() < 80e9;
test('too little memory for the plan: refused, with the number that would fit', {
  skip: !hasLittle && 'the machine is too large',
}, async () => {
  const { code, stderr } = await gwrk(['run', 'ws://127.0.0.1:9/', '-c', '10m', '--source-ip', '127.0.0.0/16']);
  assert.equal(code, 104, stderr);
  assert.match(stderr, /GWRK_LIMIT_MEMORY/u);
});

test('--transport uring where io_uring is forbidden is refused', async () => {
  const { code, reason } = await gwrk(['run', 'ws://127.0.0.1:9/', '--transport', 'uring'], { env: { GWRK_FORBID_URING: '1' } });
  assert.equal(code, 104);
  assert.match(reason, /GWRK_TRANSPORT_UNAVAILABLE/u);
});

test('--dry-run prints the plan and what it needs, and starts nothing', async () => {
  const { code, stdout, report } = await gwrk(['run', 'scenarios/million.yaml', '-e', 'CLIENTS=5k', '--dry-run']);
  assert.equal(code, 0);
  for (const text of [/5,000 at most/u, /ports/u, /descriptors/u, /memory/u, /session_ready p\(99\)/u]) assert.match(stdout, text);
  if (probeUring().available) assert.match(stdout, /rings/u);
  assert.equal(report, undefined);
});

test('--dry-run of a plan that does not fit prints it all the same, and says so', async () => {
  const { code, stdout, reason } = await gwrk(['run', 'ws://127.0.0.1:9/', '-c', '10m', '--dry-run']);
  assert.equal(code, 104);
  assert.match(stdout, /10,000,000 at most/u);
  assert.match(reason, /GWRK_LIMIT/u);
});

test('a file that is not YAML is refused with line and column', async () => {
  const path = file('broken.yaml', 'name: x\nscenarios:\n  a: [1, 2\n');
  const { code, stderr, reason } = await gwrk(['run', path]);
  assert.equal(code, 104);
  assert.match(reason, /^exit 104: GWRK_SCENARIO_SYNTAX /u);
  assert.match(stderr, /broken\.yaml:\d+:\d+/u);
});

test('ten mistakes are told at once, each with its place, and the reason counts them', async () => {
  const path = file(
    'ten.yaml',
    [
      'name: ten',
      'target: ftp://x', // 1
      'colour: red', // 2
      'swarm: { threads: many }', // 3
      'scenarios:',
      '  a:',
      '    executor: constant-clients',
      '    clients: -1', // 4
      '    duration: 10 sec', // 5
      '    durration: 10s', // 6
      '    flow:',
      '      - connect: {}',
      '      - conect: {}', // 7
      '      - think: { min: soon }', // 8
      'thresholds:',
      '  session_raedy: ["p(99)<68"]', // 9
      '  ws_msg_rtt: ["p(99)<<68"]', // 10
    ].join('\n'),
  );
  const { code, stderr, reason } = await gwrk(['validate', path]);
  assert.equal(code, 104);
  const places = new Set([...stderr.matchAll(/^\S*ten\.yaml:(\d+):\d+: /gmu)].map((match) => match[1]));
  assert.deepEqual([...places].sort(), ['10', '13', '14', '16', '17', '2', '3', '4', '8', '9'], stderr);
  assert.match(reason, /^exit 104: GWRK_SCENARIO_INVALID 10 problems, the first: /u);
});

test('an unknown key gets a suggestion', async () => {
  const path = file('key.yaml', 'name: x\ntarget: ws://127.0.0.1:1/\nscenario:\n  a: {}\n');
  const { code, stderr } = await gwrk(['validate', path]);
  assert.equal(code, 104);
  assert.match(stderr, /scenarios/u);
});
