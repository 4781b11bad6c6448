/** Sessions to be stored together, as columns: entry i of each. Made once and filled again. */
export class LoginBatch {
  readonly capacity: number;
  count = 0;
  /** Unix seconds; one time of issue for the whole batch. */
  accessExpS = 0;
  refreshExpS = 0;
  readonly uids: string[] = [];
  /** 16 bytes an entry, all but deviceMacs. */
  readonly sids: Uint8Array;
  readonly jtis: Uint8Array;
  readonly families: Uint8Array;
  /** First 16 bytes of SHA-256(uid). */
  readonly userHashes: Uint8Array;
  /** The fingerprint's HMAC, 32 bytes an entry. */
  readonly deviceMacs: Uint8Array;
  /** What became of each, LOGIN_OK or LOGIN_FULL; set by the store. */
  readonly outcome: Uint8Array;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.sids = new Uint8Array(capacity * 16);
    this.jtis = new Uint8Array(capacity * 16);
    this.families = new Uint8Array(capacity * 16);
    this.userHashes = new Uint8Array(capacity * 16);
    this.deviceMacs = new Uint8Array(capacity * 32);
    this.outcome = new Uint8Array(capacity);
  }
}
