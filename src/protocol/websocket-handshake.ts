/** The opening handshake, server side. The signatures; the bodies follow within minutes. */
export const MAX_REQUEST_BYTES = 4096;
export const MAX_RESPONSE_BYTES = 16384;

/** Index behind the first CRLFCRLF in bytes[start..end), or -1. */
export function findHeaderEnd(_bytes: Uint8Array, _start: number, _end: number): number {
  return -1;
}

/** Where things stand in a parsed request: offsets into the parsed bytes, -1 for a field that is absent. */
export class UpgradeRequest {
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

/** Parses the header block bytes[start..end), CRLFCRLF included. Returns 0 for a valid RFC 6455 upgrade, else the HTTP status to answer. */
export function parseUpgradeRequest(_bytes: Uint8Array, _start: number, _end: number, _out: UpgradeRequest): number {
  return 400;
}

/** Writes the 28 letters of Sec-WebSocket-Accept for the 24-letter key at bytes[keyStart..]; returns their end. */
export function writeAccept(_bytes: Uint8Array, _keyStart: number, _out: Uint8Array, at: number): number {
  return at;
}

/** Writes the whole 101 answer to the key at bytes[keyStart..]; protocol is the subprotocol chosen ("" for none). Returns its end. */
export function writeUpgradeResponse(_bytes: Uint8Array, _keyStart: number, _protocol: string, _out: Uint8Array, at: number): number {
  return at;
}

/** Writes a whole HTTP answer without a body that ends the connection; returns its end. At most 256 bytes. */
export function writeHttpError(_status: number, _out: Uint8Array, at: number): number {
  return at;
}
