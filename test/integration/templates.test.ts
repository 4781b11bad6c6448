import assert from 'node:assert/strict';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { TEMPLATES } from '../../src/cli/templates.js';
import { gwrk } from './gwrk-process.js';

/** Ports that were free a moment ago: the server of a scenario must be told its ports. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

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
        'HOLD=1s',
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
