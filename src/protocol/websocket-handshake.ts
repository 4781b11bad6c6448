/** The opening handshake, server side (RFC 6455, section 4.2). Offsets into the caller's bytes; no string a request. */
import { copyBytes } from './bytes.js';
import { ascii, equalsIgnoringCase, findLineEnd, HeaderLine, isToken, listHas, MAX_REQUEST_BYTES, startsWith } from './http-head.js';
import { KEY_LETTERS, writeAccept } from './websocket-accept.js';

export { MAX_HTTP_ERROR_BYTES, writeHttpError } from './http-answers.js';
export { findHeaderEnd, MAX_REQUEST_BYTES, MAX_RESPONSE_BYTES } from './http-head.js';
export { writeAccept } from './websocket-accept.js';

/** Where things stand in a parsed request: offsets into the parsed bytes, -1 for a field that is absent. */
export class UpgradeRequest {
  /** Path and query. */
  pathStart = -1;
  pathEnd = -1;
  /** 24 letters. */
  keyStart = -1;
  hostStart = -1;
  hostEnd = -1;
  originStart = -1;
  originEnd = -1;
  /** The value of the first Sec-WebSocket-Protocol header. */
  protocolsStart = -1;
  protocolsEnd = -1;
}

const SPACE = 0x20;
const SLASH = 0x2f;
const HASH = 0x23;
const GET = ascii('GET ');
const HTTP = ascii('HTTP/');
const HTTP_1_1 = ascii('HTTP/1.1');
const HOST = ascii('host');
const UPGRADE = ascii('upgrade');
const WEBSOCKET = ascii('websocket');
const CONNECTION = ascii('connection');
const KEY = ascii('sec-websocket-key');
const VERSION = ascii('sec-websocket-version');
const THIRTEEN = ascii('13');
const PROTOCOL = ascii('sec-websocket-protocol');
const ORIGIN = ascii('origin');
const CONTENT_LENGTH = ascii('content-length');
const ZERO = ascii('0');
const TRANSFER_ENCODING = ascii('transfer-encoding');

const line = new HeaderLine();

/**
 * Parses the head bytes[start..end), its CRLFCRLF included, into `out`. Returns 0 for a valid upgrade to WebSocket 13,
 * else the HTTP status to answer: 400 malformed, 405 not GET, 426 not an upgrade or another version, 431 too long,
 * 505 not HTTP/1.1.
 */
export function parseUpgradeRequest(bytes: Uint8Array, start: number, end: number, out: UpgradeRequest): number {
  if (end - start > MAX_REQUEST_BYTES) return 431;
  const lineEnd = findLineEnd(bytes, start, end);
  if (lineEnd < 0) return 400;
  const requestLine = parseRequestLine(bytes, start, lineEnd, out);
  if (requestLine === 400) return 400;
  const headers = parseHeaders(bytes, lineEnd + 2, end, out);
  return headers === 400 || requestLine === 0 ? headers : requestLine;
}

function parseRequestLine(bytes: Uint8Array, start: number, end: number, out: UpgradeRequest): number {
  let methodEnd = start;
  while (methodEnd < end && bytes[methodEnd] !== SPACE) methodEnd++;
  const pathStart = methodEnd + 1;
  let pathEnd = pathStart;
  while (pathEnd < end && bytes[pathEnd]! > SPACE && bytes[pathEnd]! < 0x7f && bytes[pathEnd] !== HASH) pathEnd++;
  if (!isToken(bytes, start, methodEnd) || bytes[pathEnd] !== SPACE || !isHttpVersion(bytes, pathEnd + 1, end)) return 400;
  if (!startsWith(bytes, pathEnd + 1, end, HTTP_1_1)) return 505;
  if (!startsWith(bytes, start, end, GET)) return 405;
  if (bytes[pathStart] !== SLASH) return 400;
  out.pathStart = pathStart;
  out.pathEnd = pathEnd;
  return 0;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

function isHttpVersion(bytes: Uint8Array, start: number, end: number): boolean {
  return (
    end - start === 8 &&
    startsWith(bytes, start, end, HTTP) &&
    isDigit(bytes[start + 5]!) &&
    bytes[start + 6] === 0x2e &&
    isDigit(bytes[start + 7]!)
  );
}

/** Returns 0, 400 or 426. */
function parseHeaders(bytes: Uint8Array, start: number, end: number, out: UpgradeRequest): number {
  let upgrade = false;
  let connection = false;
  let versionSeen = false;
  let version13 = false;
  out.keyStart = out.hostStart = out.originStart = out.protocolsStart = -1;
  out.hostEnd = out.originEnd = out.protocolsEnd = -1;
  let at = start;
  for (;;) {
    const next = line.read(bytes, at, end);
    if (next <= 0) {
      if (next < 0 || at + 2 !== end) return 400;
      break;
    }
    at = next;
    const { nameStart, nameEnd, valueStart, valueEnd } = line;
    // The length of a name decides which ones it can be.
    switch (nameEnd - nameStart) {
      case 4:
        if (!equalsIgnoringCase(bytes, nameStart, nameEnd, HOST)) break;
        if (out.hostStart >= 0 || valueStart === valueEnd) return 400;
        out.hostStart = valueStart;
        out.hostEnd = valueEnd;
        break;
      case 6:
        if (!equalsIgnoringCase(bytes, nameStart, nameEnd, ORIGIN)) break;
        if (out.originStart >= 0) return 400;
        out.originStart = valueStart;
        out.originEnd = valueEnd;
        break;
      case 7:
        if (equalsIgnoringCase(bytes, nameStart, nameEnd, UPGRADE)) upgrade ||= listHas(bytes, valueStart, valueEnd, WEBSOCKET);
        break;
      case 10:
        if (equalsIgnoringCase(bytes, nameStart, nameEnd, CONNECTION)) connection ||= listHas(bytes, valueStart, valueEnd, UPGRADE);
        break;
      case 14:
        // A body behind an upgrade would be read as frames.
        if (equalsIgnoringCase(bytes, nameStart, nameEnd, CONTENT_LENGTH) && !equalsIgnoringCase(bytes, valueStart, valueEnd, ZERO))
          return 400;
        break;
      case 17:
        if (equalsIgnoringCase(bytes, nameStart, nameEnd, TRANSFER_ENCODING)) return 400;
        if (!equalsIgnoringCase(bytes, nameStart, nameEnd, KEY)) break;
        if (out.keyStart >= 0 || !isKey(bytes, valueStart, valueEnd)) return 400;
        out.keyStart = valueStart;
        break;
      case 21:
        if (!equalsIgnoringCase(bytes, nameStart, nameEnd, VERSION)) break;
        if (versionSeen) return 400;
        versionSeen = true;
        version13 = equalsIgnoringCase(bytes, valueStart, valueEnd, THIRTEEN);
        break;
      case 22:
        if (out.protocolsStart >= 0 || !equalsIgnoringCase(bytes, nameStart, nameEnd, PROTOCOL)) break;
        out.protocolsStart = valueStart;
        out.protocolsEnd = valueEnd;
        break;
    }
  }
  if (out.hostStart < 0) return 400;
  if (!upgrade || !connection || !version13) return 426;
  return out.keyStart < 0 ? 400 : 0;
}

/** True for base64 of 16 bytes: 22 letters and "==". */
function isKey(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start !== KEY_LETTERS || bytes[end - 1] !== 0x3d || bytes[end - 2] !== 0x3d) return false;
  for (let at = start; at < end - 2; at++) {
    const byte = bytes[at]!;
    const lower = byte | 0x20;
    if (!isDigit(byte) && !(lower >= 0x61 && lower <= 0x7a) && byte !== 0x2b && byte !== 0x2f) return false;
  }
  return true;
}

const SWITCHING = ascii('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ');
const PROTOCOL_HEADER = ascii('\r\nSec-WebSocket-Protocol: ');
const END = ascii('\r\n\r\n');

/** Bytes of the 101 answer without a subprotocol. */
export const UPGRADE_RESPONSE_BYTES = SWITCHING.length + 28 + END.length;

/**
 * Writes the whole 101 answer to the 24-letter key at bytes[keyStart..]; `protocol` is the subprotocol chosen, "" for
 * none (ASCII). Returns its end.
 */
export function writeUpgradeResponse(bytes: Uint8Array, keyStart: number, protocol: string, out: Uint8Array, at: number): number {
  let to = copyBytes(SWITCHING, 0, SWITCHING.length, out, at);
  to = writeAccept(bytes, keyStart, out, to);
  if (protocol !== '') {
    to = copyBytes(PROTOCOL_HEADER, 0, PROTOCOL_HEADER.length, out, to);
    for (let i = 0; i < protocol.length; i++) out[to++] = protocol.charCodeAt(i);
  }
  return copyBytes(END, 0, END.length, out, to);
}
