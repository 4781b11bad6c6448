import { basename } from 'node:path';
import { GwrkError } from '../core/errors.js';
import type { CdpSession } from './cdp-session.js';

/** A worker thread of the process behind a session. */
export interface WorkerSession {
  readonly name: string;
  send(method: string, params?: Record<string, unknown>): Promise<Record<string, unknown>>;
}

interface Waiting {
  readonly resolve: (result: Record<string, unknown>) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

/** A thread that sleeps in a system call answers when it comes back to JavaScript; one that never does is left out. */
const ANSWER_TIMEOUT_MS = 5000;
/** Events of the threads that are there already come within a moment. */
const ATTACH_WAIT_MS = 50;

/** The worker threads of a Node process, by the NodeWorker domain of its main thread's session. */
export class WorkerSessions {
  readonly #session: CdpSession;
  readonly #workers = new Map<string, WorkerSession>();
  readonly #waiting = new Map<string, Waiting>();
  #lastId = 0;

  private constructor(session: CdpSession) {
    this.#session = session;
    session.on('NodeWorker.attachedToWorker', (params) => this.#attach(params));
    session.on('NodeWorker.detachedFromWorker', ({ sessionId }) => {
      this.#workers.delete(String(sessionId));
    });
    session.on('NodeWorker.receivedMessageFromWorker', ({ sessionId, message }) => this.#receive(String(sessionId), String(message)));
  }

  /** Attaches to every worker that there is now. */
  static async attach(session: CdpSession): Promise<WorkerSessions> {
    const sessions = new WorkerSessions(session);
    await session.send('NodeWorker.enable', { waitForDebuggerOnStart: false });
    await new Promise((resolve) => setTimeout(resolve, ATTACH_WAIT_MS));
    return sessions;
  }

  list(): WorkerSession[] {
    return [...this.#workers.values()];
  }

  async detach(): Promise<void> {
    await this.#session.send('NodeWorker.disable').catch(() => undefined);
  }

  #attach({ sessionId, workerInfo }: Record<string, unknown>): void {
    const id = String(sessionId);
    const { title = '', url = '', workerId = '' } = (workerInfo ?? {}) as Record<string, unknown>;
    const given = /^\[worker \d+\]\s+(.+)$/u.exec(String(title))?.[1];
    const name = `${given ?? basename(String(url)).replace(/\.[cm]?js$/u, '')} #${String(workerId)}`;
    this.#workers.set(id, { name, send: (method, params = {}) => this.#send(id, method, params) });
  }

  #send(sessionId: string, method: string, params: Record<string, unknown>): Promise<Record<string, unknown>> {
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const key = `${sessionId} ${id}`;
      const timer = setTimeout(() => {
        this.#waiting.delete(key);
        reject(new GwrkError('GWRK_FLAME_FAILED', `a worker thread did not answer ${method} within ${ANSWER_TIMEOUT_MS / 1000} s`));
      }, ANSWER_TIMEOUT_MS);
      this.#waiting.set(key, { resolve, reject, timer });
      this.#session
        .send('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id, method, params }) })
        .catch((error) => {
          clearTimeout(timer);
          this.#waiting.delete(key);
          reject(error as Error);
        });
    });
  }

  #receive(sessionId: string, text: string): void {
    const { id, result, error } = JSON.parse(text) as { id?: number; result?: Record<string, unknown>; error?: { message: string } };
    const key = `${sessionId} ${id}`;
    const waiting = this.#waiting.get(key);
    if (!waiting) return;
    this.#waiting.delete(key);
    clearTimeout(waiting.timer);
    if (error) waiting.reject(new GwrkError('GWRK_FLAME_FAILED', `a worker thread refused: ${error.message}`));
    else waiting.resolve(result ?? {});
  }
}
