import type { AuthResult } from '../auth/auth-result.js';
import type { AuditEvent } from '../session-audit.js';
import { auditEventNumber } from './audit-events.js';
import { noteInto } from './audit-note.js';
import { AuditRingWriter, NO_BYTES, NO_TIME } from './audit-ring.js';
import { kernelThreadId } from './thread-id.js';

const AUTH_OK = auditEventNumber('auth.ok');
const CLOSE = auditEventNumber('close');
const OP_CRITICAL = auditEventNumber('op.critical');

/** A gateway thread's way into the audit log: three events that every connection has, without an object each, and all rare ones. */
export class SessionTrail {
  readonly #ring: AuditRingWriter;

  /** Made by the thread that uses it. */
  constructor(ring: SharedArrayBuffer) {
    this.#ring = new AuditRingWriter(ring, kernelThreadId());
  }

  authOk({ sid, userHash, deviceHash }: AuthResult, seq: number, peer: string, nowUs: number): void {
    this.#ring.write(AUTH_OK, 0, seq, nowUs, NO_TIME, sid, 0, userHash, 0, deviceHash, 0, peer, '');
  }

  /** An authenticated connection is over; sids[sidAt..+16) is its session, `seq` the last one of its client's. */
  closed(sids: Uint8Array, sidAt: number, closeCode: number, seq: number, nowUs: number): void {
    this.#ring.write(CLOSE, closeCode, seq, nowUs, NO_TIME, sids, sidAt, NO_BYTES, 0, NO_BYTES, 0, '', '');
  }

  /** A signed operation ran from startUs for tookUs. */
  critical(sids: Uint8Array, sidAt: number, code: number, seq: number, startUs: number, tookUs: number): void {
    this.#ring.write(OP_CRITICAL, code, seq, startUs, tookUs, sids, sidAt, NO_BYTES, 0, NO_BYTES, 0, '', '');
  }

  /** The same of one that a logic worker ran: from when it was handed over until its answer came. */
  criticalElsewhere(sids: Uint8Array, sidAt: number, code: number, seq: number, startUs: number, tookUs: number): void {
    this.#ring.write(OP_CRITICAL, code, seq, startUs, tookUs, sids, sidAt, NO_BYTES, 0, NO_BYTES, 0, '', 'logic worker');
  }

  /** Any of the rare events. */
  note(event: AuditEvent, nowUs: number): void {
    const { code, sid, peer, detail = '', resource, from, to } = event;
    const said = resource === undefined ? detail : `${resource}: ${from} -> ${to}`;
    noteInto(this.#ring, nowUs, event.event, {
      detail: said,
      ...(code === undefined ? {} : { code }),
      ...(sid === undefined ? {} : { sid }),
      ...(peer === undefined ? {} : { peer }),
    });
  }
}
