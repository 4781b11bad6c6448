import type { Clock } from '../src/core/clock.js';
import { GwrkError } from '../src/core/errors.js';
import { deriveMasterKeys } from '../src/protocol/keys.js';
import { probeUring } from '../src/uring/probe.js';
import { adminRoutes } from './admin-routes.js';
import { AuditDesk } from './audit/audit-desk.js';
import { MainTrail } from './audit/main-trail.js';
import { Issuer } from './auth/issuer.js';
import { Login } from './auth/login.js';
import { MemoryStore } from './auth/memory-store.js';
import { noProof, type Proof } from './auth/proof.js';
import type { RedisStore } from './auth/redis-store.js';
import { Renewal } from './auth/renewal.js';
import { readCredentials, scryptProof } from './auth/scrypt-proof.js';
import { SessionTable } from './auth/session-table.js';
import { answerQuestion, connectSharedStore } from './auth/shared-store.js';
import type { AuthStore, StoreLimits } from './auth/store.js';
import { deriveTicketKey, ticketProof } from './auth/ticket-proof.js';
import { Counters } from './counters.js';
import { type HttpListener, listenHttp } from './http-listener.js';
import { httpRoutes } from './http-routes.js';
import { Lifecycle } from './lifecycle.js';
import { Metrics } from './metrics.js';
import type { ServeOptions } from './options.js';
import { requireFreePort } from './port-check.js';
import { RoomsDesk } from './rooms/rooms-desk.js';
import { GuardMetrics } from './rules/guard-metrics.js';
import { guardedRefresh } from './rules/guarded-refresh.js';
import { guardedRoutes } from './rules/guarded-route.js';
import { GuardedStore } from './rules/guarded-store.js';
import { breakerEvent, RuleBook } from './rules/rule-book.js';
import { systemTimers } from './rules/sources/rule-source.js';
import { RulesDesk } from './rules/sources/rules-desk.js';
import { rulesEventLine } from './rules/sources/rules-event-line.js';
import { SessionClock } from './session-clock.js';
import { SigningMemory } from './session-signing.js';
import { BreakerIntervals } from './telemetry/breaker-intervals.js';
import { CauseLog } from './telemetry/cause-log.js';
import { retransmitCause } from './telemetry/causes-route.js';
import { longTurnCause } from './telemetry/long-turn.js';
import { startOtlpExport } from './telemetry/otlp-export.js';
import { QueueWatch } from './telemetry/queue-watch.js';
import { TimedStore } from './telemetry/timed-store.js';
import { ThreadPool } from './thread-pool.js';
import { SessionTakeovers } from './threads/session-takeovers.js';
import { readTlsFiles } from './tls-files.js';

/** There is one master key; a second one while keys are rotated would be number 2. */
const KID = 1;
const ADMIN_HOST = '127.0.0.1';
const SWEEP_MS = 1_000;

export interface Server {
  readonly wsPort: number;
  readonly httpPort: number;
  readonly adminPort: number;
  readonly gateway: 'ws' | 'uring';
  readonly lifecycle: Lifecycle;
  /** Rejects when a gateway thread dies; never resolves. */
  readonly failure: Promise<never>;
  /** Takes leave of the clients within `limitMs`, then closes everything. Later calls wait for the first. */
  drain(limitMs: number): Promise<void>;
  /** Closes everything at once. */
  stop(): Promise<void>;
}

/** Which gateway to run. Throws when the one asked for does not work here. */
export function chooseGateway(options: Pick<ServeOptions, 'gateway' | 'threads' | 'tls'>): 'ws' | 'uring' {
  if (options.tls !== undefined && options.gateway === 'uring') {
    throw new GwrkError('GWRK_TRANSPORT_UNAVAILABLE', 'the uring gateway does not speak TLS', {
      where: '--gateway',
      given: 'uring',
      allowed: 'auto or ws with --tls-cert',
      hint: 'use --gateway auto, or put a TLS proxy in front',
    });
  }
  if (options.gateway !== 'ws' && options.tls === undefined) {
    const { available, reason } = probeUring();
    if (available) return 'uring';
    if (options.gateway === 'uring') {
      throw new GwrkError('GWRK_TRANSPORT_UNAVAILABLE', `the uring gateway does not work here: ${reason}`, {
        where: '--gateway',
        given: 'uring',
        allowed: 'auto, ws',
        hint: 'use --gateway auto',
      });
    }
  }
  if (options.threads === 1) return 'ws';
  throw new GwrkError('GWRK_USAGE', 'the ws gateway runs on one thread', {
    where: '--threads',
    given: String(options.threads),
    allowed: options.tls === undefined ? '1' : '1 with --tls-cert, which the ws gateway alone can speak',
  });
}

/**
 * The kernel spreads connections by a hash, so one thread gets a few more than its share: six standard deviations of that are
 * room enough, and then the server as a whole may hold as many more.
 */
function connectionsPerThread(connections: number, threads: number): number {
  const share = connections / threads;
  return Math.ceil(threads === 1 ? share : share + 6 * Math.sqrt(share));
}

function makeProof(options: ServeOptions, clock: Clock): Proof {
  switch (options.proof) {
    case 'none':
      return noProof;
    case 'ticket':
      return ticketProof(deriveTicketKey(options.masterKey.reveal()), clock);
    case 'scrypt':
      return scryptProof(readCredentials(options.credentialsPath!));
  }
}

/** One line of JSON on stderr. */
function tellOperator(message: string): void {
  process.stderr.write(`${JSON.stringify({ event: 'telemetry', message })}\n`);
}

/** Starts everything and resolves when all ports listen. */
export async function startServer(options: ServeOptions, machineClock: Clock): Promise<Server> {
  // Tokens are issued and sessions end by a clock that does not step (S18); the gateway threads keep and audit their own.
  const clock = new SessionClock(machineClock, () => {});
  const gateway = chooseGateway(options);
  const tls = options.tls === undefined ? undefined : readTlsFiles(options.tls);
  const proof = makeProof(options, clock);
  const keys = deriveMasterKeys(options.masterKey.reveal());
  const table = SessionTable.create(options.echo ? 1 : options.maxSessions);
  const limits: StoreLimits = {
    maxSessionsPerUser: options.sessionsPerUser,
    maxDevicesPerUser: options.devicesPerUser,
    devicePolicy: options.devicePolicy,
  };
  const counters = Array.from({ length: options.threads }, () => Counters.create());
  const metrics = new Metrics({ counters, sessionCount: () => table.size });
  const causes = new CauseLog(clock);
  const breakers = new BreakerIntervals(causes);
  const otlp = await startOtlpExport({ registry: metrics.registry, env: process.env, onWord: tellOperator });
  const audit = await AuditDesk.start({
    file: options.audit,
    kernelEvents: options.kernelEvents,
    gatewayThreads: options.threads,
    clock,
    registry: metrics.registry,
    onRetransmit: (monoNs, local, remote) => causes.add(retransmitCause(monoNs, local, remote)),
    onWord: (line) => process.stderr.write(`${line}\n`),
  });
  const told = new MainTrail(audit, metrics);
  const book = new RuleBook((rule, from, to) => {
    const change = breakerEvent(rule, from, to);
    told.breaker(change);
    breakers.hear(change);
  });
  const guards = new GuardMetrics(metrics.registry, () => book.report(Math.floor(clock.nowUs() / 1_000)));
  const sharedStore =
    options.redis &&
    (await connectSharedStore({ address: options.redis, table, clock, limits, onEvent: (event, why) => told.store(event, why) }).catch(
      async (error: unknown) => {
        await audit.end();
        throw error;
      },
    ));
  const plainStore: AuthStore = sharedStore ?? new MemoryStore({ table, clock, ...limits });
  const timedStore = new TimedStore(plainStore, { clock, registry: metrics.registry, causes });
  const store: AuthStore = new GuardedStore(timedStore, book, clock);
  const timedWindow: Pick<RedisStore, 'allowOperation'> = {
    allowOperation: (...asked) => timedStore.time('allowOperation', sharedStore!.allowOperation(...asked)),
  };
  const issuer = new Issuer({ keys, kid: KID, store, clock });
  const login = new Login({ issuer, proof, clock, onOutcome: (outcome, who) => told.login(outcome, who) });
  const renewal = new Renewal({
    keys,
    kid: KID,
    store,
    clock,
    isLoopbackExempt: options.proof === 'none',
    registry: metrics.registry,
    onEvent: (event) => told.refresh(event),
  });
  const answerRefresh = guardedRefresh(book, clock, (question) => renewal.answer(question));
  const lifecycle = new Lifecycle();
  const rules = new RulesDesk({
    address: options.rules,
    secrets: options.rulesSecrets,
    threadCount: options.threads,
    apply: (set, version) => {
      book.apply(set);
      pool.tell({ type: 'rules', version, rules: set });
    },
    onEvent: (event) => {
      told.rules(event);
      process.stderr.write(rulesEventLine(event) ?? '');
    },
    registry: metrics.registry,
    clock,
    timers: systemTimers,
  });

  let fail: (error: Error) => void = () => {};
  const failure = new Promise<never>((_resolve, reject) => {
    fail = reject;
  });
  failure.catch(() => {}); // whoever waits for it hears of it

  const capacity = connectionsPerThread(options.maxConnections, options.threads);
  const rooms = await RoomsDesk.start({
    ...options,
    logicWorkers: options.echo ? 0 : options.logicWorkers,
    capacity,
    sessions: table.capacity,
    clock,
    registry: metrics.registry,
    onFault: (stack) => audit.note('handler.fault', { detail: stack }),
    onFailure: (error) => fail(error),
  });
  const queues = new QueueWatch(rooms.queues, clock, causes);
  const listeners: HttpListener[] = [];
  const pool = await requireFreePort(options.host, options.port, '--port')
    .then(startPool)
    .catch(async (error: unknown) => {
      await rooms.stop();
      await store.close();
      await audit.end();
      throw error;
    });
  const sweeping = setInterval(() => {
    clock.check();
    store.sweep();
  }, SWEEP_MS);
  let ending: Promise<void> | undefined;
  try {
    await rules.start();
    const http = httpRoutes({ ...(options.echo ? {} : { login, renewal: renewal.routes }), lifecycle, metrics });
    const admin = adminRoutes({
      token: options.adminToken.reveal(),
      onBulkLogin: (count) => told.bulkLogin(count),
      issuer,
      store,
      lifecycle,
      metrics,
      causes: {
        clock,
        causes,
        threads: options.threads,
        queues: rooms.queues.length,
        operationsAskStore: sharedStore !== undefined,
        kernel: () => audit.kernel,
      },
      rules: rules.routes,
      limits: rooms.route,
    });
    listeners.push(await listenHttp(guardedRoutes(book, clock, http), options.host, options.httpPort, '--http-port', tls));
    listeners.push(await listenHttp(admin, ADMIN_HOST, options.adminPort, '--admin-port'));
  } catch (error) {
    await end(0);
    throw error;
  }
  store.onEnded((sids, code) => {
    told.ended(sids, code);
    pool.tell({ type: 'revoke', sids: sids.slice(), code });
  });
  audit.note('audit.start', { detail: `${gateway} gateway, ${options.threads} threads, ws port ${pool.port}, pid ${process.pid}` });
  audit.watchKernel(pool.port);
  lifecycle.becomeReady();

  return {
    wsPort: pool.port,
    httpPort: listeners[0]!.port,
    adminPort: listeners[1]!.port,
    gateway,
    lifecycle,
    failure,
    drain: (limitMs) => (ending ??= end(limitMs)),
    stop: () => (ending = end(0)),
  };

  function startPool(): Promise<ThreadPool> {
    return ThreadPool.start({
      count: options.threads,
      counters: counters.map(({ buffer }) => buffer),
      auditRingOf: (thread) => audit.ringOf(thread),
      onAudit: (event) => {
        metrics.countAudit(event.event);
        breakers.hear(event);
      },
      onLongTurn: (turn, thread) => causes.add(longTurnCause(turn, thread)),
      onRefresh: (question, index) => answerRefresh(question).then((answer) => pool.tellOne(index, answer)),
      onQuestion: (question, index) => {
        answerQuestion(store, timedWindow, question).then((answer) => pool.tellOne(index, answer));
      },
      onRules: (version, thread) => rules.confirm(version, thread),
      onGuards: (resources, thread) => guards.receive(thread, resources),
      onFailure: (error) => fail(error),
      start: {
        kind: gateway,
        host: options.host,
        port: options.port,
        path: '/v1/ws',
        capacity,
        rooms: options.rooms,
        roomTickMs: options.roomTickMs,
        ...rooms.start,
        heartbeatMs: options.heartbeatMs,
        echo: options.echo,
        masterKeyHex: Buffer.from(options.masterKey.reveal()).toString('hex'),
        kid: KID,
        isStoreShared: sharedStore !== undefined,
        sessionTable: table.buffer,
        signing: SigningMemory.allocate(table.capacity),
        takeovers: new SharedArrayBuffer(SessionTakeovers.bytesFor(table.capacity)),
        ...(tls === undefined ? {} : { tls }),
        ...(options.allowedOrigins.length > 0 ? { allowedOrigins: options.allowedOrigins } : {}),
      },
    });
  }

  async function end(limitMs: number): Promise<void> {
    lifecycle.beginDraining();
    rules.stop();
    if (limitMs > 0) await pool.drain(limitMs);
    else await pool.stop();
    await rooms.stop();
    clearInterval(sweeping);
    await Promise.all(listeners.map((listener) => listener.close(limitMs > 0 ? 1_000 : 0)));
    await store.close();
    await audit.end();
    queues.stop();
    await otlp?.stop();
    metrics.close();
    lifecycle.stop();
  }
}
