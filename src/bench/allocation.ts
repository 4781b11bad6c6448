import type { AllocationFigures } from './allocation-trial.js';
import { type Bench, repeated } from './bench.js';
import { runTrial } from './trial.js';

const WAYS: readonly { way: string; label: string; growths?: string }[] = [
  { way: 'growing', label: 'grown on demand', growths: 'many' },
  { way: 'preallocated', label: 'preallocated', growths: '0' },
  { way: 'pooled', label: 'pooled', growths: '0' },
];

/** D7: what the garbage collector has to do when buffers grow, are there from the start, or are lent from a pool. */
export const allocation: Bench = {
  name: 'allocation',
  title: 'Buffers of 10,000 connections: grown on demand, preallocated, pooled',
  async measure({ repetitions, seed, small, signal, progress }) {
    const [connections, messages] = small ? [1_000, 20_000] : [10_000, 400_000];
    const rows = [];
    for (const { way, label, growths } of WAYS) {
      progress(label);
      const runs: AllocationFigures[] = [];
      for (let repetition = 0; repetition < repetitions; repetition++) {
        const args = [way, String(connections), String(messages), String(seed + repetition)];
        runs.push((await runTrial('./allocation-trial.js', args, [], signal)) as AllocationFigures);
      }
      const cell = (of: (run: AllocationFigures) => number, unit: string, published?: string) => repeated(runs.map(of), unit, published);
      rows.push({
        label,
        cells: [
          cell(({ gcCount }) => gcCount, ''),
          cell(({ gcMs }) => gcMs, 'ms'),
          cell((run) => run.growths, '', growths),
          cell(({ messageNs }) => messageNs, 'ns'),
          cell(({ rssPeakBytes }) => rssPeakBytes / 1e6, 'MB'),
        ],
      });
    }
    return {
      how: [
        `${messages.toLocaleString('en')} messages of 16 to 4,096 bytes, each in two pieces, for ${connections.toLocaleString('en')} connections; every 100th time one of them ends and another begins.`,
        'The same pieces in the same order for each way, in a process of its own; garbage collections as node:perf_hooks counts them.',
      ],
      columns: ['buffers', 'collections', 'time in them', 'growths', 'a message', 'peak RSS'],
      rows,
      notes: ["Peak RSS is the whole process with Node's own 45 MB."],
    };
  },
};
