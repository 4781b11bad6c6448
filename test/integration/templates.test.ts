import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TEMPLATES } from '../../src/cli/templates.js';
import { freePorts } from '../net/free-ports.js';
import { gwrk } from './gwrk-process.js';

for (const name of Object.keys(TEMPLATES))
  test(`the template ${name} runs against the server that it starts, without an error`, async () => {
    const [port, http, admin] = await freePorts(3);
    const serve = `gwrk serve ${name === 'reference' ? '' : '--echo '}--port ${port} --http-port ${http} --admin-port ${admin}`;
    const { stderr, report } = await gwrk([
      ...[
        'run',
        `scenarios/templates/${name}.yaml`,
        '--no-thresholds',
        '-e',
        'HOLD=2s',
        '-e',
        name === 'arrivals' ? 'RATE=10' : 'CLIENTS=20',
      ],
      ...['--set', `target=ws://127.0.0.1:${port}/v1/ws`],
      ...['--set', `serve.command=${serve}`, '--set', `serve.ready=http://127.0.0.1:${http}/readyz`],
    ]);
    assert.ok(report, stderr);
    assert.deepEqual(report.errors, [], stderr);
    assert.equal(report.clients.ready, report.clients.planned);
    const { checks } = report.metrics;
    assert.ok(checks?.type === 'rate' && checks.passes > 0 && checks.fails === 0, stderr);
  });
