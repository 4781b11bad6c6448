/**
 * What measuring costs: echo round trips a second of `gwrk run` as it is, and of the same with a recorder that keeps nothing,
 * in turns, one core for the server and one for gwrk.
 *
 *   node dist/benchmarks/measuring-cost.js [--small]
 */
import { fileURLToPath } from 'node:url';
import { counter, line, runGwrk, startServer } from './gwrk.js';

const small = process.argv.includes('--small');
const clients = small ? 8 : 256;
const seconds = small ? 1 : 4;
/** Each is with, without, without, with: a machine that becomes slower is so for both. */
const rounds = small ? 1 : 5;
const blind = fileURLToPath(new URL('./measuring-cost/blind-recorder.js', import.meta.url));

async function perSecond(url: string, isMeasured: boolean): Promise<number> {
  const env: Record<string, string> = isMeasured ? {} : { NODE_OPTIONS: `--import=${blind}` };
  const report = await runGwrk(['-c', String(clients), '-d', `${seconds}s`, '-b', 'x'.repeat(32), '--threads', '1', url], env);
  if ('ws_msg_rtt' in report.metrics !== isMeasured) throw new Error('the run measured what it should not, or did not what it should');
  return counter(report, 'ws_msgs_received') / seconds;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!;

const server = await startServer(['--echo']);
const ratios: number[] = [];
const rates: Record<'measured' | 'blind', number[]> = { measured: [], blind: [] };
for (let round = 0; round < rounds; round++) {
  const first = await perSecond(server.ws, true);
  const others = [await perSecond(server.ws, false), await perSecond(server.ws, false)] as const;
  const last = await perSecond(server.ws, true);
  rates.measured.push(first, last);
  rates.blind.push(...others);
  ratios.push((first + last) / (others[0] + others[1]));
}
await server.stop();

const told = (values: readonly number[]): string => `${Math.round(median(values)).toLocaleString('en')} /s`;
process.stdout.write(`echo, ${clients} connections, 32 bytes, ${rounds} rounds of four runs of ${seconds} s, medians\n`);
line('with measuring', told(rates.measured));
line('without', told(rates.blind));
line('measuring costs', `${((1 - median(ratios)) * 100).toFixed(1)} %`, 'at most 8 %');
line('in each round', ratios.map((ratio) => `${((1 - ratio) * 100).toFixed(1)}`).join(' '));
