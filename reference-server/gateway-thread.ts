import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { systemClock } from '../src/core/clock.js';
import { deriveMasterKeys } from '../src/protocol/keys.js';
import { SessionTrail } from './audit/session-trail.js';
import { Authenticator } from './auth/authenticator.js';
import { SessionTable } from './auth/session-table.js';
import { Counters } from './counters.js';
import { EchoHandler } from './echo-handler.js';
import type { Gateway, GatewayHandler, GatewayOptions } from './gateway/gateway.js';
import { createWsGateway } from './gateway/ws-gateway.js';
import {
  CONTROL_MAIL,
  CONTROL_STATE,
  type FromGatewayThread,
  type GatewayThreadStart,
  STATE_DRAIN,
  STATE_STOP_NOW,
  type ToGatewayThread,
} from './gateway-messages.js';
import { GcWatch } from './gateway-thread-gc.js';
import type { ThreadHandler } from './gateway-thread-handler.js';
import { Sleeper } from './rooms/wake.js';
import { OpGuards } from './rules/op-guards.js';
import { breakerEvent } from './rules/rule-book.js';
import { SessionMachine } from './session.js';
import { type AuditSink, clockStep } from './session-audit.js';
import { SessionClock } from './session-clock.js';
import { SigningMemory } from './session-signing.js';
import { LONG_TURN_US, type TurnTimes } from './telemetry/turn-times.js';
import { SessionTakeovers } from './threads/session-takeovers.js';

const UPGRADE_TIMEOUT_MS = 3_000;
const MAX_MESSAGE_BYTES = 4_104;
/** An echo server exists for conformance tests and baselines, whose messages are larger than a game's. */
const MAX_ECHO_MESSAGE_BYTES = 16 * 1_048_576;
const MAX_ECHO_FRAGMENTS = 1_048_576;
/** The control words are looked at at least this often. */
const LOOK_EVERY_US = 50_000;
const DRAIN_LIMIT_US = 30_000_000;

/** Stands between the gateway and the handler and does, at each turn of the loop, what the main thread asks for. */
class GatewayThread implements GatewayHandler {
  readonly #control: Int32Array;
  readonly #gateway: Gateway;
  readonly #handler: ThreadHandler;
  readonly #gcWatch: GcWatch;
  readonly #turns: TurnTimes;
  readonly #guards: OpGuards;
  /** Logic workers wake this thread over it. */
  readonly #sleeper: Sleeper | undefined;
  #drainUntilUs = 0;
  #stopping = false;

  constructor(start: GatewayThreadStart, gateway: Gateway, handler: ThreadHandler, counters: Counters, guards: OpGuards) {
    this.#control = new Int32Array(start.control);
    this.#gateway = gateway;
    this.#handler = handler;
    this.#gcWatch = new GcWatch(counters);
    this.#turns = counters.turns;
    const logic = start.logic?.[start.index];
    this.#sleeper = logic === undefined ? undefined : new Sleeper(logic.wake);
    this.#guards = guards;
  }

  async run(): Promise<void> {
    const port = await this.#gateway.listen(this);
    const wakeDescriptor = this.#gateway.wakeDescriptor();
    if (wakeDescriptor < 0) this.#listenForMail();
    post({ type: 'listening', port, wakeDescriptor });
    await this.#gateway.run();
    this.#gcWatch.read();
    if (this.#drainUntilUs > 0) post({ type: 'drained' });
  }

  onOpen(slot: number, nowUs: number): void {
    this.#turns.event(nowUs);
    this.#handler.onOpen(slot, nowUs);
  }

  onBinary(slot: number, bytes: Uint8Array, start: number, end: number, nowUs: number): void {
    this.#turns.event(nowUs);
    this.#handler.onBinary(slot, bytes, start, end, nowUs);
  }

  onText(slot: number, bytes: Uint8Array, start: number, end: number, nowUs: number): void {
    this.#turns.event(nowUs);
    this.#handler.onText(slot, bytes, start, end, nowUs);
  }

  onClose(slot: number, code: number, nowUs: number): void {
    this.#turns.event(nowUs);
    this.#handler.onClose(slot, code, nowUs);
  }

  onTick(nowUs: number): number {
    this.#obey(nowUs);
    if (this.#stopping) return nowUs + LOOK_EVERY_US;
    this.#gcWatch.tick(nowUs);
    const resources = this.#guards.report(nowUs);
    if (resources !== undefined) post({ type: 'guards', resources });
    const deadlineUs = Math.min(this.#handler.onTick(nowUs), nowUs + LOOK_EVERY_US);
    this.#endTurn(nowUs);
    return deadlineUs;
  }

  #endTurn(tickUs: number): void {
    const endUs = systemClock.nowUs();
    const turnUs = this.#turns.end(tickUs, endUs);
    if (turnUs < LONG_TURN_US) return;
    // Each turn with so long a collection is a long one and has read what was before it: what is read now is this turn's.
    const pauseUs = this.#gcWatch.read(LONG_TURN_US);
    post({ type: 'turn', startUs: endUs - turnUs, endUs, pauseUs });
  }

  #obey(nowUs: number): void {
    if (this.#stopping) return;
    if (Atomics.load(this.#control, CONTROL_MAIL) !== 0) this.#readMail(nowUs);
    const state = Atomics.load(this.#control, CONTROL_STATE);
    if (state === STATE_STOP_NOW) {
      this.#stop();
    } else if (state === STATE_DRAIN) {
      if (this.#drainUntilUs === 0) {
        this.#drainUntilUs = nowUs + DRAIN_LIMIT_US;
        this.#gateway.stopAccepting();
        this.#handler.drain(nowUs);
      }
      if (this.#gateway.openCount === 0 || nowUs >= this.#drainUntilUs) this.#stop();
    }
  }

  #readMail(nowUs: number): void {
    // Taken back before the messages are read: one that comes meanwhile raises the flag again.
    Atomics.store(this.#control, CONTROL_MAIL, 0);
    for (let mail = receiveMessageOnPort(parentPort!); mail !== undefined; mail = receiveMessageOnPort(parentPort!)) {
      this.#receive(mail.message as ToGatewayThread, nowUs);
    }
  }

  /** An event loop hears of mail by itself. Not a reason to go on living. */
  #listenForMail(): void {
    parentPort!.on('message', (message: ToGatewayThread) => {
      if (this.#stopping) return;
      this.#receive(message, systemClock.nowUs());
      this.#gateway.requestTick();
    });
    parentPort!.unref();
  }

  #receive(message: ToGatewayThread, nowUs: number): void {
    this.#handler.receive(message, nowUs);
    if (message.type !== 'rules') return;
    this.#guards.apply(message.rules);
    post({ type: 'rules', version: message.version });
  }

  #stop(): void {
    this.#stopping = true;
    this.#sleeper?.end();
    this.#gateway.stop();
  }
}

function post(message: FromGatewayThread): void {
  parentPort!.postMessage(message);
}

async function createGateway(start: GatewayThreadStart): Promise<Gateway> {
  const options: GatewayOptions = {
    host: start.host,
    port: start.port,
    path: start.path,
    capacity: start.capacity,
    maxMessageBytes: start.echo ? MAX_ECHO_MESSAGE_BYTES : MAX_MESSAGE_BYTES,
    upgradeTimeoutMs: UPGRADE_TIMEOUT_MS,
    ...(start.echo ? { maxFragments: MAX_ECHO_FRAGMENTS } : {}),
    ...(start.allowedOrigins === undefined ? {} : { allowedOrigins: start.allowedOrigins }),
    ...(start.tls === undefined ? {} : { tls: start.tls }),
  };
  if (start.kind === 'ws') return createWsGateway(options);
  // Only here, so that a machine without io_uring never loads what it cannot use.
  const { createUringGateway } = await import('./gateway/uring-gateway.js');
  return createUringGateway(options);
}

/** Threads do not speak to one another but over the main thread, which wakes them where they sleep. */
function tellReplaced(thread: number, sid: Uint8Array, claim: number): void {
  post({ type: 'tell', thread, message: { type: 'replaced', sid, claim } });
}

/** The rare events, as the metrics count them and as the log has them. */
function auditSink(trail: SessionTrail | undefined): AuditSink {
  return (event) => {
    post({ type: 'audit', ...event });
    trail?.note(event, systemClock.nowUs());
  };
}

interface SessionParts {
  readonly counters: Counters;
  readonly guards: OpGuards;
  readonly audit: AuditSink;
  readonly trail: SessionTrail | undefined;
}

function createSessions(start: GatewayThreadStart, gateway: Gateway, { counters, guards, audit, trail }: SessionParts): ThreadHandler {
  const keys = deriveMasterKeys(Buffer.from(start.masterKeyHex, 'hex'));
  const table = new SessionTable(start.sessionTable);
  const logic = start.logic?.[start.index];
  const clock = new SessionClock(systemClock, (stepMs) => audit(clockStep(stepMs)));
  return new SessionMachine({
    gateway,
    authenticator: new Authenticator({ keys, kid: start.kid, table, clock }),
    clock,
    counters,
    audit,
    trail,
    askRefresh: post,
    ...(start.isStoreShared ? { askStore: post } : {}),
    heartbeatMs: start.heartbeatMs,
    rooms: start.rooms,
    roomTickMs: start.roomTickMs,
    ...(start.roomLimits === undefined ? {} : { limits: start.roomLimits }),
    ...(logic === undefined ? {} : { logic }),
    // What all threads share is counted by one of them.
    guards,
    signing: new SigningMemory(start.signing, start.index === 0 ? counters : undefined),
    ...(start.count === 1 ? {} : { takeovers: new SessionTakeovers(start.takeovers, start.index, gateway.capacity, tellReplaced) }),
  });
}

async function main(): Promise<void> {
  const start = workerData as GatewayThreadStart;
  const gateway = await createGateway(start);
  const counters = new Counters(start.counters);
  const trail = start.auditRing === undefined ? undefined : new SessionTrail(start.auditRing);
  const audit = auditSink(trail);
  const guards = new OpGuards((rule, from, to) => audit(breakerEvent(rule, from, to)));
  const handler = start.echo ? new EchoHandler(gateway) : createSessions(start, gateway, { counters, guards, audit, trail });
  await new GatewayThread(start, gateway, handler, counters, guards).run();
}

main().catch((error: Error) => post({ type: 'failed', message: error.message, stack: error.stack ?? '' }));
