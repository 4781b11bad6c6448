import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, test } from 'node:test';
import { TEMPLATES, type TemplateName, templateText, writeTemplate } from '../../src/cli/templates.js';
import { loadScenario } from '../../src/scenario/load.js';
import { gwrk } from '../integration/gwrk-process.js';

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'gwrk-init-')));
after(() => rmSync(directory, { recursive: true }));

for (const name of Object.keys(TEMPLATES) as TemplateName[])
  test(`the template ${name} is valid, is called so, explains itself, and holds thresholds`, async () => {
    const text = await templateText(name, join(directory, `${name}.yaml`));
    const { plan, warnings } = loadScenario(text, { file: name });
    assert.equal(plan.name, name);
    assert.deepEqual(warnings, []);
    assert.ok(plan.thresholds.length > 0);
    assert.ok(text.match(/^\s*#/gmu)!.length >= 5, 'too few comments');
  });

test('every environment of a template is valid too', async () => {
  const text = await templateText('ci-gate', 'x.yaml');
  const { plan } = loadScenario(text, { file: 'ci-gate', environmentName: 'ci' });
  assert.equal(plan.maxClients, 50);
});

test('init writes the template, says the next command, and the schema of its first line is there', async () => {
  const file = join(directory, 'new.yaml');
  const { code, stdout, stderr } = await gwrk(['init', 'json-game', file]);
  assert.equal(code, 0, stderr);
  assert.ok(stdout.includes(`gwrk run ${file} --dry-run`), stdout);
  const schema = /^# yaml-language-server: \$schema=(.*)$/mu.exec(readFileSync(file, 'utf8'))![1]!;
  const { $schema, properties } = JSON.parse(readFileSync(resolve(dirname(file), schema), 'utf8'));
  assert.match($schema, /json-schema\.org/u);
  assert.ok(properties.scenarios);
});

test('init leaves what is there, without --force, and a symbolic link too', async () => {
  const file = join(directory, 'mine.yaml');
  writeFileSync(file, 'mine');
  symlinkSync(join(directory, 'elsewhere'), join(directory, 'link.yaml'));
  for (const name of ['mine.yaml', 'link.yaml'])
    await assert.rejects(writeTemplate('ws-echo', join(directory, name), false), /exists already/u);
  assert.equal(readFileSync(file, 'utf8'), 'mine');
  await writeTemplate('ws-echo', file, true);
  assert.match(readFileSync(file, 'utf8'), /^name: ws-echo$/mu);
});

test('init --list says what each template is for', async () => {
  const { stdout } = await gwrk(['init', '--list']);
  for (const [name, purpose] of Object.entries(TEMPLATES)) assert.match(stdout, new RegExp(`^${name} +${purpose.slice(0, 20)}`, 'mu'));
});
