/**
 * scenarios/gateway-10k.yaml, server and swarm on one core each: latency of 10,000 operations a second over 10,000 clients.
 *
 *   node dist/benchmarks/gateway-10k.js [--small]
 */
import { counter, line, runGwrk, scenario, startServer, trend } from './gwrk.js';

const small = process.argv.includes('--small');
const size = small ? ['-e', 'CLIENTS=100', '-e', 'RAMP=1s', '-e', 'HOLD=2s'] : [];
const server = await startServer([]);
const report = await runGwrk([scenario('gateway-10k.yaml'), ...size, '--set', 'serve=null', '--set', `target=${server.ws}`], {
  ...server.env,
  GWRK_ADMIN_URL: server.admin,
  GWRK_LOGIN_URL: server.http,
  GWRK_TARGET_PID: String(server.pid),
});
await server.stop();
line('answers', counter(report, 'ws_msg_rtt').toLocaleString('en'));
for (const key of ['med', 'p99', 'max'] as const) {
  line(`ws_msg_rtt ${key}`, `${trend(report, 'ws_msg_rtt', key).toFixed(2)} ms`, key === 'p99' ? 'must 20 ms, stretch 5 ms' : '');
}
line('scheduling_lag P99', `${trend(report, 'scheduling_lag', 'p99').toFixed(2)} ms`);
line('verdict', report.verdict, report.reason ?? '');
