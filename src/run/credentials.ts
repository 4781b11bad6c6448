import type { Credential, LoginRequest, ToWorker } from '../swarm/messages.js';
import type { Issuer } from './credential-issuer.js';
import { Fingerprints } from './fingerprint.js';

/**
 * Logs clients in on behalf of the workers, which wait in system calls and cannot. Requests of a worker are sent in
 * batches, all that wait in one as far as it may go, with a bounded number in flight; the workers take turns.
 */
export class Credentials {
  readonly #issuer: Issuer;
  readonly #fingerprints: Fingerprints;
  readonly #deliver: (worker: number, message: ToWorker) => void;
  /** By worker: requests that wait. */
  readonly #waiting = new Map<number, LoginRequest[]>();
  #inFlight = 0;
  #isStopped = false;
  #isPumpScheduled = false;

  constructor(issuer: Issuer, seed: number, deliver: (worker: number, message: ToWorker) => void) {
    this.#issuer = issuer;
    this.#fingerprints = new Fingerprints(seed);
    this.#deliver = deliver;
  }

  request(worker: number, requests: readonly LoginRequest[]): void {
    const waiting = this.#waiting.get(worker);
    if (waiting) for (const request of requests) waiting.push(request);
    else this.#waiting.set(worker, [...requests]);
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
    this.#waiting.clear();
  }

  #pump(): void {
    const { maxInFlight, batchSize } = this.#issuer;
    while (!this.#isStopped && this.#inFlight < maxInFlight && this.#waiting.size > 0) {
      const [worker, waiting] = this.#waiting.entries().next().value!;
      // Out and in again at the end: the next worker's turn.
      this.#waiting.delete(worker);
      if (waiting.length > batchSize) this.#waiting.set(worker, waiting.slice(batchSize));
      this.#inFlight++;
      void this.#answer(worker, waiting.slice(0, batchSize)).finally(() => {
        this.#inFlight--;
        this.#pump();
      });
    }
  }

  async #answer(worker: number, requests: readonly LoginRequest[]): Promise<void> {
    const dfps = requests.map(({ uid }) => this.#fingerprints.of(uid));
    const issues = await this.#issuer.issue(requests, dfps);
    const entries: Credential[] = [];
    const failed = new Map<string, number[]>();
    for (const [index, { row, generation }] of requests.entries()) {
      const issue = issues[index]!;
      if ('code' in issue)
        failed
          .set(issue.code, failed.get(issue.code) ?? [])
          .get(issue.code)!
          .push(row);
      else entries.push({ row, generation, token: issue.token, secret: issue.secret, sid: issue.sid, dfp: dfps[index]! });
    }
    if (entries.length > 0) this.#deliver(worker, { type: 'credentials', entries });
    for (const [code, clients] of failed) this.#deliver(worker, { type: 'login-failed', clients, code });
  }
}
