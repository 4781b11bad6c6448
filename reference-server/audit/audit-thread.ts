import { parentPort, workerData } from 'node:worker_threads';
import { GwrkError } from '../../src/core/errors.js';
import { AuditFile } from './audit-file.js';
import { AuditLog } from './audit-log.js';
import type { AuditThreadStart, FromAuditThread, ToAuditThread } from './audit-messages.js';
import { AuditPump } from './audit-pump.js';
import { AuditStatus } from './audit-status.js';
import type { KernelEvents } from './kernel-event.js';
import { startKernelEvents } from './kernel-events.js';

const DRAIN_EVERY_MS = 50;
/** How long the end may wait for a disk that is full. */
const END_LIMIT_MS = 2_000;

/**
 * The audit thread: takes events out of the rings of the others, writes them, and listens to the kernel. A disk that is slow or
 * full stops this thread and no other.
 */
function run(start: AuditThreadStart): void {
  const status = new AuditStatus(start.status);
  const file = start.file && new AuditFile(start.file);
  const log = file && new AuditLog(file);
  const pump = new AuditPump(start.rings, log, file, status);
  let kernel: KernelEvents | undefined;
  let starting: Promise<void> | undefined;
  pump.begin();
  const draining = setInterval(() => {
    pump.drain();
    if (kernel !== undefined) pump.setKernelDrops(kernel.drops);
  }, DRAIN_EVERY_MS);
  post({ type: 'open' });

  async function watch({ choice, pid, port }: Extract<ToAuditThread, { type: 'kernel' }>): Promise<void> {
    kernel = await startKernelEvents({
      choice,
      pid,
      port,
      onEvent: (event) => {
        pump.kernelEvent(event);
        const { kind, monoNs, local, remote } = event;
        if (kind === 'retransmit' && local !== undefined && remote !== undefined) post({ type: 'retransmit', monoNs, local, remote });
      },
      onEnd: (reason) => {
        pump.kernelSource('none', [`the source ended: ${reason}`], pid, port);
        post({ type: 'kernel', source: 'none', reasons: [`the source ended: ${reason}`] });
      },
    });
    const { source, reasons } = kernel;
    pump.kernelSource(source, reasons, pid, port);
    post({ type: 'kernel', source, reasons });
  }

  async function end(): Promise<void> {
    await starting;
    await kernel?.stop();
    clearInterval(draining);
    pump.end(END_LIMIT_MS);
    post({ type: 'ended' });
    parentPort!.close();
  }

  parentPort!.on('message', (message: ToAuditThread) => {
    if (message.type === 'kernel') starting = watch(message);
    else void end();
  });
}

function post(message: FromAuditThread): void {
  parentPort!.postMessage(message);
}

try {
  run(workerData as AuditThreadStart);
} catch (error) {
  if (!(error instanceof GwrkError)) throw error;
  const { where, given, allowed, hint } = error.details;
  const details = Object.fromEntries(Object.entries({ where, given, allowed, hint }).filter(([, value]) => value !== undefined));
  post({ type: 'refused', code: error.code, summary: error.message, details });
}
