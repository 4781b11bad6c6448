import { type Bench, repeated } from './bench.js';
import { runTrial } from './trial.js';

/** What reference-server/trials/sync-trial.ts prints of each way: operations a second. */
type Figures = Readonly<Record<'ring' | 'singleRing' | 'mutexQueue' | 'readWriteLock' | 'mutex', { readonly mean: number }>>;

const WAYS: readonly { label: string; figure: keyof Figures; ns?: string; rate?: string }[] = [
  { label: 'queue behind a mutex', figure: 'mutexQueue', ns: '128 ns', rate: '7.8M/s' },
  { label: 'snapshot behind a mutex, 95 % reads', figure: 'mutex' },
  { label: 'snapshot behind a reader/writer lock, 95 % reads', figure: 'readWriteLock', ns: '42 ns', rate: '23.5M/s' },
  { label: 'lock-free ring, a store a message', figure: 'singleRing' },
  { label: 'lock-free ring, batches of 256', figure: 'ring', ns: '9 ns', rate: '110M/s' },
];

/** D4: what two threads pass to one another through a mutex, a reader/writer lock and a ring without locks. */
export const sync: Bench = {
  name: 'sync',
  title: 'Two threads: mutex, reader/writer lock and lock-free ring',
  async measure({ repetitions, small, signal, progress }) {
    const runs: Figures[] = [];
    for (let repetition = 0; repetition < repetitions; repetition++) {
      progress(`run ${repetition + 1} of ${repetitions}`);
      runs.push((await runTrial('../../reference-server/trials/sync-trial.js', [small ? '50' : '1000'], [], signal)) as Figures);
    }
    return {
      how: [
        'Messages of 64 bytes from one worker thread to another, checked on arrival; a snapshot of 64 bytes that both threads read, and write each 20th time.',
        'Both threads spin and each has a core; an operation is a message received, or one access to the snapshot.',
      ],
      columns: ['way', 'mean time', 'operations a second'],
      rows: WAYS.map(({ label, figure, ns, rate }) => ({
        label,
        cells: [
          repeated(
            runs.map((run) => 1e9 / run[figure].mean),
            'ns',
            ns,
          ),
          repeated(
            runs.map((run) => run[figure].mean / 1e6),
            'M/s',
            rate,
          ),
        ],
      })),
      notes: [
        'Locks are made of Atomics on shared memory. The article has more cores than two; a reader/writer lock gains little where only two threads meet.',
      ],
    };
  },
};
