import { type Bench, repeated } from './bench.js';
import { runTrial } from './trial.js';

/** What reference-server/trials/rules-trial.ts prints. */
interface RulesFigures {
  readonly inForceMs: readonly number[];
  readonly judged: number;
  readonly judgedByOld: number;
}

interface Published {
  readonly speed?: string;
  readonly consistency?: string;
}

const SOURCES: readonly { source: string; label: string; published: Published }[] = [
  { source: 'file', label: 'file, watched', published: { speed: 'low', consistency: 'weak' } },
  { source: 'push', label: 'HTTP push to the admin port', published: {} },
  { source: 'poll', label: 'HTTP, asked every 5 s', published: { speed: 'medium', consistency: 'weak' } },
  { source: 'nacos', label: 'configuration server (Nacos)', published: { speed: 'high', consistency: 'strong' } },
];

/** D9: how new rules come to a server, how long that takes, and by which rules operations are judged meanwhile. */
export const rules: Bench = {
  name: 'rules',
  title: 'New rules by file, push, poll and configuration server: how fast, how consistent',
  async measure({ repetitions, seed, small, signal, progress }) {
    const rows = [];
    for (const { source, label, published } of SOURCES) {
      // A poll takes seconds, at random up to five.
      const changes = source === 'poll' ? (small ? 1 : 4) : small ? 4 : 12;
      const runs: RulesFigures[] = [];
      for (let repetition = 0; repetition < repetitions; repetition++) {
        progress(`${label}, run ${repetition + 1} of ${repetitions}`);
        const args = [source, String(changes), String(seed + repetition)];
        runs.push((await runTrial('../../reference-server/trials/rules-trial.js', args, [], signal)) as RulesFigures);
      }
      const cell = (of: (run: RulesFigures) => number, unit: string, article?: string) => repeated(runs.map(of), unit, article);
      rows.push({
        label,
        cells: [
          cell(({ inForceMs }) => quantile(inForceMs, 0.5), 'ms', published.speed),
          cell(({ inForceMs }) => quantile(inForceMs, 0.99), 'ms'),
          cell(({ judged, judgedByOld }) => (100 * judgedByOld) / judged, '%', published.consistency),
        ],
      });
    }
    return {
      how: [
        'Ten players send 500 echoes a second over WebSocket while rules switch that operation off and on at random moments; every answer says by which rules it was judged.',
        'In force: until the server says that its gateway thread judges by them. Old rules: of the operations sent within half a second behind a change.',
      ],
      columns: ['rules by', 'in force, P50', 'in force, P99', 'judged by old rules'],
      rows,
      notes: [
        'Twelve changes a run, four of them where a server is asked every 5 s: P99 is the longest of a run.',
        'The configuration server is one of this bench, on loopback, that speaks the HTTP API of Nacos 2; a real one adds its network and itself.',
        'The article has words instead of figures, of speed and of consistency; its push comes from a configuration server.',
      ],
    };
  },
};

function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.ceil(share * values.length) - 1]!;
}
