import { writeBase64 } from './base64url.js';
import { copyBytes } from './bytes.js';
import { ascii } from './http-head.js';
import { SHA1_BYTES, sha1 } from './sha1.js';

/** Letters of a Sec-WebSocket-Key and of a Sec-WebSocket-Accept. */
export const KEY_LETTERS = 24;
export const ACCEPT_LETTERS = 28;

const GUID = ascii('258EAFA5-E914-47DA-95CA-C5AB0DC85B11');
const joined = new Uint8Array(KEY_LETTERS + GUID.length);
joined.set(GUID, KEY_LETTERS);
const digest = new Uint8Array(SHA1_BYTES);

/** Writes the 28 letters of Sec-WebSocket-Accept (RFC 6455, section 4.2.2) for the 24-letter key at bytes[keyStart..]; returns their end. */
export function writeAccept(bytes: Uint8Array, keyStart: number, out: Uint8Array, at: number): number {
  copyBytes(bytes, keyStart, keyStart + KEY_LETTERS, joined, 0);
  sha1(joined, 0, joined.length, digest, 0);
  return writeBase64(digest, 0, SHA1_BYTES, out, at);
}
