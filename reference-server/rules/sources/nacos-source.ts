import { createHash } from 'node:crypto';
import { boundedRequest, type RequestPlan, type Response, textOf } from './bounded-request.js';
import { PollLoop, type PollLoopOptions } from './poll-loop.js';
import type { RuleListener, RuleSource, SourceTimers } from './rule-source.js';

/** What the server is asked to hold a question; it answers half a second earlier. */
const HOLD_MS = 30_000;
const HELD_LIMIT_MS = 40_000;
const LIMIT_MS = 10_000;
/** After an answer that came at once and brought nothing new, so that a confused server is not asked without pause. */
const PAUSE_MS = 1_000;
/** Separators of the listening protocol. */
const WORD = '\x02';
const LINE = '\x01';

export interface NacosConfigId {
  /** http: or https:, host and port. */
  readonly server: URL;
  readonly dataId: string;
  readonly group: string;
  /** Id of the namespace; empty for the public one. */
  readonly tenant: string;
}

export interface NacosOptions extends PollLoopOptions {
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

/**
 * Rules from a configuration of Nacos 1 or 2, by its open HTTP API: POST /nacos/v1/cs/configs/listener is held until the MD5
 * that we have is not the server's, then GET /nacos/v1/cs/configs brings the text.
 */
export class NacosSource implements RuleSource {
  readonly name: string;
  readonly #id: NacosConfigId;
  readonly #options: NacosOptions;
  readonly #timers: SourceTimers;
  readonly #loop: PollLoop;
  /** Of the text we have, empty for none; undefined until the server was asked. */
  #md5: string | undefined;
  #accessToken: string | undefined;
  #tokenUntilMs = 0;

  constructor(name: string, id: NacosConfigId, options: NacosOptions) {
    this.name = name;
    this.#id = id;
    this.#options = options;
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
    const known = this.#md5;
    if (known === undefined || hasFailed || (await this.#hasChanged(known, signal))) await this.#load(listener, signal);
    else if (known === '') listener.onTrouble(this.#missing());
    else listener.onUnchanged();
    const isNews = this.#md5 !== known || hasFailed;
    return isNews ? 0 : Math.max(0, PAUSE_MS - (this.#timers.nowMs() - startMs));
  }

  async #hasChanged(md5: string, signal: AbortSignal): Promise<boolean> {
    const { dataId, group, tenant } = this.#id;
    const line = [dataId, group, md5, ...(tenant === '' ? [] : [tenant])].join(WORD) + LINE;
    const { status, body } = await this.#ask('/nacos/v1/cs/configs/listener', {}, signal, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'long-pulling-timeout': String(HOLD_MS) },
      body: `Listening-Configs=${encodeURIComponent(line)}`,
      limitMs: HELD_LIMIT_MS,
    });
    if (status !== 200) throw new Error(`the listener of Nacos answered HTTP ${status}`);
    const text = textOf(body).trim();
    if (text === '') return false;
    if (decode(text).startsWith(`${dataId}${WORD}${group}`)) return true;
    throw new Error('the listener of Nacos answered something else than the configuration that was asked for');
  }

  async #load(listener: RuleListener, signal: AbortSignal): Promise<void> {
    const { dataId, group, tenant } = this.#id;
    const query = { dataId, group, ...(tenant === '' ? {} : { tenant }) };
    const { status, headers, body } = await this.#ask('/nacos/v1/cs/configs', query, signal, { limitMs: LIMIT_MS });
    if (status === 404) {
      // To listen with an empty MD5 is to wait until it is there again.
      this.#md5 = '';
      return listener.onTrouble(this.#missing());
    }
    if (status !== 200) throw new Error(`Nacos answered HTTP ${status}`);
    const text = textOf(body);
    // The server may have hashed other bytes than it sends (another charset): what it says is what it will compare with.
    const told = headers['content-md5'];
    this.#md5 = typeof told === 'string' && /^[0-9a-f]{32}$/.test(told) ? told : createHash('md5').update(body).digest('hex');
    listener.onText(text);
  }

  #missing(): string {
    const { dataId, group, tenant } = this.#id;
    return `Nacos has no configuration ${dataId} in the group ${group}${tenant === '' ? '' : ` of ${tenant}`}`;
  }

  /** A request with the access token where credentials are given; one that is refused logs in anew, once. */
  async #ask(path: string, query: Record<string, string>, signal: AbortSignal, plan: RequestPlan): Promise<Response> {
    if (this.#options.username === undefined) return this.#send(path, query, signal, plan);
    const isFresh = this.#accessToken === undefined || this.#timers.nowMs() >= this.#tokenUntilMs;
    if (isFresh) await this.#login(signal);
    const response = await this.#send(path, { ...query, accessToken: this.#accessToken! }, signal, plan);
    if (isFresh || (response.status !== 401 && response.status !== 403)) return response;
    await this.#login(signal);
    return this.#send(path, { ...query, accessToken: this.#accessToken! }, signal, plan);
  }

  async #login(signal: AbortSignal): Promise<void> {
    this.#accessToken = undefined;
    const { username = '', password = '' } = this.#options;
    const { status, body } = await this.#send('/nacos/v1/auth/login', {}, signal, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ username, password }).toString(),
      limitMs: LIMIT_MS,
    });
    if (status !== 200) throw new Error(`Nacos refused the login: HTTP ${status}`);
    const { accessToken, tokenTtl } = parseObject(textOf(body));
    if (typeof accessToken !== 'string') throw new Error('Nacos answered the login without an accessToken');
    this.#accessToken = accessToken;
    const ttlS = typeof tokenTtl === 'number' && tokenTtl > 0 ? tokenTtl : 60;
    // A tenth early, so that it does not run out while a question is held.
    this.#tokenUntilMs = this.#timers.nowMs() + ttlS * 900;
  }

  #send(path: string, query: Record<string, string>, signal: AbortSignal, plan: RequestPlan): Promise<Response> {
    const url = new URL(path, this.#id.server);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return boundedRequest(url, plan, this.#timers, signal);
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // told below
  }
  throw new Error('Nacos answered the login with something else than JSON');
}
