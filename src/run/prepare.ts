import { GwrkError } from '../core/errors.js';
import { parseIp } from '../core/ip-address.js';
import { DeliveryTable } from '../measure/delivery-table.js';
import { Recorder } from '../measure/recorder.js';
import { recorderSlots } from '../measure/scenario-recorder.js';
import { chooseTransport, type TransportChoice } from '../net/create-transport.js';
import { autoSources, expandSources } from '../net/source-addresses.js';
import type { Endpoint, TlsOptions } from '../net/transport.js';
import type { Plan } from '../scenario/plan.js';
import { isHttp, isStream, isWebSocket } from '../scenario/target-kind.js';
import { CONTROL_WORDS, type HttpOrigin, POOL_CONNECTIONS, type WorkerStart } from '../swarm/messages.js';
import { checkDrivers } from './driver-files.js';
import { loadFeeders } from './feeder-files.js';
import { type ResolvedOrigin, resolveOrigins } from './http-origins.js';
import { checkLimits, describeNeeds, type PlanNeeds, portsPerAddress, readMachine } from './limits.js';
import { type MetricsAddress, resolveMetrics } from './metrics-address.js';
import type { RunOptions } from './run-options.js';
import { parseTarget, resolveTarget, type Target } from './target-address.js';

/** Everything that is fixed before anything is started. */
export interface Preparation {
  readonly target: Target;
  readonly endpoints: readonly Endpoint[];
  /** The target is on this machine. */
  readonly isLocal: boolean;
  /** Where the target's metrics are, if it was said. */
  readonly metrics?: MetricsAddress;
  readonly transport: TransportChoice;
  readonly sources: readonly string[];
  /** What the plan takes of this machine, a line each. */
  readonly needs: readonly string[];
  /** What of the machine is too small for the plan; empty when it fits. */
  readonly obstacles: readonly GwrkError[];
  /** One a worker. */
  readonly starts: readonly WorkerStart[];
}

/**
 * Finds the target, chooses transport, sources and threads, and looks whether the machine can bear the plan. Throws a
 * GwrkError when the target or a choice is not possible at all.
 */
export async function prepareRun(plan: Plan, options: RunOptions): Promise<Preparation> {
  const target = parseTarget(plan.target);
  if (!isWebSocket(target.url) && !isStream(target.url) && !isHttp(target.url))
    throw new GwrkError('GWRK_USAGE', `a target of the kind ${target.kind} cannot be loaded`, {
      given: target.url,
      allowed: 'ws://, wss://, http://, https://, tcp://, tls://',
    });
  const endpoints = await resolveTarget(target, { typed: options.isTargetTyped, allow: options.allowTargets });
  const metrics = await resolveMetrics(plan, options);
  const origins = await resolveOrigins(plan, { typed: false, allow: options.allowTargets });
  const hasTls = target.secure || origins.some((origin) => origin.target.secure);
  const transport = chooseTransport({ wanted: plan.transport, tls: hasTls });
  checkDrivers(plan.scenarios);
  const feeders = loadFeeders(plan.feeders);
  const machine = readMachine();
  const isLocal = endpoints.every(isLoopback);
  const threads = threadCount(plan, machine.cores, isLocal);
  const sources =
    plan.sourceIps.length > 0 ? expandSources(plan.sourceIps) : autoSources(endpoints[0]!, plan.maxClients, portsPerAddress(machine));
  const isBroadcast = plan.scenarios.some(({ program }) => program.sends.some(({ broadcast }) => broadcast !== undefined));
  const deliveries = isBroadcast ? new SharedArrayBuffer(DeliveryTable.byteLength) : undefined;
  const needs: PlanNeeds = {
    clients: plan.maxClients + origins.length * threads * Math.min(POOL_CONNECTIONS, plan.maxClients),
    transport: transport.kind,
    tls: hasTls,
    sources: sources.length,
    targets: endpoints.length,
    targetIsLocal: isLocal,
    threads,
  };
  return {
    target,
    endpoints,
    ...(metrics && { metrics }),
    isLocal,
    transport,
    sources,
    needs: describeNeeds(needs, machine),
    obstacles: checkLimits(needs, machine),
    starts: Array.from({ length: threads }, (_, index) => ({
      index,
      count: threads,
      scenarios: plan.scenarios,
      targets: endpoints,
      host: target.host,
      path: target.path,
      isStream: isStream(target.url),
      isHttp: isHttp(target.url),
      ...(origins.length > 0 && { origins: origins.map((each) => originOf(each, options)) }),
      ...(target.secure && { tls: tlsOptions(target, options) }),
      transport: transport.kind,
      sources,
      maxConnecting: Math.max(1, Math.floor((plan.maxConnecting + index) / threads)),
      seed: plan.seed,
      ...(feeders.length > 0 && { feeders }),
      ...(plan.captures.length > 0 && { captures: plan.captures.length }),
      ...(options.slowUs !== undefined && { slowUs: options.slowUs }),
      ...(deliveries !== undefined && { deliveries }),
      recorder: new SharedArrayBuffer(Recorder.byteLength * recorderSlots(plan.scenarios.length)),
      control: new SharedArrayBuffer(CONTROL_WORDS * Int32Array.BYTES_PER_ELEMENT),
    })),
  };
}

/**
 * One worker fills a core, so more than cores only take turns. By itself: the cores, without those that the target (when it
 * is here) and we need. Never more workers than clients.
 */
function threadCount({ threads, maxClients }: Plan, cores: number, isLocal: boolean): number {
  const wanted = threads === 'auto' ? (isLocal ? Math.floor(cores / 2) : cores - 1) : threads;
  return Math.max(1, Math.min(wanted, cores, maxClients));
}

function isLoopback({ address }: Endpoint): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** Each origin with its own TLS, so that that of the target is not taken for it. */
function originOf({ origin, target, targets }: ResolvedOrigin, options: RunOptions): HttpOrigin {
  const tls = target.secure ? tlsOptions(target, options) : null;
  return { origin, targets: targets.map((endpoint) => ({ ...endpoint, tls })) };
}

/** TLS names a server only by host name (RFC 6066 section 3), never by address. */
function tlsOptions({ hostname }: Target, { tls }: RunOptions): TlsOptions {
  const { verify, ca, cert, key } = tls;
  return {
    rejectUnauthorized: verify,
    ...(parseIp(hostname) === undefined && { servername: hostname }),
    ...(ca !== undefined && { ca }),
    ...(cert !== undefined && { cert }),
    ...(key !== undefined && { key }),
  };
}

/** Throws one error for all limits that are in the way: the first one's, with the others told behind its hint. */
export function refuseObstacles([first, ...others]: readonly GwrkError[]): void {
  if (first === undefined) return;
  if (others.length === 0) throw first;
  const also = others.map(({ code, message, hint }) => `${code}: ${message} (${hint})`);
  throw new GwrkError(first.code, first.message, { ...first.details, hint: [first.hint, ...also].join('\n           also ') });
}
