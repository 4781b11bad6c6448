import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { rulesOf } from './rig.js';
import { errorKind, killServers, REFUSED, ServedRules } from './served-rules.js';

let directory: string;
before(() => {
  directory = mkdtempSync(join(tmpdir(), 'gwrk-serve-rules-'));
});
after(() => {
  killServers();
  rmSync(directory, { recursive: true, force: true });
});

test('gwrk serve --rules FILE: a change by atomic rename refuses logins within a moment, and a broken file leaves that in force', async () => {
  const path = join(directory, 'rules.json');
  const replace = (text: string): void => {
    writeFileSync(`${path}~`, text);
    renameSync(`${path}~`, path);
  };
  replace('[]');
  const server = await new ServedRules(path).start();
  assert.equal(await server.login(), 200);
  replace(rulesOf(0));
  await server.until('the change is in force', ({ versionAtThreads }) => versionAtThreads === 2);
  assert.equal(await server.login(), REFUSED);
  replace('[{"resource":"login","threshold":1000');
  await server.until('the broken file is refused', (json) => errorKind(json) === 'refused');
  assert.equal(await server.login(), REFUSED);
  rmSync(path);
  await server.until('its loss is told', (json) => errorKind(json) === 'unreadable');
  assert.equal(await server.login(), REFUSED);
  replace('[]');
  await server.until('the mended file is in force', ({ version, error }) => version === 3 && error === null);
  assert.equal(await server.login(), 200);
  const stderr = await server.stop();
  const told = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line).event);
  assert.deepEqual(told, ['rules.refused', 'rules.unreadable', 'rules.readable'], 'one line each');
});

test('a file that is missing or broken at the start ends it with a clear error', async () => {
  const broken = join(directory, 'broken.json');
  writeFileSync(broken, '[{"resource":"login"}]');
  for (const [path, code, says] of [
    [join(directory, 'absent.json'), 'GWRK_RULES_UNREADABLE', /ENOENT/u],
    [broken, 'GWRK_RULES_INVALID', /\$\[0\]\.threshold/u],
  ] as const) {
    const { code: exit, stderr, stdout } = await new ServedRules(path).served.ended;
    assert.deepEqual([exit, stdout], [104, '']);
    assert.match(stderr, says);
    assert.match(stderr, new RegExp(`given: {3}${path}`, 'u'));
    assert.match(stderr, new RegExp(`code: {4}${code}`, 'u'));
  }
});
