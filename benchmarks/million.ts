/**
 * scenarios/million.yaml on two cores, the server on one and the swarm on the other, and every figure that is asked of it.
 *
 *   node dist/benchmarks/million.js [--clients 1000000] [--ramp 100s] [--hold 120s] [--warm-memory] [--small]
 *
 * For the ramp at 70 % (open model) give a ramp that is longer by that much: the clients' starts are planned, and
 * session_ready counts from the planned start. --warm-memory is for virtual machines whose host lends memory page by page:
 * see warm-memory.ts.
 */
import { parseArgs } from 'node:util';
import type { Report } from '../src/report/report.js';
import { counter, line, runGwrk, scenario, startServer, trend } from './gwrk.js';
import { WarmMemory } from './warm-memory.js';

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '1000000' },
    ramp: { type: 'string', default: '100s' },
    hold: { type: 'string', default: '120s' },
    'warm-memory': { type: 'boolean', default: false },
    small: { type: 'boolean', default: false },
  },
});
const [clients, ramp, hold] = values.small ? ['500', '2s', '3s'] : [values.clients, values.ramp, values.hold];

const warm = values['warm-memory'] ? new WarmMemory() : undefined;
if (warm) {
  process.on('exit', () => warm.end());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
  const start = performance.now();
  const bytes = warm.fill();
  line('memory touched before the run', `${Math.round(bytes / 1e6)} MB in ${Math.round((performance.now() - start) / 1000)} s`);
}
const server = await startServer(['--heartbeat', '60s', '--gateway', 'auto']);
const report = await runGwrk(
  [
    scenario('million.yaml'),
    '-e',
    `CLIENTS=${clients}`,
    '-e',
    `RAMP=${ramp}`,
    '-e',
    `HOLD=${hold}`,
    ...(values.small ? ['-e', 'LOOK_AROUND=0s'] : []),
    '--set',
    'serve=null',
    '--set',
    `target=${server.ws}`,
  ],
  { ...server.env, GWRK_ADMIN_URL: server.admin, GWRK_LOGIN_URL: server.http, GWRK_TARGET_PID: String(server.pid) },
  true,
);
await server.stop();
warm?.end();
print(report);

function print({ clients: held, generator, target, timeline, verdict, reason }: Report): void {
  const whole = (value: number | null | undefined): string => (typeof value === 'number' ? Math.round(value).toLocaleString('en') : '-');
  const mega = (bytes: number | null | undefined): string => (typeof bytes === 'number' ? `${Math.round(bytes / 1e6)} MB` : '-');
  line('planned, connected, ready', `${held.planned} ${held.connected} ${held.ready}`, 'all equal');
  line('failed, lost, heartbeats missed', `${held.failed} ${held.lost} ${counter(report, 'heartbeats_missed')}`, '0 0 0');
  line('ledger mismatches, counted by the clients', whole(counter(report, 'ledger_mismatches')), '0');
  const steps = rampOf(timeline as unknown as Timeline, held.planned);
  line('average ramp, 0 to all', `${whole(held.ready / steps.seconds)} /s`, 'must 8,000, stretch 20,000');
  line('last tenth of the ramp against the first', `${(steps.last / steps.first).toFixed(2)} x`, 'must 0.8, stretch 1.0');
  line('session_ready P99', `${trend(report, 'session_ready', 'p99').toFixed(1)} ms`, 'at 70 % of the ramp: must 68, stretch 20');
  line(
    'tcp, upgrade, auth P99',
    ['tcp_connecting', 'ws_upgrading', 'auth_duration'].map((name) => trend(report, name, 'p99').toFixed(1)).join(' '),
  );
  line('swarm peak RSS', mega(generator.rssPeakBytes), 'must 600 MB, stretch 300 MB');
  line('server peak RSS', mega(target.rssPeakBytes), 'must 1.9 GB, stretch 1.0 GB');
  line('server GC a minute', whole(target.gcPerMinute), 'must 18, stretch 2');
  line(
    'swarm bytes a client (peak - before, over clients)',
    whole(generator.bytesPerClient),
    'must 400, stretch 200 (slope: benchmarks/memory.js)',
  );
  line('verdict', verdict, reason ?? '');
}

interface Timeline {
  readonly elapsedMs: number[];
  readonly sessions_ready: (number | null)[];
}

/** Seconds until the last client was ready, and the rates over the first and the last tenth of the clients. */
function rampOf({ elapsedMs, sessions_ready }: Timeline, planned: number): { seconds: number; first: number; last: number } {
  const reachedMs = (count: number): number => {
    let sum = 0;
    for (const [step, ready] of sessions_ready.entries()) {
      const before = sum;
      sum += ready ?? 0;
      if (sum < count) continue;
      const from = step === 0 ? 0 : elapsedMs[step - 1]!;
      return from + ((count - before) / (sum - before)) * (elapsedMs[step]! - from);
    }
    return elapsedMs.at(-1) ?? Number.NaN;
  };
  const tenth = planned / 10;
  const end = reachedMs(planned);
  return { seconds: end / 1000, first: tenth / reachedMs(tenth), last: tenth / (end - reachedMs(planned - tenth)) };
}
