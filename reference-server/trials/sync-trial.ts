/**
 * Messages of 64 bytes from one worker thread to another: the ring without locks beside a queue behind a mutex; and a snapshot
 * that two threads share, 95 % reads, behind the reader/writer lock and behind the mutex.
 *
 *   node dist/reference-server/trials/sync-trial.js MILLISECONDS
 *
 * prints one line of JSON. `gwrk bench sync` and benchmarks/ring.js run it.
 *
 * A ring's writer shows its messages in batches of up to 256, as the server's threads do: one atomic store a batch. Beside it
 * stands the same ring with a store for each message. Both threads spin, so each needs a core: "best" is the fastest stretch of
 * 65,536 messages, which says what the ring gives where something else disturbs the mean.
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { createMutexQueue, MutexQueue } from '../ring/mutex-queue.js';
import { ReadWriteLock } from '../ring/read-write-lock.js';
import { createSlotRing, SlotConsumer, SlotProducer } from '../ring/slot-ring.js';
import { SharedMutex } from '../threads/shared-mutex.js';

const SLOTS = 4_096;
const SNAPSHOT_AT = 16;
const SNAPSHOT_WORDS = 16;
/** Every twentieth access writes. */
const WRITE_EVERY = 20;

interface Job {
  readonly what: 'ring' | 'queue' | 'read-write' | 'mutex';
  readonly role: 'writer' | 'reader';
  readonly shared: SharedArrayBuffer;
  readonly start: SharedArrayBuffer;
  readonly runMs: number;
  readonly batch: number;
}

interface Outcome {
  /** Operations of this thread, and those a second in its fastest stretch. */
  readonly count: number;
  readonly best: number;
}

/** Int32 words that all threads of a measurement see. */
const GO = 0;
const STOP = 1;
const STRETCH = 65_536;

/** Operations a second, the mean of the whole run and the fastest stretch of it. */
export interface SyncFigure {
  readonly mean: number;
  readonly best: number;
}

export interface SyncFigures {
  /** The ring shows its messages in batches of 256. */
  readonly ring: SyncFigure;
  /** A store for each message. */
  readonly singleRing: SyncFigure;
  readonly mutexQueue: SyncFigure;
  readonly readWriteLock: SyncFigure;
  readonly mutex: SyncFigure;
}

async function compare(runMs: number): Promise<SyncFigures> {
  const memory = (): SharedArrayBuffer => new SharedArrayBuffer((SNAPSHOT_AT + SNAPSHOT_WORDS) * 4);
  return {
    ring: await measure('ring', createSlotRing(SLOTS), runMs, 256),
    singleRing: await measure('ring', createSlotRing(SLOTS), runMs, 1),
    mutexQueue: await measure('queue', createMutexQueue(SLOTS), runMs, 1),
    readWriteLock: await measure('read-write', memory(), runMs, 1),
    mutex: await measure('mutex', memory(), runMs, 1),
  };
}

/** Two threads work for `runMs`. Operations a second: of a queue the messages that arrived, of a snapshot the sum of both. */
async function measure(what: Job['what'], shared: SharedArrayBuffer, runMs: number, batch: number): Promise<SyncFigure> {
  const start = new SharedArrayBuffer(8);
  const go = new Int32Array(start);
  const threads = (['writer', 'reader'] as const).map(
    (role) => new Worker(fileURLToPath(import.meta.url), { workerData: { what, role, shared, start, runMs, batch } satisfies Job }),
  );
  await Promise.all(threads.map((thread) => once(thread, 'message')));
  const ends = threads.map((thread) => once(thread, 'message') as Promise<[Outcome]>);
  const startedMs = performance.now();
  Atomics.store(go, GO, 1);
  Atomics.notify(go, GO);
  const [[writer], [reader]] = (await Promise.all(ends)) as [[Outcome], [Outcome]];
  const seconds = (performance.now() - startedMs) / 1_000;
  await Promise.all(threads.map((thread) => thread.terminate()));
  const isSnapshot = what === 'read-write' || what === 'mutex';
  return { mean: (isSnapshot ? writer.count + reader.count : reader.count) / seconds, best: reader.best };
}

function work(job: Job): void {
  const go = new Int32Array(job.start);
  parentPort!.postMessage('ready');
  Atomics.wait(go, GO, 0);
  if (job.role === 'reader') watch = new StretchWatch(go, job.runMs);
  const count =
    job.what === 'ring'
      ? (job.role === 'writer' ? writeRing : readRing)(job, go)
      : job.what === 'queue'
        ? (job.role === 'writer' ? writeQueue : readQueue)(job, go)
        : shareSnapshot(job, go);
  parentPort!.postMessage({ count, best: watch?.best ?? 0 } satisfies Outcome);
}

/** Ends the run when its time is over, and knows the fastest stretch of it. */
class StretchWatch {
  best = 0;
  readonly #go: Int32Array;
  readonly #endMs: number;
  #lastMs = performance.now();
  #lastCount = 0;

  constructor(go: Int32Array, runMs: number) {
    this.#go = go;
    this.#endMs = this.#lastMs + runMs;
  }

  /** Called every 1,024 operations. */
  look(count: number): void {
    const nowMs = performance.now();
    if (nowMs >= this.#endMs) Atomics.store(this.#go, STOP, 1);
    if (count - this.#lastCount < STRETCH) return;
    this.best = Math.max(this.best, ((count - this.#lastCount) * 1_000) / (nowMs - this.#lastMs));
    this.#lastMs = nowMs;
    this.#lastCount = count;
  }
}

/** The reader's, or the second thread's. */
let watch: StretchWatch | undefined;

const isOver = (go: Int32Array): boolean => Atomics.load(go, STOP) !== 0;

function writeRing({ shared, batch }: Job, go: Int32Array): number {
  const ring = new SlotProducer(shared);
  const { numbers } = ring;
  let sent = 0;
  while (!isOver(go)) {
    for (let left = batch; left > 0; left--) {
      const at = ring.claim();
      if (at < 0) break;
      const n = at >> 1;
      numbers[n] = sent;
      numbers[n + 1] = sent + 1;
      numbers[n + 2] = sent + 2;
      numbers[n + 3] = sent + 3;
      numbers[n + 4] = sent + 4;
      numbers[n + 5] = sent + 5;
      numbers[n + 6] = sent + 6;
      numbers[n + 7] = sent + 7;
      ring.commit();
      sent++;
    }
    ring.publish();
  }
  return sent;
}

function readRing({ shared, batch }: Job, go: Int32Array): number {
  const ring = new SlotConsumer(shared);
  const { numbers } = ring;
  let received = 0;
  let turns = 0;
  while (!isOver(go)) {
    for (let left = batch; left > 0; left--) {
      const at = ring.next();
      if (at < 0) break;
      const n = at >> 1;
      const first = numbers[n]! + numbers[n + 1]! + numbers[n + 2]! + numbers[n + 3]!;
      const second = numbers[n + 4]! + numbers[n + 5]! + numbers[n + 6]! + numbers[n + 7]!;
      if (first !== 4 * received + 6 || second !== 4 * received + 22) throw new Error(`message ${received} is not what was sent`);
      received++;
      ring.pass();
    }
    ring.release();
    if ((++turns & 63) === 0) watch!.look(received);
  }
  return received;
}

function writeQueue({ shared }: Job, go: Int32Array): number {
  const queue = new MutexQueue(shared);
  const message = new Int32Array(16);
  let sent = 0;
  while (!isOver(go)) {
    for (let i = 0; i < 16; i++) message[i] = sent + i;
    if (queue.push(message)) sent++;
  }
  return sent;
}

function readQueue({ shared }: Job, go: Int32Array): number {
  const queue = new MutexQueue(shared);
  const message = new Int32Array(16);
  let received = 0;
  for (let turns = 0; !isOver(go); turns++) {
    if (queue.pop(message)) {
      if (message[0] !== received || message[15] !== received + 15) throw new Error(`message ${received} is not what was sent`);
      received++;
    }
    if ((turns & 1_023) === 0) watch!.look(received);
  }
  return received;
}

/** All words of the snapshot are equal whenever nobody writes. */
function shareSnapshot({ what, shared }: Job, go: Int32Array): number {
  const words = new Int32Array(shared);
  const mutex = new SharedMutex(words, 0);
  const lock = new ReadWriteLock(words);
  const isMutex = what === 'mutex';
  let n = 0;
  for (; !isOver(go); n++) {
    if (n % WRITE_EVERY === 0) {
      if (isMutex) mutex.lock();
      else lock.lockWrite();
      for (let i = 0; i < SNAPSHOT_WORDS; i++) words[SNAPSHOT_AT + i]!++;
      if (isMutex) mutex.unlock();
      else lock.unlockWrite();
    } else {
      let differing = 0;
      if (isMutex) mutex.lock();
      else lock.lockRead();
      for (let i = 1; i < SNAPSHOT_WORDS; i++) differing |= words[SNAPSHOT_AT + i]! ^ words[SNAPSHOT_AT]!;
      if (isMutex) mutex.unlock();
      else lock.unlockRead();
      if (differing !== 0) throw new Error('a snapshot was torn');
    }
    if ((n & 1_023) === 0) watch?.look(n);
  }
  return n;
}

if (isMainThread) process.stdout.write(`${JSON.stringify(await compare(Number(process.argv[2] ?? 2_000)))}\n`);
else work(workerData as Job);
