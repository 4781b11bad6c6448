import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Login } from './auth/login.js';
import { type HttpHandler, isLoopback, routeOf, sendJson, sendText } from './http-exchange.js';
import type { Lifecycle } from './lifecycle.js';
import type { Metrics } from './metrics.js';

export interface HttpRoutesOptions {
  /** Absent with --echo: such a server has nobody to log in. */
  readonly login?: Login;
  readonly lifecycle: Lifecycle;
  readonly metrics: Metrics;
}

/** GET /healthz: 200 while the process can answer. GET /readyz: 200 while clients are welcome, else 503. False: another route. */
export function answerHealth(route: string, lifecycle: Lifecycle, response: ServerResponse): boolean {
  switch (route) {
    case 'GET /healthz':
      sendText(response, 200, 'ok\n');
      return true;
    case 'GET /readyz':
      sendText(response, lifecycle.isReady ? 200 : 503, `${lifecycle.phase}\n`);
      return true;
    default:
      return false;
  }
}

/** What stands on --http-port: login and health; metrics too, for callers of this machine. */
export function httpRoutes({ login, lifecycle, metrics }: HttpRoutesOptions): HttpHandler {
  return async (request: IncomingMessage, response: ServerResponse) => {
    const route = routeOf(request);
    if (answerHealth(route, lifecycle, response)) return;
    if (route === 'POST /v1/login' && login !== undefined) {
      if (lifecycle.isReady) return login.handle(request, response);
      return sendJson(response, 503, { error: 'DRAINING', code: '0502' });
    }
    if (route === 'GET /metrics' && isLoopback(request.socket.remoteAddress)) {
      return sendText(response, 200, await metrics.text(), metrics.contentType);
    }
    sendJson(response, 404, { error: 'NOT_FOUND' });
  };
}
