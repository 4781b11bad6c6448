import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { GwrkError } from '../src/core/errors.js';
import type { TlsFiles } from './gateway/gateway.js';
import { type HttpHandler, sendJson } from './http-exchange.js';
import { PORT_HINT } from './port-check.js';

/** A slow sender holds a socket for seconds, not minutes (Node's own limits are 60 s and 300 s). */
const LIMITS = { headersTimeout: 3_000, requestTimeout: 4_000, connectionsCheckingInterval: 500, maxHeaderSize: 4_096 } as const;
const MAX_CONNECTIONS = 4_096;
const MAX_HEADERS = 64;

export interface HttpListener {
  readonly host: string;
  readonly port: number;
  /** Takes no new connections; resolves when the open ones are closed, at the latest after `limitMs`. */
  close(limitMs: number): Promise<void>;
}

/**
 * Listens with hardened limits, with `tls` as https. Port 0 picks a free one. Throws GWRK_USAGE when the address cannot be had;
 * `flag` names it.
 */
export async function listenHttp(handler: HttpHandler, host: string, port: number, flag: string, tls?: TlsFiles): Promise<HttpListener> {
  const listener: RequestListener = (request, response) => {
    Promise.resolve(handler(request, response)).catch(() => {
      // The client went away, or a handler of ours threw: this one request fails, the server goes on.
      if (response.headersSent) response.destroy();
      else sendJson(response, 500, { error: 'INTERNAL' }, { connection: 'close' });
    });
  };
  const server: Server =
    tls === undefined
      ? createServer(LIMITS, listener)
      : createTlsServer({ ...LIMITS, ...tls, minVersion: 'TLSv1.2', handshakeTimeout: LIMITS.headersTimeout }, listener);
  server.maxConnections = MAX_CONNECTIONS;
  server.maxHeadersCount = MAX_HEADERS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new GwrkError('GWRK_USAGE', `cannot listen: ${cause.message}`, { where: flag, given: `${host}:${port}`, hint: PORT_HINT, cause }),
      );
    });
    server.listen(port, host, 1_024, resolve);
  });
  return {
    host,
    port: (server.address() as AddressInfo).port,
    close(limitMs) {
      return new Promise((resolve) => {
        const timer = setTimeout(() => server.closeAllConnections(), limitMs);
        server.close(() => {
          clearTimeout(timer);
          resolve();
        });
        server.closeIdleConnections();
      });
    },
  };
}
