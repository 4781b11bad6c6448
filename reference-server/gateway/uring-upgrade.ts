import { findHeaderEnd, MAX_REQUEST_BYTES, parseUpgradeRequest, UpgradeRequest } from '../../src/protocol/websocket-handshake.js';

/** The request is not whole yet. */
export const INCOMPLETE = 0;
export const UPGRADED = 101;

const QUERY = '?'.charCodeAt(0);

/**
 * Collects and judges upgrade requests, one a slot. A request that comes in one piece, as nearly all do, is judged where it
 * lies; only the others are kept, and never more than MAX_REQUEST_BYTES of them.
 */
export class UpgradeJudge {
  readonly request = new UpgradeRequest();
  /** After judge(): the bytes that hold the request, and where what follows it begins and ends. */
  bytes: Uint8Array = new Uint8Array(0);
  restStart = 0;
  restEnd = 0;
  readonly #path: Uint8Array;
  readonly #allowedOrigins: readonly string[] | undefined;
  readonly #partial = new Map<number, Uint8Array>();

  constructor(path: string, allowedOrigins: readonly string[] | undefined) {
    this.#path = Buffer.from(path, 'latin1');
    this.#allowedOrigins = allowedOrigins;
  }

  /** Takes what came; returns INCOMPLETE, UPGRADED or the HTTP status to refuse with. */
  judge(slot: number, bytes: Uint8Array, start: number, end: number): number {
    const partial = this.#partial.get(slot);
    const held = partial ? partial.length : 0;
    this.bytes = bytes;
    let from = start;
    let to = end;
    if (partial) {
      this.bytes = new Uint8Array(held + end - start);
      this.bytes.set(partial);
      this.bytes.set(bytes.subarray(start, end), held);
      from = 0;
      to = this.bytes.length;
    }
    const headerEnd = findHeaderEnd(this.bytes, from, to);
    if (headerEnd < 0) {
      if (to - from > MAX_REQUEST_BYTES) return 431;
      this.#partial.set(slot, this.bytes.slice(from, to));
      return INCOMPLETE;
    }
    if (partial) this.#partial.delete(slot);
    if (headerEnd - from > MAX_REQUEST_BYTES) return 431;
    this.restStart = headerEnd;
    this.restEnd = to;
    this.request.pathStart = -1;
    const status = parseUpgradeRequest(this.bytes, from, headerEnd, this.request);
    // Like the ws gateway: another path is 404 whatever else is wrong with the request.
    if (this.request.pathStart >= 0 && !this.#isOurPath()) return 404;
    if (status !== 0) return status;
    return this.#isOriginAllowed() ? UPGRADED : 403;
  }

  forget(slot: number): void {
    if (this.#partial.size > 0) this.#partial.delete(slot);
  }

  #isOurPath(): boolean {
    const { pathStart, pathEnd } = this.request;
    const length = this.#path.length;
    if (pathEnd - pathStart < length) return false;
    for (let i = 0; i < length; i++) if (this.bytes[pathStart + i] !== this.#path[i]) return false;
    return pathEnd - pathStart === length || this.bytes[pathStart + length] === QUERY;
  }

  /** A program sends no Origin and is let in. A web page must come from the list or, without one, from this host. */
  #isOriginAllowed(): boolean {
    const { originStart, originEnd, hostStart, hostEnd } = this.request;
    if (originStart < 0) return true;
    const text = (from: number, to: number): string => Buffer.from(this.bytes.subarray(from, to)).toString('latin1');
    const origin = text(originStart, originEnd);
    if (this.#allowedOrigins !== undefined) return this.#allowedOrigins.includes(origin);
    const host = text(hostStart, hostEnd);
    return origin === `http://${host}` || origin === `https://${host}`;
  }
}
