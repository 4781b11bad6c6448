import type { Redis, RedisOptions } from 'ioredis';
import type { LuaScript } from './lua/script.js';
import type { RedisAddress } from './redis-url.js';

/** A command that has no answer by then has failed, whatever becomes of it. */
const COMMAND_TIMEOUT_MS = 250;
const CONNECT_TIMEOUT_MS = 500;
const RETRY_MS = 250;
/** While Redis is silent it is asked this often whether it is back. */
const PROBE_EVERY_MS = 250;
/** A connection that is silent for so many probes is given up for a new one: the peer may be gone without a word. */
const PROBES_BEFORE_RECONNECT = 12;
/** Calls that go out together. Their time begins when they are sent, so they must be done within COMMAND_TIMEOUT_MS. */
const CALLS_TOGETHER = 256;
/** How long the first connection may take. */
const START_LIMIT_MS = 3_000;

export interface ScriptCall {
  readonly keys: readonly string[];
  readonly args: readonly (string | number)[];
}

interface QueuedCall extends ScriptCall {
  readonly script: LuaScript;
}

interface WaitingCall extends QueuedCall {
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** What the session store needs of Redis, and nothing more: the seam at which the client library can be changed. */
export interface RedisLink {
  /** False from the first command without an answer, or the end of the connection, until Redis answers again. */
  readonly isUp: boolean;
  /** Changes whenever another Redis process answers: what was stored before may be lost. */
  readonly runId: string;
  /** Runs a script once. Rejects at once while Redis is down, else within 250 ms. */
  run(script: LuaScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown>;
  /** Runs a script for each call in order, many at a time. A result is an Error where the call failed. */
  runMany(script: LuaScript, calls: readonly ScriptCall[]): Promise<unknown[]>;
  close(): void;
}

export interface RedisLinkListeners {
  /** Messages of the channel. While the connection is new or away some are missed: onSubscribed tells when it hears again. */
  readonly onMessage: (text: string) => void;
  readonly onSubscribed: () => void;
  readonly onDown: (why: string) => void;
  readonly onUp: () => void;
}

/** Redis has no answer. */
export class RedisDown extends Error {
  override readonly name = 'RedisDown';
}

/** Trying again will not help. */
const REFUSED = /^(WRONGPASS|NOAUTH|NOPERM|ERR)\b/;

const isReply = (error: unknown): error is Error => error instanceof Error && error.name === 'ReplyError';
const isUnknownScript = (error: unknown): boolean => isReply(error) && error.message.startsWith('NOSCRIPT');
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/**
 * Connects over ioredis, with one connection for commands and one for `channel`; resolves when both work. Rejects with the
 * reason, after 3 s at the latest; the reason never holds the password.
 */
export async function connectRedis(
  address: RedisAddress,
  channel: string,
  listeners: RedisLinkListeners,
  timeoutMs = COMMAND_TIMEOUT_MS,
): Promise<RedisLink> {
  const { Redis: Client } = await import('ioredis');
  const options = {
    host: address.host,
    port: address.port,
    db: address.database,
    ...(address.username === undefined ? {} : { username: address.username }),
    ...(address.password === undefined ? {} : { password: address.password }),
    ...(address.hasTls ? { tls: { servername: address.host } } : {}),
    keepAlive: 10_000,
    autoResubscribe: false,
    protocol: 2 as const,
    disableClientInfo: true,
    lazyConnect: true,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (attempt: number) => Math.min(RETRY_MS, attempt * 25),
    replyMapping: 'legacy',
  } as const satisfies RedisOptions;
  const forCommands = { ...options, connectionName: 'gwrk' };
  const forEvents = { ...options, connectionName: 'gwrk-events', enableOfflineQueue: true, maxRetriesPerRequest: null };
  const link = new IoredisLink(new Client(forCommands), new Client(forEvents), channel, listeners, timeoutMs);
  try {
    await link.start();
  } catch (error) {
    link.close();
    throw error;
  }
  return link;
}

class IoredisLink implements RedisLink {
  readonly #commands: Redis;
  readonly #events: Redis;
  readonly #channel: string;
  readonly #listeners: RedisLinkListeners;
  readonly #timeoutMs: number;
  #isUp = false;
  #isClosed = false;
  #runId = '';
  #lastError = '';
  #waiting: WaitingCall[] = [];
  #probe: NodeJS.Timeout | undefined;
  #silentProbes = 0;

  constructor(commands: Redis, events: Redis, channel: string, listeners: RedisLinkListeners, timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
    this.#commands = commands;
    this.#events = events;
    this.#channel = channel;
    this.#listeners = listeners;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  get runId(): string {
    return this.#runId;
  }

  async start(): Promise<void> {
    const [commands, events] = [this.#commands, this.#events];
    let refuse: (error: Error) => void = () => {};
    const refused = new Promise<never>((_resolve, reject) => {
      refuse = reject;
    });
    refused.catch(() => {});
    for (const client of [commands, events]) {
      client.on('error', (error) => {
        this.#lastError = messageOf(error);
        if (REFUSED.test(this.#lastError)) refuse(new RedisDown(this.#lastError));
      });
      client.connect().catch(() => {}); // tried again; 'ready' or the limit below tells
    }
    events.on('message', (_channel, text) => this.#listeners.onMessage(text));
    // Not autoResubscribe alone: the store must know from when on it hears again.
    events.on('ready', () => this.#subscribe());
    const limit = new Promise<never>((_resolve, reject) => {
      setTimeout(() => reject(new RedisDown(this.#lastError || 'no answer')), START_LIMIT_MS).unref();
    });
    await Promise.race([limit, refused, Promise.all([untilReady(commands), this.#untilSubscribed()])]);
    await this.#learnRunId();
    this.#isUp = true;
    commands.on('ready', () => this.#askAgain());
    commands.on('close', () => this.#goDown(this.#lastError || 'the connection ended'));
  }

  run(script: LuaScript, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    if (!this.#isUp) return Promise.reject(new RedisDown('Redis is down'));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ script, keys, args, resolve, reject });
      // What one turn of the loop asks goes out in one write: a write costs more than the rest of a command.
      if (this.#waiting.length === 1) setImmediate(() => this.#flush());
    });
  }

  async runMany(script: LuaScript, calls: readonly ScriptCall[]): Promise<unknown[]> {
    const results: unknown[] = new Array(calls.length);
    const queued = calls.map(({ keys, args }) => ({ script, keys, args }));
    for (let from = 0; from < calls.length; from += CALLS_TOGETHER) {
      const unknown = await this.#pipeline(queued, range(from, Math.min(calls.length, from + CALLS_TOGETHER)), results);
      if (unknown.length > 0) await this.#repeat(queued, unknown, results);
    }
    return results;
  }

  close(): void {
    this.#isClosed = true;
    this.#isUp = false;
    clearTimeout(this.#probe);
    this.#commands.disconnect();
    this.#events.disconnect();
  }

  #flush(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (let from = 0; from < waiting.length; from += CALLS_TOGETHER) this.#send(waiting.slice(from, from + CALLS_TOGETHER));
  }

  async #send(calls: readonly WaitingCall[]): Promise<void> {
    const results: unknown[] = [];
    const unknown = await this.#pipeline(calls, range(0, calls.length), results);
    if (unknown.length > 0) await this.#repeat(calls, unknown, results);
    for (const [i, { resolve, reject }] of calls.entries()) {
      if (results[i] instanceof Error) reject(results[i]);
      else resolve(results[i]);
    }
  }

  /** Loads the scripts of calls that Redis did not know (it forgets them when it starts again) and runs those calls once more. */
  async #repeat(calls: readonly QueuedCall[], unknown: readonly number[], results: unknown[]): Promise<void> {
    try {
      for (const source of new Set(unknown.map((index) => calls[index]!.script.source))) {
        await this.#bounded(this.#commands.script('LOAD', source));
      }
    } catch (error) {
      this.#noted(error);
    }
    await this.#pipeline(calls, unknown, results);
  }

  /** Runs the calls with these indices, stores their results and returns the indices of those for which Redis lacks the script. */
  async #pipeline(calls: readonly QueuedCall[], indices: readonly number[], results: unknown[]): Promise<number[]> {
    const unknown: number[] = [];
    if (!this.#isUp) {
      for (const index of indices) results[index] = new RedisDown('Redis is down');
      return unknown;
    }
    const pipeline = this.#commands.pipeline();
    for (const index of indices) {
      const { script, keys, args } = calls[index]!;
      pipeline.evalsha(script.sha, keys.length, ...keys, ...args);
    }
    let replies: [error: Error | null, reply: unknown][];
    try {
      replies = (await this.#bounded(pipeline.exec()))!;
    } catch (error) {
      replies = indices.map(() => [error as Error, undefined]);
    }
    for (const [i, index] of indices.entries()) {
      const [error, reply] = replies[i]!;
      results[index] = error === null ? reply : this.#noted(error);
      if (isUnknownScript(error)) unknown.push(index);
    }
    return unknown;
  }

  /**
   * The answer, or RedisDown when it takes too long. The client's own time-out would also fail answers that lie in the socket
   * unread because this thread was busy; so the socket is read once more before a command is given up.
   */
  #bounded<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const giveUp = (): void => reject(new RedisDown(`no answer within ${this.#timeoutMs} ms`));
      const timer = setTimeout(() => setImmediate(giveUp), this.#timeoutMs);
      answer.then(resolve, reject).finally(() => clearTimeout(timer));
    });
  }

  /** An error as the caller gets it. One that is no answer of Redis means that Redis is down. */
  #noted(error: unknown): Error {
    if (isReply(error)) return error;
    this.#goDown(messageOf(error));
    return new RedisDown(messageOf(error));
  }

  #goDown(why: string): void {
    if (!this.#isUp || this.#isClosed) return;
    this.#isUp = false;
    this.#silentProbes = 0;
    this.#listeners.onDown(why);
    this.#probe = setTimeout(() => this.#askAgain(), PROBE_EVERY_MS);
  }

  /** Asks a silent Redis whether it is back; a connection that ended comes here when it is ready again. */
  async #askAgain(): Promise<void> {
    clearTimeout(this.#probe);
    if (this.#isUp || this.#isClosed) return;
    try {
      await this.#learnRunId();
      if (this.#isUp || this.#isClosed) return;
      this.#isUp = true;
      this.#listeners.onUp();
    } catch {
      if (this.#isClosed) return;
      clearTimeout(this.#probe);
      this.#probe = setTimeout(() => this.#askAgain(), PROBE_EVERY_MS);
      this.#silentProbes += 1;
      if (this.#silentProbes % PROBES_BEFORE_RECONNECT !== 0 || this.#commands.status !== 'ready') return;
      this.#commands.disconnect(true);
      this.#events.disconnect(true);
    }
  }

  async #learnRunId(): Promise<void> {
    const info = await this.#bounded(this.#commands.info('server'));
    this.#runId = /^run_id:(\w+)/m.exec(info)?.[1] ?? '';
  }

  #subscribe(): Promise<void> {
    const subscribed = this.#events.subscribe(this.#channel).then(() => this.#listeners.onSubscribed());
    return subscribed.catch(() => {}); // the connection ended meanwhile: the next one subscribes again
  }

  async #untilSubscribed(): Promise<void> {
    await untilReady(this.#events);
    await this.#subscribe();
  }
}

function untilReady(client: Redis): Promise<void> {
  return client.status === 'ready' ? Promise.resolve() : new Promise((resolve) => client.once('ready', resolve));
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
