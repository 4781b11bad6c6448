import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody, sendJson, sendTooLarge } from '../../http-exchange.js';
import { textOf } from './bounded-request.js';
import type { RuleReceiver } from './receiver.js';
import { MAX_RULES_BYTES } from './rule-source.js';

export interface RulesRoutesOptions {
  readonly receiver: RuleReceiver;
  /** The set that every gateway thread has in force: the lowest version among them. */
  readonly versionAtThreads: number;
  /** Resolves when every gateway thread has that version in force. */
  untilInForce(version: number): Promise<void>;
}

/** GET and PUT /admin/rules, behind the bearer of the admin port. */
export class RulesRoutes {
  readonly #rules: RulesRoutesOptions;
  readonly #receiver: RuleReceiver;

  constructor(rules: RulesRoutesOptions) {
    this.#rules = rules;
    this.#receiver = rules.receiver;
  }

  /** False when the route is another one. */
  handles(route: string): boolean {
    return route === 'GET /admin/rules' || route === 'PUT /admin/rules';
  }

  async handle(route: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (route === 'GET /admin/rules') this.#show(response);
    else await this.#put(request, response);
  }

  /** What is in force, where it came from, and why it is not what the source has, if so. */
  #show(response: ServerResponse): void {
    const { error, etag, inForce } = this.#receiver;
    sendJson(response, 200, { ...inForce, versionAtThreads: this.#rules.versionAtThreads, error: error ?? null }, { etag });
  }

  async #put(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const expected = request.headers['if-match'];
    if (expected === undefined) {
      const detail = 'If-Match: the ETag of GET /admin/rules, or * to replace whatever is in force';
      return sendJson(response, 428, { error: 'PRECONDITION_REQUIRED', detail });
    }
    const body = await readBody(request, MAX_RULES_BYTES);
    if (body === undefined) return sendTooLarge(response, MAX_RULES_BYTES);
    let text: string;
    try {
      text = textOf(body);
    } catch (error) {
      return sendJson(response, 400, { error: 'INVALID_RULES', problems: [{ path: '$', message: (error as Error).message }] });
    }
    // After the body: another push may have come meanwhile, and nothing waits between this look and the swap.
    if (!isMatch(expected, this.#receiver.etag)) return this.#answer(response, 412, { error: 'STALE' });
    const outcome = this.#receiver.push(text);
    if (outcome.kind === 'refused') return this.#answer(response, 400, { error: 'INVALID_RULES', problems: outcome.problems });
    const { version, sha256, counts } = this.#receiver.inForce;
    const { etag } = this.#receiver;
    // So that whoever got the answer can rely on the rules.
    await this.#rules.untilInForce(version);
    sendJson(response, 200, { outcome: outcome.kind, version, sha256, counts, versionAtThreads: this.#rules.versionAtThreads }, { etag });
  }

  #answer(response: ServerResponse, status: number, body: object): void {
    sendJson(response, status, body, { etag: this.#receiver.etag });
  }
}

/** RFC 9110 section 13.1.1: any of a list, or *. Weak tags never match. */
function isMatch(expected: string, etag: string): boolean {
  return expected.split(',').some((one) => one.trim() === '*' || one.trim() === etag);
}
