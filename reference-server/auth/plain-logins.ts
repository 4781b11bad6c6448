import type { Issuer } from './issuer.js';
import type { LoginBatch } from './login-batch.js';

const ascii = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'latin1'));
const BEFORE_LIST = ascii('{"sessions":[');
const BEFORE_UID = ascii('{"uid":"');
const BEFORE_DFP = ascii('","dfp":"');
const AFTER_DFP = ascii('"}');
const AFTER_LIST = ascii(']}');
const QUOTE = 0x22;
const COMMA = 0x2c;

/** Where text stands at body[at..], the position after it; -1 where it does not, also at -1. */
function skip(body: Uint8Array, at: number, text: Uint8Array): number {
  if (at < 0) return -1;
  for (let i = 0; i < text.length; i++) if (body[at + i] !== text[i]) return -1;
  return at + text.length;
}

/**
 * Adds the logins of a body that is, byte for byte, {"sessions":[{"uid":"...","dfp":"..."},...]} with good entries, as programs
 * write it: a fifth of what JSON.parse and its objects and texts cost. False when it is anything else: then the batch is empty,
 * and only JSON.parse can tell what is wrong with the body, if anything is.
 */
export function addPlainLogins(body: Uint8Array, issuer: Issuer, batch: LoginBatch): boolean {
  if (scan(body, issuer, batch)) return true;
  batch.count = 0;
  return false;
}

function scan(body: Uint8Array, issuer: Issuer, batch: LoginBatch): boolean {
  let at = skip(body, 0, BEFORE_LIST);
  for (;;) {
    const uidAt = skip(body, at, BEFORE_UID);
    const uidEnd = textEnd(body, uidAt);
    const dfpAt = skip(body, uidEnd, BEFORE_DFP);
    const dfpEnd = textEnd(body, dfpAt);
    at = skip(body, dfpEnd, AFTER_DFP);
    if (at < 0 || batch.count === batch.capacity || !issuer.addBytes(batch, body, uidAt, uidEnd, dfpAt, dfpEnd)) return false;
    if (body[at] !== COMMA) return skip(body, at, AFTER_LIST) === body.length;
    at += 1;
  }
}

/** The position of the quote that ends a text; what an escape would be is no letter of a uid or a fingerprint. */
function textEnd(body: Uint8Array, at: number): number {
  if (at < 0) return -1;
  let end = at;
  while (end < body.length && body[end] !== QUOTE) end++;
  return end;
}
