/** What the main thread and the audit thread say to one another. Plain data only. */
import type { ErrorCode } from '../../src/core/error-table.js';
import type { ErrorDetails } from '../../src/core/errors.js';
import type { KernelEventsChoice, KernelSource } from './kernel-event.js';

/** workerData of the audit thread. */
export interface AuditThreadStart {
  /** Absent: no log is written, and only the kernel's events are heard. */
  readonly file?: { readonly path: string; readonly maxBytes: number; readonly maxFiles: number; readonly maxWaitingBytes: number };
  /** audit-ring.ts, one a writing thread. */
  readonly rings: readonly SharedArrayBuffer[];
  /** audit-status.ts; the audit thread is the writer. */
  readonly status: SharedArrayBuffer;
}

export type ToAuditThread =
  | { readonly type: 'kernel'; readonly choice: KernelEventsChoice; readonly pid: number; readonly port: number }
  /** Write what is there, stop, and answer 'ended'. */
  | { readonly type: 'end' };

export type FromAuditThread =
  | { readonly type: 'open' }
  | { readonly type: 'refused'; readonly code: ErrorCode; readonly summary: string; readonly details: ErrorDetails }
  | { readonly type: 'kernel'; readonly source: KernelSource; readonly reasons: readonly string[] }
  | { readonly type: 'retransmit'; readonly monoNs: number; readonly local: string; readonly remote: string }
  | { readonly type: 'ended' };
