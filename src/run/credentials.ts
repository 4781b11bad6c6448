import { createHash } from 'node:crypto';
import type { Credential, LoginRequest, ToWorker } from '../swarm/messages.js';
import type { Issuer, LoginBatchEntry } from './credential-issuer.js';

interface Waiting {
  readonly worker: number;
  readonly request: LoginRequest;
}

/**
 * Logs clients in on behalf of the workers, which wait in system calls and cannot: requests are gathered over all
 * workers, sent in batches with a bounded number in flight, and answered to the worker that asked.
 */
export class Credentials {
  readonly how: 'bulk' | 'login';
  readonly #issuer: Issuer;
  readonly #seed: number;
  readonly #deliver: (worker: number, message: ToWorker) => void;
  #waiting: Waiting[] = [];
  #next = 0;
  #inFlight = 0;
  #isStopped = false;
  #isPumpScheduled = false;

  constructor(issuer: Issuer, seed: number, deliver: (worker: number, message: ToWorker) => void) {
    this.how = issuer.how;
    this.#issuer = issuer;
    this.#seed = seed;
    this.#deliver = deliver;
  }

  request(worker: number, requests: readonly LoginRequest[]): void {
    for (const request of requests) this.#waiting.push({ worker, request });
    if (this.#isPumpScheduled) return;
    this.#isPumpScheduled = true;
    setImmediate(() => {
      this.#isPumpScheduled = false;
      this.#pump();
    });
  }

  /** Nothing is sent from now on; what is in flight is still delivered. */
  stop(): void {
    this.#isStopped = true;
    this.#waiting = [];
    this.#next = 0;
  }

  #pump(): void {
    while (!this.#isStopped && this.#inFlight < this.#issuer.maxInFlight && this.#next < this.#waiting.length) {
      const batch = this.#waiting.slice(this.#next, this.#next + this.#issuer.batchSize);
      this.#next += batch.length;
      if (this.#next > 65_536 || this.#next === this.#waiting.length) {
        this.#waiting = this.#waiting.slice(this.#next);
        this.#next = 0;
      }
      this.#inFlight++;
      void this.#answer(batch).finally(() => {
        this.#inFlight--;
        this.#pump();
      });
    }
  }

  async #answer(batch: readonly Waiting[]): Promise<void> {
    const entries: LoginBatchEntry[] = batch.map(({ request }) => ({ request, dfp: fingerprint(this.#seed, request.uid) }));
    const issues = await this.#issuer.issue(entries);
    const answers = new Map<number, { credentials: Credential[]; failed: Map<string, number[]> }>();
    batch.forEach(({ worker, request: { row, generation } }, index) => {
      const answer = answers.get(worker) ?? { credentials: [], failed: new Map<string, number[]>() };
      answers.set(worker, answer);
      const issue = issues[index] ?? { code: 'login.bad-reply' };
      if (!('code' in issue)) {
        answer.credentials.push({ row, generation, ...issue, dfp: entries[index]!.dfp });
        return;
      }
      const rows = answer.failed.get(issue.code);
      if (rows) rows.push(row);
      else answer.failed.set(issue.code, [row]);
    });
    for (const [worker, { credentials, failed }] of answers) {
      if (credentials.length > 0) this.#deliver(worker, { type: 'credentials', entries: credentials });
      for (const [code, clients] of failed) this.#deliver(worker, { type: 'login-failed', clients, code });
    }
  }
}

/** The device of a player: 32 bytes that look random, the same for the same for the same seed and player; base64url. */
export function fingerprint(seed: number, uid: string): string {
  return createHash('sha256').update(`gwrk/device ${seed} ${uid}`).digest('base64url');
}
