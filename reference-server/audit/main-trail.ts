import type { LoginOutcome, LoginTold } from '../auth/login.js';
import type { RefreshEvent } from '../auth/renewal.js';
import { type EndCode, REPLACED } from '../auth/store.js';
import type { Metrics } from '../metrics.js';
import type { RulesEvent } from '../rules/sources/receiver.js';
import type { AuditDesk } from './audit-desk.js';

/** The main thread's events, counted in the metrics and, with --audit, written to the log. */
export class MainTrail {
  readonly #audit: AuditDesk;
  readonly #metrics: Metrics;

  constructor(audit: AuditDesk, metrics: Metrics) {
    this.#audit = audit;
    this.#metrics = metrics;
  }

  login(outcome: LoginOutcome, { peer, uid, batch }: LoginTold): void {
    this.#metrics.countLogin(outcome);
    const who = { peer, ...(uid === undefined ? {} : { uid }) };
    if (outcome !== 'ok' || batch === undefined) return this.#audit.note('login.fail', { ...who, detail: outcome });
    this.#audit.note('login.ok', { ...who, sid: batch.sids.subarray(0, 16), device: batch.deviceMacs.subarray(0, 16) });
  }

  /** Sessions that an administrator had issued in one call. */
  bulkLogin(count: number): void {
    this.#audit.note('login.bulk', { detail: `${count} sessions` });
  }

  refresh({ event, ...said }: RefreshEvent): void {
    this.#metrics.countAudit(event);
    this.#audit.note(event, said);
  }

  /** Sessions that ended before their time, 16 bytes each. */
  ended(sids: Uint8Array, code: EndCode): void {
    for (let at = 0; at + 16 <= sids.length; at += 16) {
      this.#audit.note(code === REPLACED ? 'evict' : 'revoke', { code, sid: sids.subarray(at, at + 16) });
    }
  }

  breaker({ event, resource, from, to }: { event: string; resource: string; from: string; to: string }): void {
    this.#metrics.countAudit(event);
    this.#audit.note(event, { detail: `${resource}: ${from} -> ${to}` });
  }

  store(event: string, detail: string): void {
    this.#metrics.countAudit(event);
    this.#audit.note(event, { detail });
  }

  rules({ event, ...said }: RulesEvent): void {
    this.#metrics.countAudit(event);
    this.#audit.note(event, { detail: JSON.stringify(said) });
  }
}
