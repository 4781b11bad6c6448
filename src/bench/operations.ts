import type { BenchCell, BenchRow } from '../report/bench-result.js';
import { type Bench, type BenchContext, missing, repeated } from './bench.js';
import { trendMs } from './children.js';
import { type EchoServer, measureEcho } from './echo-load.js';
import { runTrial } from './trial.js';

/** What reference-server/trials/log-search-trial.ts prints. */
interface LogSearch {
  readonly logBytes: number;
  readonly indexMs: number;
  readonly parsedMs: readonly number[];
  readonly grepMs: readonly number[];
  readonly indexedMs: readonly number[];
}

/** What reference-server/trials/rollout-trial.ts prints. */
interface Rollout {
  readonly restartMs: readonly number[];
  readonly stagedMs: readonly number[];
}

const TRIALS = '../../reference-server/trials';
const RULES = 1_250;
const NOBODY = 'the article measures its operators, and there are none here';

/** D10: what changes for those who run the servers. */
export const operations: Bench = {
  name: 'operations',
  title: 'Before and after: latency, log search, roll-out of rules, recovery',
  async measure(context) {
    const { small, progress } = context;
    const lines = small ? 10_000 : 1_000_000;
    const [servers, restarts, pushes] = small ? [2, 1, 2] : [4, 1, 10];
    const rows: BenchRow[] = [];
    progress('latency under load');
    rows.push(await latencyRow(context));
    progress(`log search, ${lines.toLocaleString('en')} lines`);
    const logs = await logRows(context, lines);
    rows.push(...logs.rows);
    progress('roll-out of rules');
    rows.push(...(await rolloutRows(context, servers, restarts, pushes)));
    for (const [what, label, published] of [
      ['server', 'recovery, server killed with -9', ['47 min', '6.3 min']],
      ['redis', 'recovery, Redis killed with -9', undefined],
      ['network', 'recovery, 2 s without network', undefined],
    ] as const) {
      progress(label);
      rows.push(await recoveryRow(context, what, label, published));
    }
    return {
      how: [
        `Latency: the naive server and gwrk serve under the same load of gwrk run. Logs: ${lines.toLocaleString('en')} lines, one session looked for: every line parsed, or gwrk audit's index. Rules: ${RULES.toLocaleString('en')} at ${servers} servers: rolling restart, or one server first and checked, then the others by push.`,
        'Recovery: from the kill (or the end of the cut) until a player has logged in and has an answer; what was killed is started again at once.',
      ],
      columns: ['operation', 'before', 'after'],
      rows,
      notes: [
        'Times of the article are those of its people and its cluster; here all is one machine, and what failed is started again by a program.',
        logs.note,
        'grep reads a log in memory as fast as memory goes; it finds text, in whichever field, and reads all of it again each time.',
        'P95 of roll-outs: over those of one run, ten by push; a run has one rolling restart, which is both.',
      ],
    };
  },
};

async function latencyRow({ repetitions, seed, small, signal, progress }: BenchContext): Promise<BenchRow> {
  const size = small ? { clients: 100, rampS: 1, holdS: 5, everyMs: 500 } : { clients: 2_000, rampS: 2, holdS: 6, everyMs: 250 };
  const cellOf = async (kind: EchoServer, published: string): Promise<BenchCell> => {
    const values: number[] = [];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      const { report } = await measureEcho(kind, { ...size, seed: seed + repetition }, signal);
      const p95 = trendMs(report, 'ws_msg_rtt', 'p95');
      if (p95 !== undefined) values.push(p95);
    }
    return repeated(values, 'ms', published);
  };
  const before = await cellOf('naive', '842 ms');
  const after = await cellOf('uring', '127 ms').catch((error: Error) => {
    signal.throwIfAborted();
    progress(`no gateway uring here, so gateway ws: ${error.message}`);
    return cellOf('ws', '127 ms');
  });
  return { label: `latency P95, ${((size.clients * 1_000) / size.everyMs).toLocaleString('en')} messages/s`, cells: [before, after] };
}

async function logRows({ repetitions, seed, signal }: BenchContext, lines: number): Promise<{ rows: BenchRow[]; note: string }> {
  const args = [lines, seed, repetitions].map(String);
  const { logBytes, indexMs, parsedMs, grepMs, indexedMs } = (await runTrial(
    `${TRIALS}/log-search-trial.js`,
    args,
    [],
    signal,
  )) as LogSearch;
  const rows = [
    {
      label: 'log search, every line parsed',
      cells: [repeated(parsedMs, 'ms', '18.6 s'), repeated(indexedMs, 'ms', '1.4 s')],
    },
    {
      label: 'log search, grep -F',
      cells: [grepMs.length === 0 ? missing('grep is not installed') : repeated(grepMs, 'ms'), repeated(indexedMs, 'ms')],
    },
  ];
  return { rows, note: `The log has ${(logBytes / 1e6).toFixed(0)} MB; its index was made in ${(indexMs / 1_000).toFixed(2)} s, once.` };
}

async function rolloutRows(
  { repetitions, signal }: BenchContext,
  servers: number,
  restarts: number,
  pushes: number,
): Promise<readonly BenchRow[]> {
  const runs: Rollout[] = [];
  for (let repetition = 0; repetition < repetitions; repetition++) {
    const args = [servers, RULES, restarts, pushes].map(String);
    runs.push((await runTrial(`${TRIALS}/rollout-trial.js`, args, [], signal)) as Rollout);
  }
  const row = (label: string, share: number, published?: readonly [string, string]): BenchRow => ({
    label: `${label} at ${servers} servers, ${share === 0.5 ? 'P50' : 'P95'}`,
    cells: [
      repeated(
        runs.map(({ restartMs }) => quantile(restartMs, share)),
        'ms',
        published?.[0],
      ),
      repeated(
        runs.map(({ stagedMs }) => quantile(stagedMs, share)),
        'ms',
        published?.[1],
      ),
    ],
  });
  const label = `${RULES.toLocaleString('en')} rules in force`;
  return [row(label, 0.5, ['22 min', '48 s']), row(label, 0.95)];
}

async function recoveryRow(
  { repetitions, signal }: BenchContext,
  what: string,
  label: string,
  published?: readonly [string, string],
): Promise<BenchRow> {
  const values: number[] = [];
  let reason = '';
  for (let repetition = 0; repetition < repetitions && reason === ''; repetition++) {
    try {
      const run = (await runTrial(`${TRIALS}/recovery-trial.js`, [what], [], signal)) as { recoveredMs?: number; reason?: string };
      if (run.recoveredMs !== undefined) values.push(run.recoveredMs);
      else reason = run.reason ?? 'the trial did not say';
    } catch (error) {
      signal.throwIfAborted();
      const { message } = error as Error;
      reason = /redis-server is not installed here/u.exec(message)?.[0] ?? message;
    }
  }
  const after = values.length === 0 ? missing(reason, published?.[1]) : repeated(values, 'ms', published?.[1]);
  return { label, cells: [missing(NOBODY, published?.[0]), after] };
}

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1]!;
}
