import WebSocket from 'ws';
import { GwrkError } from '../core/errors.js';
import { findInspector, type InspectorPlace, openInspector } from './inspector-attach.js';
import { untilClosed } from './inspector-discovery.js';

export interface AttachOptions {
  /** An inspector on another host may be spoken to: only what the user typed. */
  readonly isRemoteAllowed?: boolean;
  /** How long an answer may take, ms; a program that never returns to its event loop gives none. */
  readonly timeoutMs?: number;
}

/** Parameters of an event, as the protocol has them. */
export type EventHandler = (params: Record<string, unknown>) => void;

interface Waiting {
  readonly resolve: (result: Record<string, unknown>) => void;
  readonly reject: (error: GwrkError) => void;
  readonly timer: NodeJS.Timeout;
}

/** Sessions of ours by the URL of their inspector: a flame graph and the target's figures may be taken at the same time. */
const sessions = new Map<string, { count: number; isOurs: boolean }>();

const CONNECT_TIMEOUT_MS = 5000;
const ANSWER_TIMEOUT_MS = 10_000;
const CLOSE_TIMEOUT_MS = 2000;
/** A CPU profile of minutes is tens of megabytes. */
const MOST_BYTES = 256 << 20;

/** Ends the inspector from inside, once the answer to this has gone out. */
const CLOSE_FROM_INSIDE = `setTimeout(() => {
  const load = process.getBuiltinModule ?? ((name) => require(name));
  load('node:inspector').close();
}, 20)`;

/**
 * A session with the inspector of a Node process, in the Chrome DevTools Protocol. Every call can throw a GwrkError:
 * GWRK_INSPECTOR_LOST when the process ends, closes its inspector or does not answer in time.
 */
export class Inspector {
  /** The port was opened by gwrk and is closed when its last session ends. */
  readonly isOurs: boolean;
  readonly url: string;
  readonly #socket: WebSocket;
  readonly #timeoutMs: number;
  readonly #waiting = new Map<number, Waiting>();
  readonly #handlers = new Map<string, EventHandler[]>();
  readonly #ended: Promise<void>;
  #lastId = 0;
  #fault: string | undefined;

  private constructor(socket: WebSocket, place: InspectorPlace, timeoutMs: number) {
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    this.url = place.webSocketUrl;
    const known = sessions.get(this.url) ?? { count: 0, isOurs: false };
    sessions.set(this.url, { count: known.count + 1, isOurs: known.isOurs || place.isOurs });
    this.isOurs = known.isOurs || place.isOurs;
    this.#ended = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('message', (data) => this.#receive(String(data)));
    socket.on('error', (error) => this.#end(error.message));
    socket.on('close', () => this.#end('the process ended, or closed its inspector'));
  }

  /** Attaches to a running Node process; what it was started with does not matter. Its inspector is opened if it is not. */
  static async attachPid(pid: number, options: AttachOptions = {}): Promise<Inspector> {
    return Inspector.#connect(await openInspector(pid), options);
  }

  /** Attaches to ws://127.0.0.1:9229/<id> or http://127.0.0.1:9229; other hosts than this one only when that is allowed. */
  static async attachUrl(url: string, options: AttachOptions = {}): Promise<Inspector> {
    return Inspector.#connect(await findInspector(url, options.isRemoteAllowed), options);
  }

  static async #connect(place: InspectorPlace, { timeoutMs = ANSWER_TIMEOUT_MS }: AttachOptions): Promise<Inspector> {
    const socket = new WebSocket(place.webSocketUrl, {
      perMessageDeflate: false,
      handshakeTimeout: CONNECT_TIMEOUT_MS,
      maxPayload: MOST_BYTES,
      followRedirects: false,
    });
    const inspector = new Inspector(socket, place, timeoutMs);
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', (cause) =>
        reject(new GwrkError('GWRK_INSPECTOR_NO_PORT', `no inspector answers at ${place.webSocketUrl}`, { cause })),
      );
    });
    return inspector;
  }

  /** Calls a method of the protocol ("Profiler.start") and returns its result. */
  send(method: string, params: Record<string, unknown> = {}): Promise<Record<string, unknown>> {
    if (this.#fault !== undefined) return Promise.reject(lost(method, this.#fault));
    const id = ++this.#lastId;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(id);
        reject(lost(method, `no answer within ${this.#timeoutMs / 1000} s`));
      }, this.#timeoutMs);
      this.#waiting.set(id, { resolve, reject, timer });
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
  }

  /** Calls `handler` for each event of this name ("HeapProfiler.addHeapSnapshotChunk") from now on. */
  on(event: string, handler: EventHandler): void {
    this.#handlers.set(event, [...(this.#handlers.get(event) ?? []), handler]);
  }

  /** The value of an expression in the process, as JSON would carry it; a promise is awaited. `require` is there. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.send('Runtime.evaluate', {
      expression,
      returnByValue: true,
      awaitPromise: true,
      includeCommandLineAPI: true,
    });
    if (exceptionDetails !== undefined) throw new GwrkError('GWRK_INSPECTOR_LOST', `the process threw: ${thrownText(exceptionDetails)}`);
    return (result as { value?: unknown } | undefined)?.value;
  }

  /** Ends the session; a port that it opened is closed again, so that the process is as it was. Never throws. */
  async close(): Promise<void> {
    const closesPort = this.#fault === undefined && this.#isLastOfOurs();
    if (closesPort) await this.evaluate(CLOSE_FROM_INSIDE).catch(() => undefined);
    this.#socket.close();
    const timer = setTimeout(() => this.#socket.terminate(), CLOSE_TIMEOUT_MS);
    await this.#ended;
    clearTimeout(timer);
    if (closesPort) await untilClosed(this.url);
  }

  /** Whether nobody of us needs the port any more that one of us opened. */
  #isLastOfOurs(): boolean {
    const known = sessions.get(this.url);
    return known !== undefined && known.count <= 1 && known.isOurs;
  }

  #receive(text: string): void {
    const message = parsed(text);
    if (typeof message.id !== 'number') {
      const params = (message.params ?? {}) as Record<string, unknown>;
      for (const handler of this.#handlers.get(String(message.method)) ?? []) handler(params);
      return;
    }
    const waiting = this.#waiting.get(message.id);
    if (!waiting) return;
    this.#waiting.delete(message.id);
    clearTimeout(waiting.timer);
    const error = message.error as { message?: unknown } | undefined;
    if (error) waiting.reject(new GwrkError('GWRK_INSPECTOR_LOST', `the inspector refused: ${String(error.message)}`));
    else waiting.resolve((message.result ?? {}) as Record<string, unknown>);
  }

  #end(reason: string): void {
    if (this.#fault !== undefined) return;
    this.#fault = reason;
    const known = sessions.get(this.url);
    if (known && known.count > 1) known.count--;
    else sessions.delete(this.url);
    for (const { reject, timer } of this.#waiting.values()) {
      clearTimeout(timer);
      reject(lost('the session', reason));
    }
    this.#waiting.clear();
  }
}

function lost(what: string, reason: string): GwrkError {
  return new GwrkError('GWRK_INSPECTOR_LOST', `${what}: ${reason}`);
}

function parsed(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}

function thrownText(details: unknown): string {
  const { exception, text } = details as { exception?: { description?: unknown }; text?: unknown };
  return String(exception?.description ?? text).split('\n', 1)[0]!;
}
