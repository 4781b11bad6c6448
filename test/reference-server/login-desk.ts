import { createHash, createHmac, hkdfSync, randomBytes } from 'node:crypto';
import { SessionTable } from '../../reference-server/auth/session-table.js';
import type { Credential } from './reference-wire.js';

const KID = 1;

/** Issues credentials as docs/protocol.md says, with node:crypto alone, and writes their sessions into a table. */
export class LoginDesk {
  readonly masterKey = randomBytes(32);
  readonly kid = KID;
  readonly table: SessionTable;

  constructor(capacity: number) {
    this.table = SessionTable.create(capacity);
  }

  /** A fresh login that ends at `expS`, in Unix seconds. */
  issue(uid: string, expS: number, changes: { readonly sid?: Buffer } = {}): Credential {
    const sid = changes.sid ?? randomBytes(16);
    const jti = randomBytes(16);
    const dfp = randomBytes(32);
    const dfpMac = createHmac('sha256', this.#key('dfp')).update(dfp).digest();
    const claims = {
      iss: 'gwrk',
      aud: 'gwrk/ws',
      sub: uid,
      sid: sid.toString('base64url'),
      jti: jti.toString('base64url'),
      dfp: dfpMac.toString('base64url'),
      iat: expS - 900,
      exp: expS,
    };
    const head = Buffer.from(`{"alg":"HS256","typ":"at+jwt","kid":"${KID}"}`).toString('base64url');
    const text = `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}`;
    const signature = createHmac('sha256', this.#key('jwt')).update(text).digest('base64url');
    const secret = createHmac('sha256', this.#key('sess'))
      .update(Buffer.concat([sid, Buffer.from([KID])]))
      .digest();
    const old = this.table.find(sid, 0);
    if (old >= 0) this.table.remove(old);
    const uidHash = createHash('sha256').update(uid).digest();
    if (this.table.insert(sid, 0, jti, 0, uidHash, 0, dfpMac, 0, expS) < 0) throw new Error('the session table is full');
    return { uid, token: `${text}.${signature}`, secret, sid, dfp };
  }

  /** The session is no more, as after a revocation. */
  revoke(credential: Credential): void {
    this.table.remove(this.table.find(credential.sid, 0));
  }

  #key(name: string): Buffer {
    return Buffer.from(hkdfSync('sha256', this.masterKey, Buffer.alloc(0), `gwrk/1 ${name}`, 32));
  }
}
