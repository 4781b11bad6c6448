import { boundedRequest, type Response, textOf } from './bounded-request.js';
import { PollLoop, type PollLoopOptions } from './poll-loop.js';
import type { RuleListener, RuleSource, SourceTimers } from './rule-source.js';

const HOLD_S = 30;
const LIMIT_MS = 10_000;
const HELD_LIMIT_MS = 40_000;
/** Between looks at a server that does not hold requests. */
const INTERVAL_MS = 5_000;
/** A server that says it holds requests and answers sooner is asked no more often than this. */
const SHORTEST_HELD_MS = 250;
const MAX_REDIRECTS = 3;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

export interface HttpPollOptions extends PollLoopOptions {
  /** Sent as a bearer; never shown. */
  readonly token?: string | undefined;
}

/**
 * Rules from a URL. Every look after the first is conditional (If-None-Match, RFC 9110 section 13.1.2) and asks to be held for
 * 30 s until something changes (Prefer: wait=30, RFC 7240 section 4.3). A server that says so in Preference-Applied is asked
 * again at once; any other every 5 s.
 */
export class HttpPollSource implements RuleSource {
  readonly name: string;
  readonly #url: URL;
  readonly #token: string | undefined;
  readonly #timers: SourceTimers;
  readonly #loop: PollLoop;
  #etag: string | undefined;

  constructor(url: URL, options: HttpPollOptions) {
    this.name = url.href;
    this.#url = url;
    this.#token = options.token;
    this.#timers = options.timers;
    this.#loop = new PollLoop((...look) => this.#look(...look), options);
  }

  start(listener: RuleListener): void {
    this.#loop.start(listener);
  }

  stop(): void {
    this.#loop.stop();
  }

  async #look(listener: RuleListener, signal: AbortSignal, hasFailed: boolean): Promise<number> {
    const startMs = this.#timers.nowMs();
    const response = await this.#ask(signal, this.#etag !== undefined && !hasFailed);
    if (response.status === 200) {
      const text = textOf(response.body);
      this.#etag = response.headers.etag;
      listener.onText(text);
    } else if (response.status !== 304 || this.#etag === undefined) throw new Error(`the answer is HTTP ${response.status}`);
    else listener.onUnchanged();
    const isHeld = this.#etag !== undefined && /(?:^|[,;\s])wait\b/i.test(String(response.headers['preference-applied'] ?? ''));
    const tookMs = this.#timers.nowMs() - startMs;
    return isHeld ? Math.max(0, SHORTEST_HELD_MS - tookMs) : INTERVAL_MS;
  }

  /** The answer after redirects, which may only lead to the same scheme, host and port: the bearer goes nowhere else. */
  async #ask(signal: AbortSignal, mayHold: boolean): Promise<Response> {
    const headers = {
      accept: 'application/json, text/plain;q=0.9, */*;q=0.1',
      ...(this.#token === undefined ? {} : { authorization: `Bearer ${this.#token}` }),
      ...(this.#etag === undefined ? {} : { 'if-none-match': this.#etag }),
      ...(mayHold ? { prefer: `wait=${HOLD_S}` } : {}),
    };
    const limitMs = mayHold ? HELD_LIMIT_MS : LIMIT_MS;
    let url = this.#url;
    for (let redirects = 0; ; redirects++) {
      const response = await boundedRequest(url, { headers, limitMs }, this.#timers, signal);
      if (!REDIRECTS.has(response.status)) return response;
      const { location } = response.headers;
      if (location === undefined || !URL.canParse(location, url.href)) throw new Error(`HTTP ${response.status} without a Location`);
      const next = new URL(location, url.href);
      if (next.origin !== this.#url.origin) throw new Error(`a redirect to another host is not followed: ${next.origin}`);
      if (redirects === MAX_REDIRECTS) throw new Error(`more than ${MAX_REDIRECTS} redirects`);
      url = next;
    }
  }
}
