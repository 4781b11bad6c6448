/**
 * Every event of the audit log by name; a record carries its place in this list. Append only: gateway threads and the audit
 * thread come from one build, but a list that grows at its end is easier to read in old logs' company.
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
  'rules.source',
  'store.degraded',
  'store.restored',
  'clock.step',
  'text',
  'close',
  'handler.fault',
  'fault',
] as const;

export type AuditEventName = (typeof AUDIT_EVENTS)[number];

const numbers = new Map<string, number>(AUDIT_EVENTS.map((name, number) => [name, number]));

/** The place of a name in the list. Throws a RangeError for one that is not there: an event nobody can look up is a defect. */
export function auditEventNumber(name: string): number {
  const number = numbers.get(name);
  if (number === undefined) throw new RangeError(`${name} is no event of the audit log (audit/audit-events.ts)`);
  return number;
}
