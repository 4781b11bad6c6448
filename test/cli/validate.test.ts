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
