/** A worker that behaves as its host field says, for the tests of workers.ts. */
import { parentPort, workerData } from 'node:worker_threads';
import { CONTROL_STOP, type FromWorker, type ToWorker, type WorkerStart } from '../../src/swarm/messages.js';
import { columnsOf } from './login-columns.js';

const start = workerData as WorkerStart;
const say = (message: FromWorker): void => parentPort!.postMessage(message);
const control = new Int32Array(start.control);

const done = (): void => {
  say({ type: 'done', errors: [{ code: 'x', count: start.index + 1, first: `from ${start.index}` }], cpuSeconds: 0.5, rings: 2 });
  parentPort!.close();
};

parentPort!.on('message', (message: ToWorker) => {
  if (message.type !== 'start') return;
  switch (start.host) {
    case 'finishes':
      done();
      break;
    case 'throws':
      throw new Error('a fault on purpose');
    case 'fails':
      say({ type: 'failed', message: 'no rings', stack: '' });
      break;
    case 'exits':
      process.exit(3);
      break;
    case 'stops':
      setInterval(() => {
        if (Atomics.load(control, CONTROL_STOP) !== 0) done();
      }, 5).unref();
      break;
    case 'logs-in':
      say({ type: 'login', ...columnsOf([{ row: 4, generation: 2, uid: 'p4' }]) });
      break;
  }
});
if (start.host === 'throws-at-once') throw new Error('a fault at once');
if (start.host !== 'never-ready') say({ type: 'ready', transport: 'uring' });
