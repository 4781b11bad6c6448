import { type Bench, type BenchContext, type BenchFigures, missing, repeated } from './bench.js';
import { trendMs } from './children.js';
import { qualityNotes } from './load-quality.js';
import { flameBoth } from './million-flames.js';
import { measurePlayers, type PlayerFigures, type PlayerLoad } from './million-load.js';
import { millionSize } from './million-size.js';

interface Published {
  readonly held?: string;
  readonly p99?: string;
  readonly rss?: string;
  readonly gc?: string;
}

interface Row {
  readonly gateway: 'ws' | 'uring';
  readonly label: string;
  readonly load: Omit<PlayerLoad, 'seed'>;
  readonly repetitions: number;
  readonly published: Published;
}

/** D5: players with both factors on the portable gateway as it comes, and on the one over io_uring. */
export const million: Bench = {
  name: 'million',
  title: 'Many players: the ws gateway as it comes, and the uring gateway',
  async measure(context): Promise<BenchFigures> {
    const { small, seed, signal, directory, progress } = context;
    const size = millionSize(context.clients);
    const [wsClients, uringClients] = small ? [200, 400] : [size.ws, size.uring];
    const rows = rowsOf(context, wsClients, uringClients);
    const measured: PlayerFigures[] = [];
    const shown: BenchFigures['rows'][number][] = [];
    for (const row of rows) {
      const runs: PlayerFigures[] = [];
      let failure = '';
      for (let repetition = 0; repetition < row.repetitions && failure === ''; repetition++) {
        progress(`${row.label}, run ${repetition + 1} of ${row.repetitions}`);
        try {
          runs.push(await measurePlayers(row.gateway, { ...row.load, seed: seed + repetition }, signal));
        } catch (error) {
          signal.throwIfAborted();
          failure = (error as Error).message;
        }
      }
      measured.push(...runs);
      shown.push({ label: row.label, cells: cellsOf(row, runs, failure) });
    }
    const same = rows[0]!.load;
    const flames =
      directory === undefined
        ? 'With --out there are flame graphs of both gateways and of their difference.'
        : await flameBoth({ ...same, seed }, directory, signal, progress);
    const large = rows.at(-1)!.load;
    return {
      how: [
        `Players log in with both factors, ${rate(same)} a second (${rate(large)} in the last row), stay for ${same.holdS} s, and send a signed heartbeat and an operation every ${same.everyS} s (${large.everyS} s in the last row).`,
        'P99 connect: from the planned start to authenticated (session_ready). Peak RSS at any second of the run; collections of all threads, as the server counts them while all are there.',
      ],
      columns: ['server', 'clients held', 'P99 connect', 'peak RSS', 'a client', 'collections a minute', 'cores in use'],
      rows: shown,
      notes: [
        ...(small
          ? []
          : [
              `No more than these clients: ws, ${size.wsLimit}; uring, ${size.uringLimit}. The whole million: node dist/benchmarks/million.js; or --clients.`,
            ]),
        "The article's rows are one Go server with 100,000 clients before and after tuning (GOGC and pools among it). Ours are two gateways of one Node server; the first two rows have the same load.",
        'A client: growth of resident memory over the idle server, divided by the clients. Memory of the kernel is not in it. Cores in use: kernel and all, while all clients are there.',
        flames,
        ...qualityNotes(measured.map(({ report }) => report)),
      ],
    };
  },
};

function rowsOf({ small, repetitions }: BenchContext, wsClients: number, uringClients: number): readonly Row[] {
  const load = (clients: number, clientsPerSecond: number, everyS: number, holdS: number) => ({
    clients,
    rampS: Math.max(1, Math.ceil(clients / clientsPerSecond)),
    holdS: small ? 2 : holdS,
    everyS: small ? 1 : everyS,
  });
  const named = (gateway: string, clients: number) => `gateway ${gateway}, ${clients.toLocaleString('en')} clients`;
  const alike = load(wsClients, 2_000, 10, 20);
  return [
    {
      gateway: 'ws',
      label: named('ws', wsClients),
      load: alike,
      repetitions,
      published: { held: '100,000', p99: '420 ms', rss: '4.7 GB', gc: '127' },
    },
    { gateway: 'uring', label: named('uring', wsClients), load: alike, repetitions, published: {} },
    {
      gateway: 'uring',
      label: `${named('uring', uringClients)} (1 run)`,
      load: load(uringClients, 4_000, 60, 40),
      repetitions: 1,
      published: { held: '120,000', p99: '68 ms', rss: '1.9 GB', gc: '18' },
    },
  ];
}

const rate = ({ clients, rampS }: Omit<PlayerLoad, 'seed'>): string => Math.round(clients / rampS).toLocaleString('en');

function cellsOf({ load, published }: Row, runs: readonly PlayerFigures[], failure: string) {
  const cell = (of: (run: PlayerFigures) => number | null | undefined, unit: string, article?: string) => {
    const values = runs.flatMap((run) => of(run) ?? []);
    return values.length === 0 ? missing(failure || reasonOf(runs), article) : repeated(values, unit, article);
  };
  return [
    cell(({ report }) => report.clients.peakOpen, '', published.held),
    cell(({ report }) => trendMs(report, 'session_ready', 'p99'), 'ms', published.p99),
    cell(({ rssPeakBytes }) => rssPeakBytes && rssPeakBytes / 1e6, 'MB', published.rss),
    cell(
      ({ rssPeakBytes, rssIdleBytes }) =>
        rssPeakBytes === undefined || rssIdleBytes === undefined ? undefined : Math.round((rssPeakBytes - rssIdleBytes) / load.clients),
      'B',
    ),
    cell(({ report }) => report.target.gcPerMinute, '', published.gc),
    cell(({ report }) => report.target.cpuCores, ''),
  ];
}

function reasonOf(runs: readonly PlayerFigures[]): string {
  return runs[0]?.report.target.reason ?? 'the run did not say';
}
