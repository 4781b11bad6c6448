import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../src/core/clock.js';
import type { LogicWorkerStart } from './logic-link.js';
import { LogicWorker } from './logic-worker.js';
import { Sleeper } from './wake.js';

/** The control word, and what a wake could be lost for, are looked at this often. */
const LOOK_EVERY_MS = 50;

/** A logic worker's thread: it has no event loop while it runs, and sleeps until a gateway thread wakes it or a tick is due. */
function main(): void {
  const start = workerData as LogicWorkerStart;
  const control = new Int32Array(start.control);
  const sleeper = new Sleeper(start.wake);
  const worker = new LogicWorker(start, (error) => {
    parentPort!.postMessage({ type: 'fault', stack: error instanceof Error ? (error.stack ?? error.message) : String(error) });
  });
  parentPort!.postMessage({ type: 'running' });
  while (Atomics.load(control, 0) === 0) {
    const nowUs = systemClock.nowUs();
    const dueUs = worker.turn(nowUs);
    sleeper.announce();
    if (worker.hasWork) sleeper.retract();
    else sleeper.sleep(Math.min(LOOK_EVERY_MS, (dueUs - systemClock.nowUs()) / 1_000));
  }
}

main();
