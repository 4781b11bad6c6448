import type { Clock } from '../../src/core/clock.js';
import { CODE_STORE_DOWN } from '../../src/protocol/packet.js';
import type { RefreshAnswerMessage, RefreshAskMessage } from '../gateway-messages.js';
import { responseTimeMs, wholeMs } from './open-calls.js';
import type { RuleBook } from './rule-book.js';

type AnswerRefresh = (question: RefreshAskMessage) => Promise<RefreshAnswerMessage>;

/**
 * REFRESH packets behind the rules of the resource `refresh`, together with POST /v1/refresh. What they refuse is answered 0209, as
 * when the store cannot be asked; a call is an error when it is answered so.
 */
export function guardedRefresh(book: RuleBook, clock: Clock, answer: AnswerRefresh): AnswerRefresh {
  return async (question) => {
    const guard = book.guard('refresh');
    if (guard === undefined) return answer(question);
    const startUs = clock.nowUs();
    const permit = guard.enter(wholeMs(startUs));
    if (permit < 0) {
      const { slot, number, seq } = question;
      const retryAfterMs = 1_000 * guard.retryAfterS(wholeMs(startUs));
      return { type: 'refreshed', slot, number, seq, code: CODE_STORE_DOWN, retryAfterMs };
    }
    let isError = true;
    try {
      const given = await answer(question);
      isError = given.code === CODE_STORE_DOWN;
      return given;
    } finally {
      const endUs = clock.nowUs();
      guard.leave(permit, wholeMs(endUs), responseTimeMs(startUs, endUs), isError);
    }
  };
}
