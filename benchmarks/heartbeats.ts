/**
 * Signed heartbeats verified and answered a second, server and swarm on one core each: a ladder of planned rates, and what
 * was answered at each.
 *
 *   node dist/benchmarks/heartbeats.js [--small]
 */
import { fileURLToPath } from 'node:url';
import { line, runGwrk, startServer, trend } from './gwrk.js';

const small = process.argv.includes('--small');
const clients = small ? 50 : 2000;
const ladder = small ? [500] : [50_000, 80_000, 120_000, 160_000, 200_000];
const holdSeconds = small ? 1 : 5;
const file = fileURLToPath(new URL('../../benchmarks/scenarios/heartbeats.yaml', import.meta.url));

const server = await startServer(['--heartbeat', '10s']);
process.stdout.write(`${clients} clients, each with its own key; a heartbeat is signed, verified, answered signed, verified\n`);
let best = 0;
for (const planned of ladder) {
  const periodUs = Math.round((clients / planned) * 1e6);
  const words = [file, '-e', `TARGET=${server.ws}`, '-e', `CLIENTS=${clients}`, '-e', `PERIOD=${periodUs}us`];
  const login = { GWRK_ADMIN_URL: server.admin, GWRK_LOGIN_URL: server.http };
  const report = await runGwrk([...words, '-e', `HOLD=${holdSeconds}s`, '--threads', '1'], { ...server.env, ...login });
  const answered = peakRate(report.timeline as unknown as Timeline);
  best = Math.max(best, answered);
  const p99 = trend(report, 'ws_ping', 'p99');
  line(`planned ${planned.toLocaleString('en')} /s: answered`, `${answered.toLocaleString('en')} /s`, `P99 ${p99.toFixed(1)} ms`);
}
await server.stop();
line('most answered', `${best.toLocaleString('en')} /s`, 'must 50,000, stretch 120,000');

interface Timeline {
  readonly stepMs: number;
  readonly [column: string]: unknown;
}

/** Messages received a second, the median of the seconds of the hold: with nothing else running each is a PONG. */
function peakRate(timeline: Timeline): number {
  const received = timeline.ws_msgs_received as number[];
  const hold = received.slice(-holdSeconds - 2, -2).sort((a, b) => a - b);
  return Math.round((hold[hold.length >> 1] ?? 0) / (timeline.stepMs / 1000));
}
