/** What the audit log is told. Never a key, a token or a payload. */
export interface AuditEvent {
  /** "mac.bad", "ledger.bad", "auth.fail", "replay", "text", "handler.fault", "clock.step", "breaker". */
  readonly event: string;
  /** -1 when no connection is concerned. */
  readonly slot: number;
  readonly sid?: string;
  readonly peer?: string;
  readonly code?: number;
  readonly detail?: string;
  /** Of a circuit breaker that changed its state: closed, open, half-open. */
  readonly resource?: string;
  readonly from?: string;
  readonly to?: string;
}

export type AuditSink = (event: AuditEvent) => void;

/** The machine's wall clock was moved by `stepMs` milliseconds against monotonic time. */
export function clockStep(stepMs: number): AuditEvent {
  return { event: 'clock.step', slot: -1, code: 0, detail: `${stepMs} ms` };
}
