import { createHmac } from 'node:crypto';
import { boundedRequest, type Response, textOf } from './bounded-request.js';
import { PollLoop, type PollLoopOptions } from './poll-loop.js';
import type { RuleListener, RuleSource, SourceTimers } from './rule-source.js';

/** The server holds a notification request for 60 s. */
const HELD_LIMIT_MS = 90_000;
const LIMIT_MS = 10_000;
/** After an answer that came at once and brought nothing new, so that a confused server is not asked without pause. */
const PAUSE_MS = 1_000;
/** "Nothing was seen yet": such a request is answered at once. */
const NO_NOTIFICATION = -1;

export interface ApolloNamespace {
  /** http: or https:, host and port of a config service. */
  readonly server: URL;
  readonly appId: string;
  readonly cluster: string;
  readonly namespace: string;
  /** Key of the namespace whose value is the rules text. */
  readonly key: string;
}

export interface ApolloOptions extends PollLoopOptions {
  /** The access key secret of the app, where Apollo asks for one. */
  readonly secret?: string | undefined;
  /** Wall clock in Unix milliseconds, for the signature. */
  readonly unixMs: () => number;
}

interface Notification {
  readonly notificationId: number;
  readonly messages: unknown;
}

/**
 * Rules from one key of an Apollo namespace: GET /notifications/v2 is held until the namespace is released anew, then
 * GET /configs/{appId}/{cluster}/{namespace} brings it; releaseKey spares a text that we have.
 */
export class ApolloSource implements RuleSource {
  readonly name: string;
  readonly #place: ApolloNamespace;
  readonly #options: ApolloOptions;
  readonly #timers: SourceTimers;
  readonly #loop: PollLoop;
  #notificationId = NO_NOTIFICATION;
  #releaseKey: string | undefined;
  #isLoaded = false;
  /** Why the namespace holds no rules, as of its last release. */
  #missing: string | undefined;

  constructor(name: string, place: ApolloNamespace, options: ApolloOptions) {
    this.name = name;
    this.#place = place;
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
    if (!this.#isLoaded || hasFailed) {
      await this.#load(listener, signal, undefined);
      this.#isLoaded = true;
      return 0;
    }
    const startMs = this.#timers.nowMs();
    const known = this.#notificationId;
    const notification = await this.#nextNotification(signal);
    if (notification === undefined) this.#tellUnchanged(listener);
    else {
      await this.#load(listener, signal, notification.messages);
      // Only now: a text that could not be fetched is announced again.
      this.#notificationId = notification.notificationId;
    }
    const isNew = this.#notificationId !== known;
    return isNew ? 0 : Math.max(0, PAUSE_MS - (this.#timers.nowMs() - startMs));
  }

  /** Undefined when nothing was released while the request was held. */
  async #nextNotification(signal: AbortSignal): Promise<Notification | undefined> {
    const { appId, cluster, namespace } = this.#place;
    const notifications = JSON.stringify([{ namespaceName: namespace, notificationId: this.#notificationId }]);
    const { status, body } = await this.#ask('/notifications/v2', { appId, cluster, notifications }, signal, HELD_LIMIT_MS);
    if (status === 304) return undefined;
    if (status !== 200) throw new Error(`the notifications of Apollo answered HTTP ${status}`);
    const list = parseJson(body);
    const first: unknown = Array.isArray(list) ? list[0] : undefined;
    const { notificationId, messages } = (first ?? {}) as Record<string, unknown>;
    if (typeof notificationId !== 'number') throw new Error('the notifications of Apollo are not as /notifications/v2 has them');
    return { notificationId, messages };
  }

  async #load(listener: RuleListener, signal: AbortSignal, messages: unknown): Promise<void> {
    const { appId, cluster, namespace, key } = this.#place;
    const path = `/configs/${[appId, cluster, namespace].map(encodeURIComponent).join('/')}`;
    const query = {
      ...(this.#releaseKey === undefined ? {} : { releaseKey: this.#releaseKey }),
      // Which release is meant, for a config service whose cache is behind.
      ...(messages === undefined || messages === null ? {} : { messages: JSON.stringify(messages) }),
    };
    const { status, body } = await this.#ask(path, query, signal, LIMIT_MS);
    if (status === 304) return this.#tellUnchanged(listener);
    if (status === 404) {
      this.#releaseKey = undefined;
      this.#missing = `Apollo has no released namespace ${namespace} of ${appId} in the cluster ${cluster}`;
      return listener.onTrouble(this.#missing);
    }
    if (status !== 200) throw new Error(`Apollo answered HTTP ${status}`);
    const { configurations, releaseKey } = (parseJson(body) ?? {}) as Record<string, unknown>;
    if (typeof configurations !== 'object' || configurations === null) throw new Error('Apollo answered without configurations');
    this.#releaseKey = typeof releaseKey === 'string' ? releaseKey : undefined;
    const text: unknown = Object.hasOwn(configurations, key) ? (configurations as Record<string, unknown>)[key] : undefined;
    this.#missing = typeof text === 'string' ? undefined : `the namespace ${namespace} has no key ${key}`;
    if (typeof text === 'string') listener.onText(text);
    else listener.onTrouble(this.#missing!);
  }

  #tellUnchanged(listener: RuleListener): void {
    if (this.#missing === undefined) listener.onUnchanged();
    else listener.onTrouble(this.#missing);
  }

  #ask(path: string, query: Record<string, string>, signal: AbortSignal, limitMs: number): Promise<Response> {
    const url = new URL(path, this.#place.server);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return boundedRequest(url, { headers: this.#signature(url), limitMs }, this.#timers, signal);
  }

  /** Apollo's access key: HMAC-SHA-1 over the time and the path with its query. */
  #signature(url: URL): Record<string, string> {
    const { secret, unixMs } = this.#options;
    if (secret === undefined) return {};
    const timestamp = String(unixMs());
    const signature = createHmac('sha1', secret).update(`${timestamp}\n${url.pathname}${url.search}`).digest('base64');
    return { authorization: `Apollo ${this.#place.appId}:${signature}`, timestamp };
  }
}

function parseJson(body: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(body));
  } catch {
    throw new Error('Apollo answered something else than JSON');
  }
}
