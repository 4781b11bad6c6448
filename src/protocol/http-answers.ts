import { STATUS_CODES } from 'node:http';
import { copyBytes } from './bytes.js';
import { ascii } from './http-head.js';

/** Headers that a status needs beside those that every answer has. */
const EXTRA_HEADERS = new Map<number, string>([
  [405, 'Allow: GET\r\n'],
  [426, 'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n'],
  [429, 'Retry-After: 1\r\n'],
  [503, 'Retry-After: 1\r\n'],
]);

function answer(status: number): Uint8Array {
  const connection = status === 426 ? 'Connection: close, Upgrade' : 'Connection: close';
  return ascii(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${EXTRA_HEADERS.get(status) ?? ''}${connection}\r\nContent-Length: 0\r\n\r\n`,
  );
}

const ANSWERS = new Map([400, 401, 403, 404, 405, 408, 426, 429, 431, 500, 503, 505].map((status) => [status, answer(status)]));
const INTERNAL_ERROR = answer(500);

/** Longest answer that writeHttpError writes. */
export const MAX_HTTP_ERROR_BYTES = Math.max(...[...ANSWERS.values()].map((bytes) => bytes.length));

/**
 * Writes a whole answer without a body, after which the server closes the connection; returns its end. Known: 400, 401,
 * 403, 404, 405, 408, 426, 429, 431, 500, 503, 505; anything else is answered 500.
 */
export function writeHttpError(status: number, out: Uint8Array, at: number): number {
  const bytes = ANSWERS.get(status) ?? INTERNAL_ERROR;
  return copyBytes(bytes, 0, bytes.length, out, at);
}
