import { fileURLToPath } from 'node:url';
import type { Report } from '../report/report.js';
import { type Bench, type BenchFigures, missing, repeated } from './bench.js';
import { type BenchServer, runLoad, startGwrk, startServer, trendMs } from './children.js';
import { onCore, wordsOf } from './cores.js';
import { qualityNotes } from './load-quality.js';
import { type CallCount, countSystemCalls } from './system-calls.js';

interface Published {
  readonly calls?: string;
  readonly copies?: string;
}

const SERVERS: readonly { kind: 'net' | 'ws' | 'uring'; label: string; published: Published }[] = [
  { kind: 'net', label: 'node:net', published: { calls: '2+', copies: '2' } },
  { kind: 'ws', label: 'gateway ws', published: {} },
  { kind: 'uring', label: 'gateway uring', published: { calls: '0', copies: '0' } },
];
/** Kernel to user when it is received, user to kernel when it is sent: so with read and write, and so with RECV and SEND of a ring. */
const COPIES = 2;
/** One line, which is a message of tcp:// too. */
const BODY = `${'x'.repeat(31)}\n`;

interface Load {
  readonly clients: number;
  readonly seconds: number;
  readonly messagesPerSecond: number;
}

interface IoFigures {
  readonly callsMany: CallCount;
  readonly callsOne: CallCount;
  readonly roundTripsPerSecond: number;
  readonly open: Report;
}

/** D3: what an echo costs in system calls, over sockets of Node and over io_uring. */
export const io: Bench = {
  name: 'io',
  title: 'Echo over node:net, the ws gateway and the uring gateway: system calls, copies, throughput',
  async measure({ repetitions, seed, small, signal, progress }): Promise<BenchFigures> {
    const load: Load = small ? { clients: 32, seconds: 0.5, messagesPerSecond: 20 } : { clients: 256, seconds: 3, messagesPerSecond: 20 };
    const rows: BenchFigures['rows'][number][] = [];
    const all: IoFigures[] = [];
    for (const { kind, label, published } of SERVERS) {
      const runs: IoFigures[] = [];
      let failure = '';
      for (let repetition = 0; repetition < repetitions && failure === ''; repetition++) {
        progress(`${label}, run ${repetition + 1} of ${repetitions}`);
        try {
          runs.push(await measureServer(kind, load, seed + repetition, signal));
        } catch (error) {
          signal.throwIfAborted();
          if (kind !== 'uring') throw error;
          failure = (error as Error).message;
        }
      }
      rows.push({ label, cells: cellsOf(runs, published, failure) });
      all.push(...runs);
    }
    const [first] = all.flatMap(({ callsMany }) => ('by' in callsMany ? [callsMany.by] : []));
    const { clients, seconds, messagesPerSecond } = load;
    return {
      how: [
        `32 bytes there and back for ${clients} clients of gwrk run: ${seconds} s closed (the next follows the answer) for throughput, ${seconds} s at ${(clients * messagesPerSecond).toLocaleString('en')} messages a second in all for P99.`,
        `System calls of all threads of the server${first === undefined ? '' : `, counted by ${first}`} in runs of their own, with ${clients} clients and with one, over the round trips of that run.`,
      ],
      columns: ['server', `calls an echo, ${clients} clients`, 'calls an echo, 1 client', 'copies an echo', 'round trips a second', 'P99'],
      rows,
      notes: [
        'The ring has one system call for all that is ready, so calls an echo fall with load; with one client there is nothing to share. None at all, as published, would take a thread of the kernel that polls (SQPOLL) and its core.',
        'Copies between kernel and user: one when received, one when sent, with a ring too. Ours are read from the code (RECV into provided buffers, SEND), not counted; SEND_ZC would copy on loopback all the same.',
        'node:net has no frames to read and write; the gateways speak WebSocket. Server on core 0, generator on core 1, where there are two.',
        ...qualityNotes(all.map(({ open }) => open)),
      ],
    };
  },
};

function start(kind: 'net' | 'ws' | 'uring', signal: AbortSignal): Promise<BenchServer> {
  const prefix = wordsOf(onCore(0));
  if (kind !== 'net') return startGwrk(['--echo', '--gateway', kind], signal, prefix);
  return startServer([...prefix, process.execPath, fileURLToPath(new URL('./net-echo-trial.js', import.meta.url))], signal);
}

async function measureServer(kind: 'net' | 'ws' | 'uring', load: Load, seed: number, signal: AbortSignal): Promise<IoFigures> {
  const server = await start(kind, signal);
  const run = (clients: number, ...more: string[]): Promise<Report> => {
    const words = [
      String(server.ready.ws),
      '-c',
      String(clients),
      '-d',
      `${load.seconds * 1_000}ms`,
      '-b',
      BODY,
      '--threads',
      '1',
      '--seed',
      String(seed),
    ];
    return runLoad([...words, ...more], signal, {}, wordsOf(onCore(1)));
  };
  try {
    const closed = await run(load.clients);
    return {
      roundTripsPerSecond: answers(closed) / load.seconds,
      callsMany: await callsAnEcho(server.pid, () => run(load.clients)),
      callsOne: await callsAnEcho(server.pid, () => run(1)),
      open: await run(load.clients, '--message-rate', String(load.messagesPerSecond)),
    };
  } finally {
    await server.stop();
  }
}

async function callsAnEcho(pid: number, during: () => Promise<Report>): Promise<CallCount> {
  const { value, count } = await countSystemCalls(pid, during);
  return 'by' in count ? { ...count, calls: count.calls / answers(value) } : count;
}

/** Rejects when nothing came back: figures of such a run say nothing. */
function answers(report: Report): number {
  const { count } = report.metrics.ws_msgs_received as { readonly count: number };
  if (count === 0) throw new Error(`no answer came back: ${report.reason}`);
  return count;
}

function cellsOf(runs: readonly IoFigures[], published: Published, failure: string) {
  const calls = (of: (run: IoFigures) => CallCount, article?: string) => {
    const counts = runs.map(of);
    const values = counts.flatMap((count) => ('by' in count ? [count.calls] : []));
    const reason = counts.flatMap((count) => ('reason' in count ? [count.reason] : []))[0] ?? failure;
    return values.length === 0 ? missing(reason, article) : repeated(values, '', article);
  };
  const figure = (of: (run: IoFigures) => number | undefined, unit: string) => {
    const values = runs.flatMap((run) => of(run) ?? []);
    return values.length === 0 ? missing(failure || 'the run did not say') : repeated(values, unit);
  };
  return [
    calls(({ callsMany }) => callsMany, published.calls),
    calls(({ callsOne }) => callsOne),
    runs.length === 0 ? missing(failure, published.copies) : repeated([COPIES], '', published.copies),
    figure(({ roundTripsPerSecond }) => Math.round(roundTripsPerSecond), '/s'),
    figure(({ open }) => trendMs(open, 'ws_msg_rtt', 'p99'), 'ms'),
  ];
}
