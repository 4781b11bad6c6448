import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Login } from './auth/login.js';
import type { RefreshRoutes } from './auth/refresh-http.js';
import { type HttpHandler, isLoopback, routeOf, sendJson, sendText } from './http-exchange.js';
import type { Lifecycle } from './lifecycle.js';
import type { Metrics } from './metrics.js';

export interface HttpRoutesOptions {
  /** Absent with --echo: such a server has nobody to log in. */
  readonly login?: Login;
  readonly renewal?: RefreshRoutes;
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

function sessionRoute(route: string, login: Login, renewal: RefreshRoutes): HttpHandler | undefined {
  switch (route) {
    case 'POST /v1/login':
      return (request, response) => login.handle(request, response);
    case 'POST /v1/refresh':
      return (request, response) => renewal.refresh(request, response);
    case 'POST /v1/logout':
      return (request, response) => renewal.logout(request, response);
    default:
      return undefined;
  }
}

/** What stands on --http-port: login, refresh, logout and health; metrics too, for callers of this machine. */
export function httpRoutes({ login, renewal, lifecycle, metrics }: HttpRoutesOptions): HttpHandler {
  return async (request: IncomingMessage, response: ServerResponse) => {
    const route = routeOf(request);
    if (answerHealth(route, lifecycle, response)) return;
    const answer = login && renewal && sessionRoute(route, login, renewal);
    if (answer !== undefined) {
      if (lifecycle.isReady) return answer(request, response);
      return sendJson(response, 503, { error: 'DRAINING', code: '0502' });
    }
    if (route === 'GET /metrics' && isLoopback(request.socket.remoteAddress)) {
      return sendText(response, 200, await metrics.text(), metrics.contentType);
    }
    sendJson(response, 404, { error: 'NOT_FOUND' });
  };
}
