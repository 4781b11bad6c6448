import { MAX_UID_BYTES } from './uid.js';

/** Sessions to be stored together, as columns: entry i of each. Made once and filled again. */
export class LoginBatch {
  readonly capacity: number;
  count = 0;
  /** Unix seconds; one time of issue for the whole batch. */
  accessExpS = 0;
  refreshExpS = 0;
  /** The uid of an entry: ASCII, MAX_UID_BYTES an entry, of which the first uidLengths[i] count. */
  readonly uids: Uint8Array;
  readonly uidLengths: Uint8Array;
  /** 16 bytes an entry, all but deviceMacs. */
  readonly sids: Uint8Array;
  readonly jtis: Uint8Array;
  readonly families: Uint8Array;
  /** First 16 bytes of SHA-256(uid). */
  readonly userHashes: Uint8Array;
  /** The fingerprint's HMAC, 32 bytes an entry. */
  readonly deviceMacs: Uint8Array;
  /** What became of each, one of the LOGIN_ values of store.ts; set by the store. */
  readonly outcome: Uint8Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.uids = new Uint8Array(capacity * MAX_UID_BYTES);
    this.uidLengths = new Uint8Array(capacity);
    this.sids = new Uint8Array(capacity * 16);
    this.jtis = new Uint8Array(capacity * 16);
    this.families = new Uint8Array(capacity * 16);
    this.userHashes = new Uint8Array(capacity * 16);
    this.deviceMacs = new Uint8Array(capacity * 32);
    this.outcome = new Uint8Array(capacity);
  }

  /** The uid of entry i as text. */
  uid(i: number): string {
    return Buffer.from(this.uids.buffer, i * MAX_UID_BYTES, this.uidLengths[i]).toString('latin1');
  }
}
