/**
 * session_ready during a ramp whose starts are planned (open model: a late client counts from the time it was meant to
 * start), server and swarm on one core each. Both programs are young: the ramp begins softly, as a production one does, for
 * SOFT seconds at a fifth of the rate; those sessions count like all others.
 *
 *   node dist/benchmarks/session-ready.js [--rate 5600] [--clients 200000] [--small]
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { line, runGwrk, startServer, trend } from './gwrk.js';

const { values } = parseArgs({
  options: {
    rate: { type: 'string', default: '5600' },
    clients: { type: 'string', default: '200000' },
    small: { type: 'boolean', default: false },
  },
});
const [rate, clients] = values.small ? [200, 600] : [Number(values.rate), Number(values.clients)];
const SOFT_SECONDS = values.small ? 1 : 5;
const file = fileURLToPath(new URL('../../benchmarks/scenarios/session-ready.yaml', import.meta.url));

const soft = Math.round((rate / 5) * SOFT_SECONDS);
const server = await startServer(['--heartbeat', '60s']);
const words = ['TARGET', server.ws, 'SOFT', `${SOFT_SECONDS}s`, 'FIRST', soft, 'CLIENTS', clients, 'RAMP', `${(clients - soft) / rate}s`];
const variables = words.flatMap((word, i) => (i % 2 === 0 ? ['-e', `${word}=${words[i + 1]}`] : []));
const login = { GWRK_ADMIN_URL: server.admin, GWRK_LOGIN_URL: server.http };
const report = await runGwrk([file, ...variables], { ...server.env, ...login });
await server.stop();

const ms = (key: 'med' | 'p90' | 'p99' | 'max'): string => `${trend(report, 'session_ready', key).toFixed(1)} ms`;
process.stdout.write(`${clients.toLocaleString('en')} sessions, ${soft.toLocaleString('en')} of them in the first ${SOFT_SECONDS} s\n`);
line('planned rate behind the soft start', `${rate.toLocaleString('en')} /s`);
line('ready, failed', `${report.clients.ready} ${report.clients.failed}`);
line('session_ready median, P90, max', `${ms('med')} ${ms('p90')} ${ms('max')}`);
line('session_ready P99', ms('p99'), 'must 68 ms, stretch 20 ms');
