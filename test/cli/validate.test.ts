import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { gwrk } from '../integration/gwrk-process.js';

const directory = mkdtempSync(join(tmpdir(), 'gwrk-validate-'));
after(() => rmSync(directory, { recursive: true }));
const file = (name: string, text: string): string => {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
};

test('several files are checked at once, and every problem of each is told with its file', async () => {
  const bad = file('bad.yaml', 'name: x\ntarget: ws://127.0.0.1:1/\nscenarioss: {}\nthresholds: { ws_msg_rt: ["p(99)<1"] }\n');
  const worse = file('worse.yaml', 'name: [\n');
  const { code, stdout, stderr, reason } = await gwrk(['validate', 'scenarios/echo.yaml', bad, worse, join(directory, 'none.yaml')]);
  assert.equal(code, 104);
  assert.match(stdout, /^scenarios\/echo\.yaml is valid: echo, 1 scenario, at most 100 clients at once, 10s, 3 thresholds$/mu);
  assert.ok(stderr.includes(`${bad}:3:1: this key is not known`), stderr);
  assert.match(stderr, /did you mean scenarios\?/u);
  assert.match(stderr, /did you mean ws_msg_rtt\?/u);
  assert.ok(stderr.includes(`${worse}:`) && stderr.includes('none.yaml cannot be read'), stderr);
  assert.match(reason, /^exit 104: GWRK_SCENARIO_INVALID \d+ problems, the first: /u);
});

const misspelt: readonly [args: string[], hint: RegExp][] = [
  [['validat', 'x.yaml'], /Did you mean validate\?/u],
  [['init', 'json-gmae'], /did you mean json-game\?/u],
  [['run', 'x.yaml', '--transport', 'urnig'], /did you mean uring\?/u],
  [['run', '-conections', '5', 'ws://127.0.0.1:1/'], /did you mean -connections\?/u],
  [['run', '-timeuot=5s', 'ws://127.0.0.1:1/'], /did you mean -timeout\?/u],
  [['completion', 'bsh'], /did you mean bash\?/u],
];
for (const [args, hint] of misspelt)
  test(`gwrk ${args.join(' ')} says what was probably meant`, async () => {
    const { code, stderr } = await gwrk(args);
    assert.equal(code, 104);
    assert.match(stderr, hint);
  });

test('the help of every command has examples', async () => {
  for (const command of ['run', 'validate', 'init', 'report', 'schema', 'completion']) {
    const { stdout } = await gwrk([command, '--help']);
    assert.match(stdout, new RegExp(`^Examples:\\n[^]*gwrk ${command}`, 'mu'), command);
  }
});

const problems: readonly [what: string, text: string, told: RegExp][] = [
  ['an empty file', '', /the file is empty.*gwrk init writes/su],
  ['a text that is no map', 'hello\n', /this is no scenario\n {2}given: {3}hello/u],
];
for (const [what, text, told] of problems)
  test(`${what} is called what it is`, async () => {
    const { code, stderr } = await gwrk(['validate', file('odd.yaml', text)]);
    assert.equal(code, 104);
    assert.match(stderr, told);
  });

test('a misspelt connect is one problem, not a flow without a connect as well', async () => {
  const text =
    'name: x\ntarget: ws://127.0.0.1:1/\nscenarios: { a: { executor: constant-clients, clients: 1, duration: 1s, flow: [ conect: {} ] } }\n';
  const { stderr, reason } = await gwrk(['validate', file('conect.yaml', text)]);
  assert.match(stderr, /did you mean connect\?/u);
  assert.match(reason, /1 problem, the first: this key is not known/u);
});

test('the keys of a step are told though the executor is misspelt', async () => {
  const text =
    'name: x\ntarget: ws://127.0.0.1:1/\nscenarios: { a: { executor: constant, clients: 1, duration: 1s, flow: [ connect: {}, send: { txt: hi } ] } }\n';
  const { stderr } = await gwrk(['validate', file('executor.yaml', text)]);
  assert.match(stderr, /given: {3}txt\n {2}allowed: text, json, .*did you mean text\?/su);
});

const subjects: readonly [subject: string, told: RegExp][] = [
  ['localhost:8080', /did you mean ws:\/\/localhost:8080\?/u],
  ['127.0.0.1:8080/v1', /did you mean ws:\/\/127\.0\.0\.1:8080\/v1\?/u],
  ['quickstart', /did you mean scenarios\/quickstart\.yaml\?/u],
  ['scenarios', /scenarios cannot be read: it is a directory/u],
  ['/dev/zero', /cannot be read: it is a device/u],
];
for (const [subject, told] of subjects)
  test(`gwrk run ${subject} says what is wrong and what was probably meant`, async () => {
    const { code, stderr } = await gwrk(['run', subject, ...(subject.includes(':') ? ['-c', '3'] : [])]);
    assert.equal(code, 104);
    assert.match(stderr, told);
  });

test('a variable that is nearly the one of a flag is not passed over in silence', async () => {
  const args = ['run', 'ws://127.0.0.1:1/', '--dry-run'];
  const loud = await gwrk(args, { env: { GWRK_CONECTIONS: '5', GWRK_ADMIN_TOKEN: 'x' } });
  assert.equal(loud.stderr, 'warning: GWRK_CONECTIONS is not read; did you mean GWRK_CONNECTIONS?\n');
  assert.equal((await gwrk([...args, '-q'], { env: { GWRK_CONECTIONS: '5' } })).stderr, '');
});

test('a command with wrong arguments points to its own help', async () => {
  const bare = await gwrk(['compare', 'one']);
  assert.equal(bare.code, 104);
  assert.match(bare.stderr, /hint: {4}gwrk compare --help lists its arguments and flags/u);
  assert.match((await gwrk(['frobnicate'])).stderr, /hint: {4}gwrk --help lists the commands/u);
});
