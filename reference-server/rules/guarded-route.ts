import type { Clock } from '../../src/core/clock.js';
import { type HttpHandler, routeOf, sendJson } from '../http-exchange.js';
import { responseTimeMs, wholeMs } from './open-calls.js';
import type { RuleBook } from './rule-book.js';

/** Which resource a request of the http port is a call of. */
const RESOURCES: ReadonlyMap<string, string> = new Map([
  ['POST /v1/login', 'login'],
  ['POST /v1/refresh', 'refresh'],
]);

/**
 * The handler behind the rules of the resources `login` and `refresh`. What they refuse is answered 503 with code 0305 and
 * Retry-After. A call is an error when it is answered 5xx, and takes as long as the handler needs.
 */
export function guardedRoutes(book: RuleBook, clock: Clock, handler: HttpHandler): HttpHandler {
  return async (request, response) => {
    const guard = book.guard(RESOURCES.get(routeOf(request)) ?? '');
    if (guard === undefined) return handler(request, response);
    const startUs = clock.nowUs();
    const permit = guard.enter(wholeMs(startUs));
    if (permit < 0) {
      const retryAfter = String(guard.retryAfterS(wholeMs(startUs)));
      return sendJson(response, 503, { error: 'BREAKER_OPEN', code: '0305' }, { 'retry-after': retryAfter });
    }
    let isError = true;
    try {
      await handler(request, response);
      isError = response.statusCode >= 500;
    } catch (error) {
      // A client that went away says nothing about the server.
      isError = !request.destroyed;
      throw error;
    } finally {
      const endUs = clock.nowUs();
      guard.leave(permit, wholeMs(endUs), responseTimeMs(startUs, endUs), isError);
    }
  };
}
