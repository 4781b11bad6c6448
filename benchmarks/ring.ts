/**
 * Messages of 64 bytes between two worker threads, and a snapshot that two threads share: reference-server/trials/sync-trial.ts says how.
 *
 *   node dist/benchmarks/ring.js [--small]
 */
import { parseArgs } from 'node:util';
import type { SyncFigures } from '../reference-server/trials/sync-trial.js';
import { runTrial } from '../src/bench/trial.js';

const { values } = parseArgs({ options: { small: { type: 'boolean', default: false } } });
const trial = '../../reference-server/trials/sync-trial.js';
const { signal } = new AbortController();
const figures = (await runTrial(trial, [values.small ? '30' : '2000'], [], signal)) as SyncFigures;

function tell(what: string, figure: number, asked = ''): void {
  process.stdout.write(`${what.padEnd(52)} ${Math.round(figure).toLocaleString('en').padStart(14)} /s  ${asked}\n`);
}

tell('lock-free ring, batches of 256', figures.ring.mean, 'must 20,000,000');
tell('lock-free ring, batches of 256, best', figures.ring.best);
tell('lock-free ring, a store each', figures.singleRing.mean);
tell('mutex queue', figures.mutexQueue.mean);
process.stdout.write(`${'ring : mutex queue'.padEnd(52)} ${(figures.ring.mean / figures.mutexQueue.mean).toFixed(1).padStart(14)} x\n`);
tell('snapshot of 64 bytes, reader/writer lock, 95 % reads', figures.readWriteLock.mean);
tell('snapshot of 64 bytes, mutex, 95 % reads', figures.mutex.mean);
