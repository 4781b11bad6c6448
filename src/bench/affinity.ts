import { standardDeviationMs } from '../measure/v2-spread.js';
import type { Report } from '../report/report.js';
import { type Bench, type BenchFigures, missing, repeated } from './bench.js';
import { runLoad, startGwrk, trendMs } from './children.js';
import { type Binding, onCore, onMemoryNode } from './cores.js';
import { qualityNotes } from './load-quality.js';

interface Place {
  readonly label: string;
  readonly server: Binding;
  readonly swarm: Binding;
  readonly published?: string;
}

const ANYWHERE: Binding = { words: [] };

const places = (): readonly Place[] => [
  { label: 'unpinned', server: ANYWHERE, swarm: ANYWHERE },
  { label: 'taskset: server core 0, swarm core 1', server: onCore(0), swarm: onCore(1) },
  { label: 'taskset: both on core 0', server: onCore(0), swarm: onCore(0) },
  { label: 'numactl: both on node 0', server: onMemoryNode(0), swarm: onMemoryNode(0), published: 'lowest' },
  { label: 'numactl: server node 0, swarm node 1', server: onMemoryNode(0), swarm: onMemoryNode(1) },
];

interface Load {
  readonly clients: number;
  readonly seconds: number;
  readonly messagesPerSecond: number;
}

/** D6: what it does to latency on which cores and near which memory the server and the swarm run. */
export const affinity: Bench = {
  name: 'affinity',
  title: 'Where server and swarm run: unpinned, bound to cores, bound to memory nodes',
  async measure({ repetitions, seed, small, signal, progress }): Promise<BenchFigures> {
    const load: Load = small ? { clients: 20, seconds: 2, messagesPerSecond: 50 } : { clients: 200, seconds: 6, messagesPerSecond: 25 };
    const runs = new Map(places().map((place) => [place, [] as Report[]]));
    // In turns, so that a machine that becomes slower is slower for all of them.
    for (let repetition = 0; repetition < repetitions; repetition++) {
      for (const [place, reports] of runs) {
        const { label, server, swarm } = place;
        if ('reason' in server || 'reason' in swarm) continue;
        progress(`${label}, run ${repetition + 1} of ${repetitions}`);
        reports.push(await measurePlace(server.words, swarm.words, load, seed + repetition, signal));
      }
    }
    const { clients, messagesPerSecond, seconds } = load;
    return {
      how: [
        `${clients} clients of gwrk run send 32 bytes ${messagesPerSecond} times a second each, ${(clients * messagesPerSecond).toLocaleString('en')} a second in all for ${seconds} s, to gwrk serve --echo (the gateway that is best here).`,
        'Latency from the intended send (ws_msg_rtt); jitter is P99 less P50, and beside it the standard deviation of the same messages.',
      ],
      columns: ['place', 'P50', 'P99', 'jitter', 'standard deviation'],
      rows: [...runs].map(([place, reports]) => ({ label: place.label, cells: cellsOf(place, reports) })),
      notes: [
        'The article binds goroutines of a server with several memory nodes and gives no figures but an order: memory of the own node is nearest.',
        'A node for each pool of threads has its counterpart in a gwrk serve for each node: threads of one process cannot be bound apart from Node.',
        ...qualityNotes([...runs.values()].flat()),
      ],
    };
  },
};

async function measurePlace(
  server: readonly string[],
  swarm: readonly string[],
  { clients, seconds, messagesPerSecond }: Load,
  seed: number,
  signal: AbortSignal,
): Promise<Report> {
  const running = await startGwrk(['--echo'], signal, server);
  try {
    const load = ['-c', String(clients), '-d', `${seconds}s`, '--message-rate', String(messagesPerSecond), '-b', 'x'.repeat(32)];
    return await runLoad([String(running.ready.ws), ...load, '--threads', '1', '--seed', String(seed)], signal, {}, swarm);
  } finally {
    await running.stop();
  }
}

function cellsOf({ server, swarm, published }: Place, reports: readonly Report[]) {
  const reason = 'reason' in server ? server.reason : 'reason' in swarm ? swarm.reason : 'the run did not say';
  const cell = (of: (report: Report) => number | undefined, article?: string) => {
    const values = reports.flatMap((report) => of(report) ?? []);
    return values.length === 0 ? missing(reason, article) : repeated(values, 'ms', article);
  };
  const figure = (report: Report, name: 'med' | 'p99') => trendMs(report, 'ws_msg_rtt', name);
  return [
    cell((report) => figure(report, 'med')),
    cell((report) => figure(report, 'p99'), published),
    cell((report) => {
      const [middle, high] = [figure(report, 'med'), figure(report, 'p99')];
      return middle === undefined || high === undefined ? undefined : high - middle;
    }),
    cell((report) => standardDeviationMs(report.histograms.ws_msg_rtt ?? '')),
  ];
}
