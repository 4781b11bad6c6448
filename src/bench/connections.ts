import { type Bench, type BenchFigures, missing, repeated } from './bench.js';
import { trendMs } from './children.js';
import { type EchoFigures, type EchoLoad, type EchoServer, measureEcho } from './echo-load.js';

interface Published {
  readonly rss?: string;
  readonly gc?: string;
  readonly mean?: string;
}

const SERVERS: readonly { kind: EchoServer; label: string; published: Published }[] = [
  { kind: 'naive', label: 'an object, timer and buffers each', published: { rss: '3.2 GB', gc: 'high', mean: '42 ms' } },
  { kind: 'ws', label: 'pooled, gateway ws', published: {} },
  { kind: 'uring', label: 'pooled, gateway uring', published: { rss: '896 MB', gc: 'low', mean: '18 ms' } },
];

/** D2: what 10,000 connections cost a server that keeps objects for each, and one that keeps rows of typed arrays. */
export const connections: Bench = {
  name: 'connections',
  title: '10,000 connections: an object graph and a timer each, or pooled',
  async measure({ repetitions, seed, small, signal, progress }): Promise<BenchFigures> {
    const size = small ? { clients: 300, rampS: 1, holdS: 6 } : { clients: 10_000, rampS: 6, holdS: 8 };
    const rows: BenchFigures['rows'][number][] = [];
    for (const { kind, label, published } of SERVERS) {
      const runs: EchoFigures[] = [];
      let failure = '';
      for (let repetition = 0; repetition < repetitions && failure === ''; repetition++) {
        progress(`${label}, run ${repetition + 1} of ${repetitions}`);
        const load: EchoLoad = { ...size, everyMs: 1_000, seed: seed + repetition };
        try {
          runs.push(await measureEcho(kind, load, signal));
        } catch (error) {
          signal.throwIfAborted();
          failure = (error as Error).message;
        }
      }
      rows.push({ label, cells: cellsOf(runs, size.clients, published, failure) });
    }
    return {
      how: [
        `${size.clients.toLocaleString('en')} clients of gwrk run connect within ${size.rampS} s and stay for ${size.holdS} s; each sends 40 bytes a second and gets them back; latency from the intended send.`,
        'Naive: npm ws, an object, closures, a timer and two 4 KiB buffers a connection. Pooled: gwrk serve --echo. Collections as V8 tells of them, all threads, of the hold.',
      ],
      columns: ['server', 'peak RSS', 'a connection', 'collections a minute', 'ms in them a minute', 'mean latency', 'P99 latency'],
      rows,
      notes: [
        "The article's naive server starts a goroutine a connection; Node's counterpart is an object graph and a timer. Its pooled one has 32 workers.",
        'A connection: growth of resident memory over the idle server, divided by the connections. Memory of the kernel is not in it.',
        'Pooled servers make room for 1.2 million connections at the start, which a growth by 10,000 does not show; peak RSS has it as far as it is touched.',
      ],
    };
  },
};

function cellsOf(runs: readonly EchoFigures[], clients: number, published: Published, failure: string) {
  const cell = (of: (run: EchoFigures) => number | null | undefined, unit: string, article?: string) => {
    const values = runs.flatMap((run) => of(run) ?? []);
    return values.length === 0 ? missing(failure || 'the run did not say', article) : repeated(values, unit, article);
  };
  return [
    cell(({ report }) => (report.target.rssPeakBytes ?? Number.NaN) / 1e6, 'MB', published.rss),
    cell(
      ({ report: { target }, idleRssBytes }) =>
        target.rssPeakBytes === null || idleRssBytes === undefined ? undefined : (target.rssPeakBytes - idleRssBytes) / clients,
      'B',
    ),
    cell(({ report }) => report.target.gcPerMinute, '', published.gc),
    cell(({ report: { target } }) => (target.gcMsPerSecond === undefined ? undefined : target.gcMsPerSecond * 60), 'ms'),
    cell(({ report }) => trendMs(report, 'ws_msg_rtt', 'avg'), 'ms', published.mean),
    cell(({ report }) => trendMs(report, 'ws_msg_rtt', 'p99'), 'ms'),
  ];
}
