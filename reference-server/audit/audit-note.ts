import { createHash } from 'node:crypto';
import { auditEventNumber } from './audit-events.js';
import { type AuditRingWriter, NO_BYTES, NO_TIME } from './audit-ring.js';

/** What is told with an event beside its name. Never a token, a key or a payload. */
export interface AuditNoteFields {
  readonly code?: number;
  readonly seq?: number;
  /** 16 bytes, or base64url of them. */
  readonly sid?: Uint8Array | string;
  /** The start of the fingerprint's HMAC, 16 bytes or more. */
  readonly device?: Uint8Array;
  /** Only its hash is logged. */
  readonly uid?: string;
  /** "ip:port", or an address alone where the port is not known. */
  readonly peer?: string;
  /** One line for people. */
  readonly detail?: string;
}

/** Tells the audit of an event that is not one of a million connections'. */
export type AuditNote = (ev: string, fields?: AuditNoteFields) => void;

/** The 16 bytes by which the log knows a user: the start of the uid's SHA-256, as in the session table. */
export function hashOfUid(uid: string): Uint8Array {
  return createHash('sha256').update(uid).digest().subarray(0, 16);
}

/** Writes an event into a ring at this monotonic time. */
export function noteInto(ring: AuditRingWriter, nowUs: number, ev: string, fields: AuditNoteFields = {}): void {
  const { code = 0, seq = 0, sid, uid, device = NO_BYTES, peer = '', detail = '' } = fields;
  const number = auditEventNumber(ev);
  const sidBytes = typeof sid === 'string' ? Buffer.from(sid, 'base64url') : sid;
  ring.write(
    number < 0 ? auditEventNumber('event') : number,
    code,
    seq,
    nowUs,
    NO_TIME,
    sidBytes?.length === 16 ? sidBytes : NO_BYTES,
    0,
    uid === undefined ? NO_BYTES : hashOfUid(uid),
    0,
    device,
    0,
    peer,
    number < 0 ? `${ev}: ${detail}` : detail,
  );
}
