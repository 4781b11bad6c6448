import type { LoginColumns, ToWorker } from '../swarm/messages.js';
import type { Issuer } from './credential-issuer.js';
import { WaitingLogins } from './waiting-logins.js';

/** What one worker has asked for. */
interface Line {
  readonly worker: number;
  readonly waiting: WaitingLogins;
  inFlight: number;
}

/**
 * Logs clients in on behalf of the workers, which wait in system calls and cannot. A worker's clients are asked for at once
 * when nothing is in flight for it; while something is, they gather until they fill a request or it is answered. So a lone
 * client never waits, and in a ramp few requests serve many. Requests in flight are bounded; the workers take turns.
 */
export class Credentials {
  readonly #issuer: Issuer;
  readonly #deliver: (worker: number, message: ToWorker) => void;
  /** By worker, the one whose turn is next first. */
  readonly #lines = new Map<number, Line>();
  #inFlight = 0;
  #isStopped = false;
  #isPumpScheduled = false;

  constructor(issuer: Issuer, deliver: (worker: number, message: ToWorker) => void) {
    this.#issuer = issuer;
    this.#deliver = deliver;
  }

  request(worker: number, logins: LoginColumns): void {
    if (this.#isStopped) return;
    this.#lineOf(worker).waiting.push(logins);
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
    for (const { waiting } of this.#lines.values()) waiting.clear();
  }

  #lineOf(worker: number): Line {
    const known = this.#lines.get(worker);
    if (known) return known;
    const line = { worker, waiting: new WaitingLogins(), inFlight: 0 };
    this.#lines.set(worker, line);
    return line;
  }

  #pump(): void {
    const { maxInFlight, batchSize } = this.#issuer;
    for (const line of this.#lines.values()) {
      if (this.#inFlight >= maxInFlight) return;
      const { size } = line.waiting;
      if (size === 0 || (line.inFlight > 0 && size < batchSize)) continue;
      // Out and in again at the end, where this loop meets it again: after the other workers' turns.
      this.#lines.delete(line.worker);
      this.#lines.set(line.worker, line);
      void this.#answer(line);
    }
  }

  async #answer(line: Line): Promise<void> {
    this.#inFlight++;
    line.inFlight++;
    const { messages, again } = await this.#issuer.issue(line.waiting.take(this.#issuer.batchSize));
    this.#inFlight--;
    line.inFlight--;
    if (again && !this.#isStopped) line.waiting.putBack(again);
    for (const message of messages) this.#deliver(line.worker, message);
    this.#pump();
  }
}
