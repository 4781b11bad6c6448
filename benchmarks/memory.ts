/**
 * User memory a held client in the swarm, as a slope: peak RSS of the swarm's process with many clients less that with
 * 10,000, over the difference. The server runs in a process of its own and does not count.
 *
 *   node dist/benchmarks/memory.js [--clients 200000] [--small]
 */
import { parseArgs } from 'node:util';
import { line, runGwrk, scenario, startServer } from './gwrk.js';

const { values } = parseArgs({ options: { clients: { type: 'string', default: '200000' }, small: { type: 'boolean', default: false } } });
const few = values.small ? 500 : 10_000;
const many = values.small ? 2_000 : Number(values.clients);
const holdSeconds = values.small ? 1 : 10;

async function peakBytes(clients: number): Promise<number> {
  const server = await startServer(['--heartbeat', '60s']);
  const rampSeconds = Math.max(2, Math.ceil(clients / 6_000));
  const size = ['-e', `CLIENTS=${clients}`, '-e', `RAMP=${rampSeconds}s`, '-e', `HOLD=${holdSeconds}s`, '-e', 'LOOK_AROUND=0s'];
  const report = await runGwrk([scenario('million.yaml'), ...size, '--set', 'serve=null', '--set', `target=${server.ws}`], {
    ...server.env,
    GWRK_ADMIN_URL: server.admin,
    GWRK_LOGIN_URL: server.http,
  });
  await server.stop();
  line(
    `peak RSS with ${clients.toLocaleString('en')} clients`,
    `${Math.round((report.generator.rssPeakBytes ?? 0) / 1e6)} MB`,
    report.verdict,
  );
  return report.generator.rssPeakBytes ?? Number.NaN;
}

const base = await peakBytes(few);
const full = await peakBytes(many);
line('bytes a held client (slope)', String(Math.round((full - base) / (many - few))), 'must 400, stretch 200');
