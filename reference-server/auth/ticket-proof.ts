import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../src/core/clock.js';
import type { Proof } from './proof.js';

/**
 * K_ticket = HKDF-SHA-256(IKM = master key, salt empty, info "gwrk/1 ticket", 32 bytes): the key that an account service
 * shares with this server. It opens logins only; the other keys do not follow from it.
 */
export function deriveTicketKey(master: Uint8Array): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', master, new Uint8Array(0), 'gwrk/1 ticket', 32));
}

const TICKET_LETTERS = 27;

function ticketMac(key: Uint8Array, expS: Buffer, uid: string): Buffer {
  return createHmac('sha256', key).update(expS).update(uid, 'ascii').digest().subarray(0, 16);
}

/**
 * A ticket: base64url, 27 letters, of 20 bytes: expS u32 little-endian (Unix seconds, the first second at which it is no
 * longer good), then the first 16 bytes of HMAC-SHA-256(K_ticket, expS as those 4 bytes || uid in ASCII).
 */
export function makeTicket(key: Uint8Array, uid: string, expS: number): string {
  const exp = Buffer.alloc(4);
  exp.writeUInt32LE(expS);
  return Buffer.concat([exp, ticketMac(key, exp, uid)]).toString('base64url');
}

/** Accepts tickets of an account service that knows `key`. A ticket may be used until it expires. */
export function ticketProof(key: Uint8Array, clock: Clock): Proof {
  return {
    kind: 'ticket',
    async check(uid, proof) {
      if (proof.length !== TICKET_LETTERS) return false;
      const ticket = Buffer.from(proof, 'base64url');
      if (ticket.length !== 20 || ticket.toString('base64url') !== proof) return false;
      const isGenuine = timingSafeEqual(ticketMac(key, ticket.subarray(0, 4), uid), ticket.subarray(4));
      return isGenuine && ticket.readUInt32LE(0) > clock.unixMs() / 1000;
    },
  };
}
