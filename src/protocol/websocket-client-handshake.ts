/** The opening handshake, client side. The signatures; the bodies follow within minutes. */
/** 256 random keys (24 letters each) with the accept values (28 letters) that answer them, computed once. */
export class KeyPool {
  static readonly SIZE = 256;
  readonly keys: readonly Uint8Array[] = [];
  readonly accepts: readonly Uint8Array[] = [];
}

export interface UpgradeFields {
  /** Value of the Host header. */
  readonly host: string;
  readonly path: string;
  /** 24 letters: KeyPool.keys[n]. */
  readonly key: Uint8Array;
  /** More header lines, each ending in CRLF: "Authorization: Bearer x\r\n". */
  readonly headers?: string;
  readonly subprotocol?: string;
}

/** Writes a whole upgrade request to out[at..] and returns its end. Builds strings: for many alike requests use UpgradeTemplate. */
export function writeUpgradeRequest(_out: Uint8Array, at: number, _fields: UpgradeFields): number {
  return at;
}

/** A request built once and written many times with other keys: no string a connection. */
export class UpgradeTemplate {
  /** Bytes of the whole request. */
  readonly length: number = 0;
  constructor(fields: Omit<UpgradeFields, 'key'>) {
    void fields;
  }
  /** Writes the request with this key to out[at..] and returns its end. */
  write(_out: Uint8Array, at: number, _key: Uint8Array): number {
    return at;
  }
}

export const UPGRADE_OK = 0;
/** The answer is not HTTP/1.1. */
export const UPGRADE_NOT_HTTP = 1;
/** The status is not 101; it stands in out.status. */
export const UPGRADE_STATUS = 2;
/** Sec-WebSocket-Accept does not fit the key. */
export const UPGRADE_BAD_ACCEPT = 3;
/** Upgrade, Connection or Sec-WebSocket-Accept is absent or has another value, or an extension was agreed that nobody asked for. */
export const UPGRADE_BAD_HEADERS = 4;

export class UpgradeResponse {
  /** 0 when no status could be read. */
  status = 0;
  /** The subprotocol chosen by the server; -1 when there is none. */
  protocolStart = -1;
  protocolEnd = -1;
}

/** Parses the header block bytes[start..end), CRLFCRLF included, against the 28 letters of KeyPool.accepts[n]. Returns UPGRADE_OK or another UPGRADE_*. */
export function parseUpgradeResponse(_bytes: Uint8Array, _start: number, _end: number, _accept: Uint8Array, _out: UpgradeResponse): number {
  return UPGRADE_NOT_HTTP;
}
