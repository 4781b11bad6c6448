/** Entry of a worker thread: builds its part of the swarm, waits for the common start, runs, and says what came of it. */
import { readFileSync, readlinkSync } from 'node:fs';
import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { systemClock } from '../core/clock.js';
import { createTransport } from '../net/create-transport.js';
import type { TransportOptions } from '../net/transport.js';
import { type CreatedSwarm, capacityOf, createFlows, createSwarm } from './create-swarm.js';
import { DriverFault } from './driver-fault.js';
import { loadDriver } from './driver-load.js';
import { GcClock } from './gc-clock.js';
import {
  CONTROL_ALIVE,
  CONTROL_MAIL,
  CONTROL_STOP,
  CONTROL_THREAD,
  type FromWorker,
  STOP_GRACEFULLY,
  STOP_NONE,
  STOP_NOW,
  type ToWorker,
  type WorkerStart,
} from './messages.js';
import type { SwarmHost } from './swarm.js';

/** Ticks of /proc a second: USER_HZ, which is 100 on every Linux that programs see (proc(5)). */
const TICKS_A_SECOND = 100;
const ERRORS_EVERY_US = 1_000_000;
const WAIT_FOR_START_MS = 100;

/** The worker's side of the line to the main thread. Neither side's event loop is needed: flags in shared memory say when to look. */
class MainThread implements SwarmHost {
  /** The common start; 0 until it is known. */
  startUs = 0;
  readonly #port: MessagePort;
  readonly #control: Int32Array;
  readonly #gc: GcClock;
  #created: CreatedSwarm | undefined;
  #stopping = STOP_NONE;
  #nextErrorsUs = 0;

  constructor(port: MessagePort, control: SharedArrayBuffer) {
    this.#port = port;
    this.#control = new Int32Array(control);
    this.#gc = new GcClock(this.#control);
    Atomics.store(this.#control, CONTROL_THREAD, threadNumber());
  }

  serve(created: CreatedSwarm): void {
    this.#created = created;
  }

  post(message: FromWorker): void {
    this.#port.postMessage(message);
  }

  /** Sleeps until the main thread has said when to start; false when it said to leave instead. */
  waitForStart(): boolean {
    while (this.startUs === 0) {
      if (Atomics.load(this.#control, CONTROL_STOP) !== STOP_NONE) return false;
      Atomics.wait(this.#control, CONTROL_MAIL, 0, WAIT_FOR_START_MS);
      this.#readMail(systemClock.nowUs());
    }
    return true;
  }

  poll(nowUs: number): boolean {
    Atomics.add(this.#control, CONTROL_ALIVE, 1);
    if (Atomics.load(this.#control, CONTROL_MAIL) !== 0) this.#readMail(nowUs);
    if (this.#created?.drivers?.fault !== undefined) return false;
    const stop = Atomics.load(this.#control, CONTROL_STOP);
    if (stop === STOP_NOW) return false;
    if (stop === STOP_GRACEFULLY && this.#stopping !== stop) {
      this.#stopping = stop;
      this.#created!.swarm.stop(nowUs);
    }
    if (nowUs >= this.#nextErrorsUs) {
      this.#nextErrorsUs = nowUs + ERRORS_EVERY_US;
      this.#gc.read();
      const { errors } = this.#created!;
      if (errors.takeChanged()) this.post({ type: 'errors', errors: errors.list() });
    }
    return true;
  }

  #readMail(nowUs: number): void {
    // The flag goes down first: what is posted while we read raises it again. One message a tick: thousands of credentials
    // take milliseconds, and the clients' timers must not wait for several of those.
    Atomics.store(this.#control, CONTROL_MAIL, 0);
    const mail = receiveMessageOnPort(this.#port);
    if (mail === undefined) return;
    Atomics.store(this.#control, CONTROL_MAIL, 1);
    const message = mail.message as ToWorker;
    if (message.type === 'start') this.startUs = message.startUs;
    else if (message.type === 'sessions') this.#created!.credentials.acceptReply(message, nowUs);
    else if (message.type === 'credentials') this.#created!.credentials.accept(message.entries, nowUs);
    else this.#created!.credentials.reject(message.clients, message.code);
  }
}

/** This thread in /proc/self/task; 0 where there is no /proc. */
function threadNumber(): number {
  try {
    return Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  } catch {
    return 0;
  }
}

/** CPU time of this thread, in steps of 10 ms; of the whole process where the system does not tell threads apart. */
function threadCpuSeconds(): number {
  try {
    // After the name in parentheses, which may hold anything: state, then 10 numbers, then utime and stime.
    const fields = readFileSync('/proc/thread-self/stat', 'latin1').split(') ').at(-1)!.split(' ');
    return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
  } catch {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  }
}

async function main(port: MessagePort, start: WorkerStart): Promise<void> {
  const mainThread = new MainThread(port, start.control);
  const flows = createFlows(start);
  const options: TransportOptions = {
    capacity: capacityOf(start, flows),
    targets: [...start.targets, ...(start.origins ?? []).flatMap(({ targets }) => targets)],
    sources: start.sources,
    ...(start.tls === undefined ? {} : { tls: start.tls }),
  };
  const transport = await createTransport(start.transport, options);
  const drivers = await Promise.all(
    start.scenarios.map(async ({ driver }) => driver && { path: driver.path, driver: await loadDriver(driver.path) }),
  );
  const created = createSwarm(start, flows, {
    drivers,
    clock: systemClock,
    host: mainThread,
    transport,
    askLogins: (questions) => mainThread.post({ type: 'login', ...questions }),
  });
  mainThread.serve(created);
  const own = created.drivers?.own;
  mainThread.post({
    type: 'ready',
    transport: transport.kind,
    ...(own !== undefined && own.metrics.length > 0 && { own: { metrics: own.metrics, buffer: own.buffer } }),
  });
  if (mainThread.waitForStart()) await created.swarm.run(transport, mainThread.startUs);
  const fault = created.drivers?.fault;
  if (fault !== undefined) {
    mainThread.post({ type: 'errors', errors: created.errors.list() });
    throw fault;
  }
  mainThread.post({
    type: 'done',
    errors: created.errors.list(),
    cpuSeconds: threadCpuSeconds(),
    rings: transport.rings,
    slow: created.slow.result(),
  });
}

if (parentPort !== null) {
  const port = parentPort;
  main(port, workerData as WorkerStart).catch((error: unknown) => {
    const { message, stack = '' } = error instanceof Error ? error : new Error(String(error));
    const isDriver = error instanceof DriverFault;
    port.postMessage({
      type: 'failed',
      message: isDriver ? error.told : message,
      stack: isDriver ? '' : stack,
      isDriver,
      ...(isDriver && error.hint !== '' && { hint: error.hint }),
    } satisfies FromWorker);
  });
}
