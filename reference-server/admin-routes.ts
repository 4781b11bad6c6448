import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BulkLogin } from './auth/bulk-login.js';
import type { Issuer } from './auth/issuer.js';
import { answerRevoke } from './auth/revoke-http.js';
import type { AuthStore } from './auth/store.js';
import { type HttpHandler, routeOf, sendJson, sendText } from './http-exchange.js';
import { answerHealth } from './http-routes.js';
import type { Lifecycle } from './lifecycle.js';
import type { Metrics } from './metrics.js';
import type { LimitsRoute } from './rooms/limits-route.js';
import type { RulesRoutes } from './rules/sources/rules-routes.js';
import { answerCauses, type CausesRouteOptions } from './telemetry/causes-route.js';

export interface AdminRoutesOptions {
  readonly token: string;
  readonly issuer: Issuer;
  /** Hears how many sessions were issued in one call. */
  readonly onBulkLogin?: (count: number) => void;
  readonly store: AuthStore;
  readonly lifecycle: Lifecycle;
  readonly metrics: Metrics;
  readonly causes: CausesRouteOptions;
  readonly rules: RulesRoutes;
  readonly limits: LimitsRoute;
}

/** Hosts that name this machine's loopback: a page of another name that resolves to it (DNS rebinding) sends its own name. */
const OWN_HOST = /^(localhost|127\.0\.0\.1|\[::1\])(:\d{1,5})?$/i;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** What stands on --admin-port, a loopback address: health and metrics for anyone here, everything else for the bearer. */
export function adminRoutes({
  token,
  issuer,
  store,
  lifecycle,
  metrics,
  causes,
  rules,
  limits,
  onBulkLogin,
}: AdminRoutesOptions): HttpHandler {
  const bulkLogin = new BulkLogin(issuer, onBulkLogin);
  const expected = digest(`Bearer ${token}`);
  const isAuthorized = (request: IncomingMessage): boolean => timingSafeEqual(digest(request.headers.authorization ?? ''), expected);

  return async (request: IncomingMessage, response: ServerResponse) => {
    if (!OWN_HOST.test(request.headers.host ?? '')) {
      return sendJson(response, 403, { error: 'FORBIDDEN', detail: 'Host: localhost, 127.0.0.1 or [::1]' });
    }
    const route = routeOf(request);
    if (answerHealth(route, lifecycle, response)) return;
    if (route === 'GET /metrics') return sendText(response, 200, await metrics.text(), metrics.contentType);
    if (!isAuthorized(request)) {
      return sendJson(response, 401, { error: 'UNAUTHORIZED' }, { 'www-authenticate': 'Bearer' });
    }
    if (limits.handles(route)) return limits.handle(request, response);
    if (rules.handles(route)) return rules.handle(route, request, response);
    switch (route) {
      case 'POST /admin/v1/sessions':
        return bulkLogin.handle(request, response);
      case 'POST /admin/v1/revoke':
        return answerRevoke(store, request, response);
      case 'GET /admin/v1/stats':
        return sendJson(response, 200, metrics.stats());
      case 'GET /admin/v1/causes':
        return answerCauses(causes, request, response);
      default:
        return sendJson(response, 404, { error: 'NOT_FOUND' });
    }
  };
}
