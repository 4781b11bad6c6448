import { Worker } from 'node:worker_threads';
import { Counter, Gauge, type Registry } from 'prom-client';
import type { Clock } from '../../src/core/clock.js';
import { GwrkError } from '../../src/core/errors.js';
import type { AuditThreadStart, FromAuditThread, ToAuditThread } from './audit-messages.js';
import { type AuditNoteFields, noteInto } from './audit-note.js';
import { AuditRingWriter, createAuditRing } from './audit-ring.js';
import { AuditStatus } from './audit-status.js';
import type { KernelEvents, KernelEventsChoice } from './kernel-event.js';
import { kernelThreadId } from './thread-id.js';

/** Lines that may wait in memory for a disk that is full. */
const MAX_WAITING_BYTES = 8 * 1_048_576;
const END_LIMIT_MS = 5_000;

export interface AuditDeskOptions {
  /** --audit, or undefined: no log. */
  readonly file: { readonly path: string; readonly maxBytes: number; readonly maxFiles: number } | undefined;
  readonly kernelEvents: KernelEventsChoice;
  readonly gatewayThreads: number;
  readonly clock: Clock;
  readonly registry: Registry;
  /** A TCP segment of a connection was sent again. */
  readonly onRetransmit: (monoNs: number, local: string, remote: string) => void;
  /** One line of JSON for stderr: which source of kernel events runs, or that the audit ended before its time. */
  readonly onWord: (line: string) => void;
}

/** The main thread's side of the audit: starts the audit thread, tells it events, and knows what became of them. */
export class AuditDesk {
  readonly #options: AuditDeskOptions;
  readonly #rings: readonly SharedArrayBuffer[];
  readonly #own: AuditRingWriter | undefined;
  readonly #worker: Worker | undefined;
  readonly #status = new AuditStatus();
  #kernel: Pick<KernelEvents, 'source' | 'reasons'> | undefined;
  #isEnding = false;

  private constructor(options: AuditDeskOptions, rings: readonly SharedArrayBuffer[], worker: Worker | undefined, status: AuditStatus) {
    this.#options = options;
    this.#rings = rings;
    this.#worker = worker;
    this.#status = status;
    this.#own = rings.length === 0 ? undefined : new AuditRingWriter(rings.at(-1)!, kernelThreadId());
    if (worker !== undefined) registerMetrics(options.registry, status);
    worker?.on('message', (message: FromAuditThread) => this.#hear(message));
    const fail = (reason: string): void => {
      if (!this.#isEnding) options.onWord(JSON.stringify({ event: 'audit.ended', reason }));
      this.#isEnding = true;
    };
    worker?.on('error', (error) => fail(error instanceof Error ? error.message : String(error)));
    worker?.on('exit', (code) => fail(`exit ${code}`));
  }

  /** Resolves when the log is open. Rejects with GWRK_OUTPUT_UNWRITABLE or GWRK_USAGE when it cannot be. */
  static async start(options: AuditDeskOptions): Promise<AuditDesk> {
    const { file, kernelEvents, gatewayThreads } = options;
    const status = new AuditStatus();
    if (file === undefined && kernelEvents === 'none') return new AuditDesk(options, [], undefined, status);
    const rings = file === undefined ? [] : Array.from({ length: gatewayThreads + 1 }, () => createAuditRing());
    const start: AuditThreadStart = {
      rings,
      status: status.buffer,
      ...(file === undefined ? {} : { file: { ...file, maxWaitingBytes: MAX_WAITING_BYTES } }),
    };
    const worker = new Worker(new URL('./audit-thread.js', import.meta.url), { workerData: start, name: 'audit' });
    await new Promise<void>((resolve, reject) => {
      worker.once('error', reject);
      worker.once('message', (message: FromAuditThread) => {
        worker.off('error', reject);
        if (message.type !== 'refused') return resolve();
        reject(new GwrkError(message.code, message.summary, message.details));
      });
    });
    return new AuditDesk(options, rings, worker, status);
  }

  /** The ring of a gateway thread; undefined without a log. */
  ringOf(thread: number): SharedArrayBuffer | undefined {
    return this.#rings[thread];
  }

  /** Notes an event of the main thread; nothing without a log. */
  note(ev: string, fields?: AuditNoteFields): void {
    if (this.#own !== undefined) noteInto(this.#own, this.#options.clock.nowUs(), ev, fields);
  }

  /** What tells of kernel events; undefined while no source was found yet, or when none was asked for. */
  get kernel(): Pick<KernelEvents, 'source' | 'reasons' | 'drops'> | undefined {
    return this.#kernel && { ...this.#kernel, drops: this.#status.get('kernelDrops') };
  }

  /** The server listens at this port: from here on the kernel is listened to, once a source was found. */
  watchKernel(port: number): void {
    const { kernelEvents } = this.#options;
    if (this.#worker !== undefined) this.#tell({ type: 'kernel', choice: kernelEvents, pid: process.pid, port });
  }

  /** Writes what is left; resolves when the thread is gone, at the latest after 5 s. */
  async end(): Promise<void> {
    const worker = this.#worker;
    if (worker === undefined || this.#isEnding) return;
    this.#isEnding = true;
    const gone = new Promise<void>((resolve) => worker.once('exit', () => resolve()));
    this.#tell({ type: 'end' });
    const limit = setTimeout(() => void worker.terminate(), END_LIMIT_MS);
    await gone;
    clearTimeout(limit);
  }

  #tell(message: ToAuditThread): void {
    this.#worker!.postMessage(message);
  }

  #hear(message: FromAuditThread): void {
    if (message.type === 'retransmit') {
      this.#options.onRetransmit(message.monoNs, message.local, message.remote);
    } else if (message.type === 'kernel') {
      const { source, reasons } = message;
      this.#kernel = { source, reasons };
      if (this.#options.kernelEvents !== 'none') this.#options.onWord(JSON.stringify({ event: 'kernel-events', source, reasons }));
    }
  }
}

function registerMetrics(registry: Registry, status: AuditStatus): void {
  const registers = [registry];
  const counter = (name: string, help: string, read: () => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset();
        this.inc(read());
      },
    });
  };
  counter('gwrk_audit_lines_total', 'Lines of the audit log', () => status.get('lines'));
  counter('gwrk_audit_write_failures_total', 'Writes of the audit log that the disk refused', () => status.get('writeFailures'));
  counter('gwrk_kernel_events_total', 'Events of the kernel that were heard', () => status.get('kernelEvents'));
  counter('gwrk_kernel_events_dropped_total', 'Events of the kernel that were dropped', () => status.get('kernelDrops'));
  new Counter({
    name: 'gwrk_audit_lost_total',
    help: 'Events that did not reach the audit log',
    labelNames: ['where'],
    registers,
    collect() {
      this.reset();
      this.inc({ where: 'ring' }, status.get('lostRing'));
      this.inc({ where: 'disk' }, status.get('lostDisk'));
    },
  });
  new Gauge({
    name: 'gwrk_audit_waiting_bytes',
    help: 'Lines of the audit log that wait for the disk',
    registers,
    collect() {
      this.set(status.get('waitingBytes'));
    },
  });
}
