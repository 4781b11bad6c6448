import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';

const keyPattern = /^[+/0-9A-Za-z]{22}==$/;

/**
 * Judges an upgrade request (RFC 6455 section 4.2.1). Returns 101 when it may be upgraded, else the status to answer with:
 * 404 another path, 405 not GET, 505 not HTTP/1.1, 426 no or another WebSocket version, 400 malformed, 403 a foreign origin.
 */
export function judgeUpgrade(request: IncomingMessage, path: string, allowedOrigins: readonly string[] | undefined): number {
  const { headers, url = '' } = request;
  const query = url.indexOf('?');
  if ((query < 0 ? url : url.slice(0, query)) !== path) return 404;
  if (request.method !== 'GET') return 405;
  if (request.httpVersion !== '1.1') return 505;
  if (headers.host === undefined || countOf(request, 'host') > 1 || hasBody(request)) return 400;
  if (headers.upgrade?.toLowerCase() !== 'websocket') return 426;
  if (!keyPattern.test(headers['sec-websocket-key'] ?? '')) return 400;
  if (headers['sec-websocket-version'] !== '13') return 426;
  return isOriginAllowed(headers.origin, headers.host, allowedOrigins) ? 101 : 403;
}

/** How many headers have this name (lower case): Node keeps the first of some that may stand only once. */
function countOf({ rawHeaders }: IncomingMessage, name: string): number {
  return rawHeaders.filter((text, i) => i % 2 === 0 && text.toLowerCase() === name).length;
}

/** A body would be read as frames. */
function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0;
}

/** A program sends no Origin and is let in. A web page must come from the list or, without one, from this host. */
function isOriginAllowed(origin: string | undefined, host: string, allowed: readonly string[] | undefined): boolean {
  if (origin === undefined) return true;
  if (allowed !== undefined) return allowed.includes(origin);
  return origin === `http://${host}` || origin === `https://${host}`;
}

/** The headers that a refusal with this status must carry. */
export function refusalHeaders(status: number): Record<string, string> {
  const headers: Record<string, string> = { Connection: 'close', 'Content-Length': '0' };
  if (status === 405) headers.Allow = 'GET';
  if (status === 426) {
    headers.Upgrade = 'websocket';
    headers['Sec-WebSocket-Version'] = '13';
  }
  return headers;
}

/** Answers an upgrade request with an error and ends the socket. */
export function refuseUpgrade(socket: Duplex, status: number): void {
  const lines = [`HTTP/1.1 ${status} ${STATUS_CODES[status]}`];
  for (const [name, value] of Object.entries(refusalHeaders(status))) lines.push(`${name}: ${value}`);
  socket.on('error', () => socket.destroy());
  socket.once('finish', () => socket.destroy());
  socket.end(`${lines.join('\r\n')}\r\n\r\n`);
}
