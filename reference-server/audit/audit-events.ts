/**
 * Every event of the audit log by name; a record carries its place in this list. `event` stands for a name that is not here, which
 * then leads its detail. The audit thread adds its own: audit.rotate, audit.lost, audit.torn, kernel.source and kernel.*.
 */
export const AUDIT_EVENTS = [
  'audit.start',
  'audit.stop',
  'login.ok',
  'login.fail',
  'login.bulk',
  'auth.ok',
  'auth.fail',
  'refresh',
  'refresh.fail',
  'reuse',
  'evict',
  'revoke',
  'logout',
  'mac.bad',
  'replay',
  'ledger.bad',
  'op.critical',
  'breaker',
  'rules.applied',
  'rules.refused',
  'rules.unreadable',
  'rules.readable',
  'store.degraded',
  'store.restored',
  'clock.step',
  'text',
  'close',
  'handler.fault',
  'event',
] as const;

export type AuditEventName = (typeof AUDIT_EVENTS)[number];

const numbers = new Map<string, number>(AUDIT_EVENTS.map((name, number) => [name, number]));

/** The place of a name in the list, or -1. */
export function auditEventNumber(name: string): number {
  return numbers.get(name) ?? -1;
}
