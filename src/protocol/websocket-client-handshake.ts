/** The opening handshake, client side (RFC 6455, section 4.1). */
import { randomBytes } from 'node:crypto';
import { writeBase64 } from './base64url.js';
import { copyBytes } from './bytes.js';
import { ascii, equalsIgnoringCase, findLineEnd, HeaderLine, listHas, MAX_RESPONSE_BYTES, startsWith } from './http-head.js';
import { ACCEPT_LETTERS, KEY_LETTERS, writeAccept } from './websocket-accept.js';

export { findHeaderEnd, MAX_RESPONSE_BYTES } from './http-head.js';

/**
 * 256 random keys (24 letters each) with the accept values (28 letters) that answer them, computed once: a connection
 * picks keys[n] and accepts[n] and costs neither randomness nor SHA-1. The key is no secret; it only has to differ often
 * enough that a cache or a server that does not speak WebSocket is noticed.
 */
export class KeyPool {
  static readonly SIZE = 256;
  readonly keys: readonly Uint8Array[];
  readonly accepts: readonly Uint8Array[];

  constructor() {
    const random = new Uint8Array(randomBytes(KeyPool.SIZE * 16));
    const keys: Uint8Array[] = [];
    const accepts: Uint8Array[] = [];
    for (let n = 0; n < KeyPool.SIZE; n++) {
      const key = new Uint8Array(KEY_LETTERS);
      const accept = new Uint8Array(ACCEPT_LETTERS);
      writeBase64(random, n * 16, n * 16 + 16, key, 0);
      writeAccept(key, 0, accept, 0);
      keys.push(key);
      accepts.push(accept);
    }
    this.keys = keys;
    this.accepts = accepts;
  }
}

export interface UpgradeFields {
  /** Value of the Host header. */
  readonly host: string;
  /** Path and query, starting with a slash. */
  readonly path: string;
  /** 24 letters: KeyPool.keys[n]. */
  readonly key: Uint8Array;
  /** More header lines, each ending in CRLF: "Authorization: Bearer x\r\n". */
  readonly headers?: string;
  readonly subprotocol?: string;
}

/** A request built once and written many times with other keys: no string a connection. */
export class UpgradeTemplate {
  /** Bytes of the whole request. */
  readonly length: number;
  readonly #bytes: Uint8Array;
  readonly #keyAt: number;

  constructor(fields: Omit<UpgradeFields, 'key'>) {
    const head = `GET ${fields.path} HTTP/1.1\r\nHost: ${fields.host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: `;
    const protocol = fields.subprotocol === undefined ? '' : `Sec-WebSocket-Protocol: ${fields.subprotocol}\r\n`;
    const tail = `\r\nSec-WebSocket-Version: 13\r\n${protocol}${fields.headers ?? ''}\r\n`;
    const headBytes = Buffer.from(head);
    this.#bytes = new Uint8Array(Buffer.concat([headBytes, new Uint8Array(KEY_LETTERS), Buffer.from(tail)]));
    this.#keyAt = headBytes.length;
    this.length = this.#bytes.length;
  }

  /** Writes the request with this key to out[at..] and returns its end. */
  write(out: Uint8Array, at: number, key: Uint8Array): number {
    const end = copyBytes(this.#bytes, 0, this.length, out, at);
    copyBytes(key, 0, KEY_LETTERS, out, at + this.#keyAt);
    return end;
  }
}

/** Writes a whole upgrade request to out[at..] and returns its end. Builds strings: for many alike requests use UpgradeTemplate. */
export function writeUpgradeRequest(out: Uint8Array, at: number, fields: UpgradeFields): number {
  return new UpgradeTemplate(fields).write(out, at, fields.key);
}

export const UPGRADE_OK = 0;
/** The answer is not HTTP/1.1, malformed or too long. */
export const UPGRADE_NOT_HTTP = 1;
/** The status is not 101; it stands in out.status. */
export const UPGRADE_STATUS = 2;
/** Sec-WebSocket-Accept does not fit the key. */
export const UPGRADE_BAD_ACCEPT = 3;
/** Upgrade, Connection or Sec-WebSocket-Accept is absent, or an extension was agreed that nobody asked for. */
export const UPGRADE_BAD_HEADERS = 4;

export class UpgradeResponse {
  /** 0 when no status could be read. */
  status = 0;
  /** The subprotocol chosen by the server; -1 when there is none. Whether it was asked for is the caller's check. */
  protocolStart = -1;
  protocolEnd = -1;
}

const HTTP_1_1 = ascii('HTTP/1.1 ');
const UPGRADE = ascii('upgrade');
const WEBSOCKET = ascii('websocket');
const CONNECTION = ascii('connection');
const ACCEPT = ascii('sec-websocket-accept');
const PROTOCOL = ascii('sec-websocket-protocol');
const EXTENSIONS = ascii('sec-websocket-extensions');

const line = new HeaderLine();

/**
 * Parses the head bytes[start..end), its CRLFCRLF included, against the 28 letters of KeyPool.accepts[n]. Returns
 * UPGRADE_OK or another UPGRADE_*; `out.status` is filled in every case where a status was read.
 */
export function parseUpgradeResponse(bytes: Uint8Array, start: number, end: number, accept: Uint8Array, out: UpgradeResponse): number {
  out.status = 0;
  out.protocolStart = out.protocolEnd = -1;
  const lineEnd = findLineEnd(bytes, start, end);
  if (end - start > MAX_RESPONSE_BYTES || lineEnd < 0 || !startsWith(bytes, start, lineEnd, HTTP_1_1)) return UPGRADE_NOT_HTTP;
  const status = readStatus(bytes, start + HTTP_1_1.length, lineEnd);
  if (status < 0) return UPGRADE_NOT_HTTP;
  out.status = status;
  return status === 101 ? parseHeaders(bytes, lineEnd + 2, end, accept, out) : UPGRADE_STATUS;
}

/** Three digits, then a space or the end; -1 for anything else. */
function readStatus(bytes: Uint8Array, at: number, end: number): number {
  if (end - at < 3 || (end - at > 3 && bytes[at + 3] !== 0x20)) return -1;
  let status = 0;
  for (let i = 0; i < 3; i++) {
    const digit = bytes[at + i]! - 0x30;
    if (digit < 0 || digit > 9) return -1;
    status = status * 10 + digit;
  }
  return status >= 100 ? status : -1;
}

function parseHeaders(bytes: Uint8Array, start: number, end: number, accept: Uint8Array, out: UpgradeResponse): number {
  let upgrade = false;
  let connection = false;
  let accepts = 0;
  let acceptFits = false;
  let extensions = false;
  let at = start;
  for (;;) {
    const next = line.read(bytes, at, end);
    if (next <= 0) {
      if (next < 0 || at + 2 !== end) return UPGRADE_NOT_HTTP;
      break;
    }
    at = next;
    const { nameStart, nameEnd, valueStart, valueEnd } = line;
    if (equalsIgnoringCase(bytes, nameStart, nameEnd, UPGRADE)) upgrade = equalsIgnoringCase(bytes, valueStart, valueEnd, WEBSOCKET);
    else if (equalsIgnoringCase(bytes, nameStart, nameEnd, CONNECTION)) connection ||= listHas(bytes, valueStart, valueEnd, UPGRADE);
    else if (equalsIgnoringCase(bytes, nameStart, nameEnd, EXTENSIONS)) extensions = true;
    else if (equalsIgnoringCase(bytes, nameStart, nameEnd, ACCEPT)) {
      accepts++;
      acceptFits = valueEnd - valueStart === ACCEPT_LETTERS && startsWith(bytes, valueStart, valueEnd, accept);
    } else if (equalsIgnoringCase(bytes, nameStart, nameEnd, PROTOCOL)) {
      out.protocolStart = valueStart;
      out.protocolEnd = valueEnd;
    }
  }
  if (!upgrade || !connection || accepts !== 1 || extensions) return UPGRADE_BAD_HEADERS;
  return acceptFits ? UPGRADE_OK : UPGRADE_BAD_ACCEPT;
}
