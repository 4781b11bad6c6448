import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gwrk } from '../integration/gwrk-process.js';

test('--help lists the commands on stdout', async () => {
  const { code, stdout, stderr } = await gwrk(['--help']);
  assert.equal(code, 0);
  for (const command of ['run', 'serve', 'validate', 'report', 'schema']) assert.match(stdout, new RegExp(`^  ${command} `, 'mu'));
  assert.equal(stderr, '');
});

test('--version is that of package.json', async () => {
  const { stdout } = await gwrk(['--version']);
  assert.match(stdout, /^\d+\.\d+\.\d+\n$/u);
});

test('no command at all is an error that shows what there is', async () => {
  const { code, stderr, reason } = await gwrk([]);
  assert.equal(code, 104);
  assert.match(stderr, /Commands:/u);
  assert.equal(reason, 'exit 104: GWRK_USAGE no command given');
});

const refused: readonly [args: string[], reason: RegExp, hint: RegExp][] = [
  [['rnu'], /GWRK_USAGE unknown command 'rnu'/u, /Did you mean run\?/u],
  [['run'], /GWRK_USAGE missing required argument/u, /--help/u],
  [['run', '--conections', '5', 'ws://127.0.0.1:1/'], /GWRK_USAGE unknown option '--conections'/u, /Did you mean --connections\?/u],
  [['run', 'ws://127.0.0.1:1/', 'ws://127.0.0.1:2/'], /GWRK_USAGE a second argument is the target of a driver file/u, /give one URL/u],
  [['run', 'ftp://127.0.0.1:1/'], /GWRK_(USAGE|SCENARIO_INVALID) /u, /ws:\/\//u],
  [['run', 'ws://127.0.0.1:1/', '-e', 'A=1'], /GWRK_USAGE --env is for scenario files/u, /scenario/u],
  [['run', 'scenarios/echo.yaml', '-c', '5'], /GWRK_USAGE --connections is for a URL/u, /--set/u],
  [['run', 'nowhere.yaml'], /GWRK_SCENARIO_UNREADABLE nowhere.yaml cannot be read: no such file/u, /path/u],
  [['run', 'scenarios'], /GWRK_SCENARIO_UNREADABLE scenarios cannot be read/u, /path/u],
  [['run', 'wss://127.0.0.1:1/', '--cacert', 'nowhere.pem'], /GWRK_USAGE nowhere.pem cannot be read/u, /--cacert/u],
  [['run', 'ws://127.0.0.1:1/', '--source-ip', '127.0.0.300'], /GWRK_USAGE a source address/u, /127\.0\.1\.0\/24/u],
  [['run', 'ws://169.254.169.254/'], /GWRK_TARGET_NOT_ALLOWED /u, /metadata/u],
  [['run', 'ws://name.invalid/'], /GWRK_TARGET_UNRESOLVED /u, /host name|resolver/u],
  [['validate', 'nowhere.yaml'], /GWRK_SCENARIO_UNREADABLE /u, /path/u],
  [['report', 'nowhere'], /GWRK_REPORT_UNREADABLE /u, /report.json/u],
  [['report', 'package.json'], /GWRK_REPORT_UNREADABLE /u, /report.json/u],
  [['compare', 'nowhere', 'package.json'], /GWRK_REPORT_UNREADABLE there is no such run/u, /directory/u],
  [['compare', 'nowhere'], /GWRK_USAGE missing required argument/u, /--help/u],
  [['trend', 'nowhere.jsonl'], /GWRK_HISTORY_UNREADABLE the history cannot be read: no such file/u, /history.jsonl/u],
  [['trend', 'package.json'], /GWRK_HISTORY_UNREADABLE this line is not JSON/u, /history.jsonl/u],
  [['trend', '--p', '2'], /GWRK_USAGE option '--p <p>' argument '2' is invalid/u, /--help/u],
];

for (const [args, reasonText, hint] of refused)
  test(`gwrk ${args.join(' ')} is refused with exit code 104 and the reason last`, async () => {
    const { code, stderr, stdout, reason, report } = await gwrk(args);
    assert.equal(code, 104, stderr);
    assert.match(reason, /^exit 104: /u);
    assert.match(reason, reasonText);
    assert.match(stderr, hint);
    assert.equal(stdout, '');
    assert.equal(report, undefined);
  });

test('a scenario that only names a public target needs consent, and gets it by --allow-target', async () => {
  const file = join(tmpdir(), `gwrk-public-${process.pid}.yaml`);
  writeFileSync(
    file,
    'name: x\ntarget: ws://192.0.2.1:9/\nscenarios:\n  a: { executor: constant-clients, clients: 1, duration: 1s, flow: [{ connect: {} }] }\n',
  );
  const without = await gwrk(['run', file, '--dry-run']);
  assert.equal(without.code, 104);
  assert.match(without.reason, /GWRK_TARGET_NOT_ALLOWED/u);
  const allowed = await gwrk(['run', file, '--dry-run', '--allow-target', '192.0.2.1:9']);
  assert.equal(allowed.code, 0, allowed.stderr);
});

test('schema prints a JSON Schema', async () => {
  const { code, stdout } = await gwrk(['schema']);
  assert.equal(code, 0);
  assert.equal((JSON.parse(stdout) as { $schema: string }).$schema, 'https://json-schema.org/draft/2020-12/schema');
});

test('every shipped scenario is valid', async () => {
  for (const name of ['quickstart', 'million', 'gateway-10k', 'idle', 'echo']) {
    const { code, stderr } = await gwrk(['validate', `scenarios/${name}.yaml`]);
    assert.equal(code, 0, stderr);
  }
});

test('serve without sense is refused by the server itself, with its exit code', async () => {
  const { code, stderr } = await gwrk(['serve', '--prot', '9000']);
  assert.equal(code, 104, stderr);
  assert.match(stderr, /--port/u);
});
