import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { TEMPLATES } from '../../src/cli/templates.js';
import { freePorts } from '../net/free-ports.js';
import { gwrk, repository } from './gwrk-process.js';

const directory = mkdtempSync(join(tmpdir(), 'gwrk-templates-'));
after(() => rmSync(directory, { recursive: true }));

/** The template, with time for answers that a busy machine needs as well. */
function patient(name: string): string {
  const text = readFileSync(join(repository, `scenarios/templates/${name}.yaml`), 'utf8');
  const path = join(directory, `${name}.yaml`);
  writeFileSync(path, text.replace(/\bwithin: \d+s\b/gu, 'within: 20s'));
  return path;
}

for (const name of Object.keys(TEMPLATES))
  test(`the template ${name} runs against the server that it starts, without an error`, async () => {
    const [port, http, admin] = await freePorts(3);
    const serve = `gwrk serve ${name === 'reference' ? '' : '--echo '}--port ${port} --http-port ${http} --admin-port ${admin}`;
    const { stderr, report } = await gwrk([
      ...['run', patient(name), '--no-thresholds', '-e', 'HOLD=2s', '-e', name === 'arrivals' ? 'RATE=10' : 'CLIENTS=20'],
      ...['--set', `target=ws://127.0.0.1:${port}/v1/ws`],
      ...['--set', `serve.command=${serve}`, '--set', `serve.ready=http://127.0.0.1:${http}/readyz`],
    ]);
    assert.ok(report, stderr);
    assert.deepEqual(report.errors, [], stderr);
    assert.equal(report.clients.ready, report.clients.planned);
    const { checks } = report.metrics;
    assert.ok(checks?.type === 'rate' && checks.passes > 0 && checks.fails === 0, stderr);
  });
