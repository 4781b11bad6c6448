import { parentPort, workerData } from 'node:worker_threads';
import { NONCE_UNKNOWN, NonceRings, type NonceRingsMemory } from '../../../reference-server/nonce-ring.js';
import { OP_ALLOWED, OpWindows, type OpWindowsMemory } from '../../../reference-server/op-window.js';
import { SharedMutex } from '../../../reference-server/threads/shared-mutex.js';

export interface RacingStart {
  readonly rings: NonceRingsMemory;
  readonly windows: OpWindowsMemory;
  /** Int32: the gate that all wait at, the mutex, the count that it guards. */
  readonly gate: SharedArrayBuffer;
  readonly rounds: number;
}

export interface RacingResult {
  /** Nonces that this thread claimed, and windows of users that let it through. */
  readonly claims: number;
  readonly passes: number;
}

const { rings, windows, gate, rounds } = workerData as RacingStart;
const nonces = new NonceRings(rings);
const limit = new OpWindows(windows);
const words = new Int32Array(gate);
const mutex = new SharedMutex(words, 1);
const key = new Uint8Array(16);
let [claims, passes] = [0, 0];

parentPort!.postMessage('here');
Atomics.wait(words, 0, 0);
for (let round = 0; round < rounds; round++) {
  key[0] = round % 50;
  if (nonces.begin(key, 0, round, 1, 1) === NONCE_UNKNOWN) {
    claims++;
    nonces.finish(key, 0, round, 1, 7, 1);
  }
  key[1] = round % 100;
  if (limit.ask(key, 0, 1) === OP_ALLOWED) passes++;
  key[1] = 0;
  mutex.lock();
  words[2] = words[2]! + 1;
  mutex.unlock();
}
parentPort!.postMessage({ claims, passes } satisfies RacingResult);
