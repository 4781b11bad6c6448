import type { Clock } from '../core/clock.js';
import { Prng } from '../core/prng.js';
import { Recorder } from '../measure/recorder.js';
import { ScenarioRecorder } from '../measure/scenario-recorder.js';
import type { Transport } from '../net/transport.js';
import { createMacTable } from '../protocol/mac.js';
import { MAX_CLIENT_MESSAGE, MAX_SERVER_MESSAGE } from '../protocol/packet.js';
import { FrameReader } from '../protocol/websocket-reader.js';
import type { ExecutorSpec } from '../scenario/plan.js';
import { shardCount } from '../scenario/schedule.js';
import { Answers } from './answers.js';
import { Arrivals } from './arrivals.js';
import { Beside } from './beside.js';
import { ClientContext } from './client-context.js';
import { ClientTable } from './client-table.js';
import { Clients } from './clients.js';
import { CompactMacs } from './compact-macs.js';
import { type ConnectionParts, Connections } from './connections.js';
import { Connector } from './connector.js';
import { createValues } from './create-values.js';
import { Credentials } from './credentials.js';
import { Deliveries } from './deliveries.js';
import { DRIVER_TIMERS, MAX_DRIVER_MESSAGE } from './driver.js';
import { Drivers, type LoadedDriver } from './drivers.js';
import { Ending } from './ending.js';
import { ErrorCounts } from './error-counts.js';
import { Flow } from './flow.js';
import { FramingReader } from './framing-reader.js';
import { FramingTable } from './framing-table.js';
import { Heartbeats } from './heartbeats.js';
import { HttpClient } from './http-client.js';
import { poolSlots } from './http-pool.js';
import { Incoming } from './incoming.js';
import { Logins } from './logins.js';
import { Machine } from './machine.js';
import type { LoginColumns, WorkerStart } from './messages.js';
import { Pacing } from './pacing.js';
import { PlainMessages } from './plain-messages.js';
import { Population } from './population.js';
import { Reconnects } from './reconnects.js';
import { ReferenceClient } from './reference-client.js';
import { ReferenceClosing } from './reference-closing.js';
import { ReferenceOperations } from './reference-operations.js';
import { Sender } from './sender.js';
import { SlowOperationLog } from './slow-operations.js';
import { Storm } from './storm.js';
import { Swarm, type SwarmHost } from './swarm.js';
import { TimerWheel } from './timer-wheel.js';
import { Timers, timersOf } from './timers.js';
import { Wakes } from './wakes.js';

/** With more clients than this their MAC keys are kept in half the memory, for somewhat more work a message. */
const COMPACT_KEYS_FROM_CLIENTS = 200_000;
/** Most fragments of one message of a server. */
const MAX_FRAGMENTS = 1024;

export interface SwarmSurroundings {
  readonly clock: Clock;
  readonly host: SwarmHost;
  readonly transport: Transport;
  /** Sends questions for credentials to the main thread. */
  readonly askLogins: (questions: LoginColumns) => void;
  /** By scenario: its driver, loaded (driver-load.ts). */
  readonly drivers?: readonly (LoadedDriver | undefined)[];
}

export interface CreatedSwarm {
  readonly swarm: Swarm;
  readonly credentials: Credentials;
  readonly errors: ErrorCounts;
  readonly slow: SlowOperationLog;
  readonly drivers?: Drivers | undefined;
}

/** The flows of a worker, each with its rows behind those of the one before. */
export function createFlows(start: WorkerStart): Flow[] {
  const flows: Flow[] = [];
  let firstRow = 0;
  let firstStep = 0;
  for (const plan of start.scenarios) {
    const place = {
      workerIndex: start.index,
      workerCount: start.count,
      firstRow,
      firstStep,
      host: start.host,
      path: start.path,
      isStream: start.isStream === true || start.isHttp === true,
      isHttp: start.isHttp === true,
    };
    const flow = new Flow(plan, place);
    flows.push(flow);
    firstRow += flow.rows;
    firstStep += flow.instructions;
  }
  return flows;
}

/** Rows of the transport: the clients', and behind them those of connections to servers beside the target. */
export function capacityOf({ origins = [] }: WorkerStart, flows: readonly Flow[]): number {
  return rowsOf(flows) + poolSlots(origins, rowsOf(flows));
}

/** Rows that the flows need together. */
export function rowsOf(flows: readonly Flow[]): number {
  return Math.max(
    1,
    flows.reduce((sum, flow) => sum + flow.rows, 0),
  );
}

/** Builds the parts of a swarm and joins them; everything that a client needs is allocated here. */
export function createSwarm(
  start: WorkerStart,
  flows: readonly Flow[],
  { clock, host, transport, askLogins, drivers = [] }: SwarmSurroundings,
): CreatedSwarm {
  const rows = rowsOf(flows);
  const loops = flows.flatMap((flow) => flow.plan.program.loops);
  const isApart = flows.length > 1 && start.recorder.byteLength >= flows.length * Recorder.byteLength;
  const byScenario = isApart ? new ScenarioRecorder(start.recorder) : undefined;
  const recorder = byScenario ?? new Recorder(start.recorder);
  const errors = new ErrorCounts(recorder);
  const prng = new Prng(start.seed + start.index * 0x9e3779b9);
  const table = new ClientTable(rows, {
    loopDepth: Math.max(0, ...loops.map((loop) => loop.depth + 1)),
    timedLoops: loops.some((loop) => loop.forUs !== undefined),
  });
  for (const [index, flow] of flows.entries()) if (index > 0) table.scenario.fill(index, flow.firstRow, flow.firstRow + flow.rows);

  const wakes = new Wakes(table);
  const isDriven = drivers.some((driver) => driver !== undefined);
  const everys = Math.max(...flows.map((flow) => flow.plan.program.everys.length));
  const timers = new Timers(
    new TimerWheel({ timers: timersOf(rows, isDriven ? Math.max(everys, DRIVER_TIMERS) : everys), startUs: clock.nowUs() }),
    rows,
  );
  const slow = new SlowOperationLog({
    thresholdUs: start.slowUs ?? Number.POSITIVE_INFINITY,
    worker: start.index,
    seed: start.seed,
    flows,
    localAddress: (row) => transport.localAddress?.(row),
    longestWaitUs: transport.longestWaitUs ?? Number.POSITIVE_INFINITY,
  });
  const answers = new Answers(rows, flows, recorder, errors, wakes, slow, byScenario);
  const credentials = new Credentials(table, recorder, errors, wakes, askLogins, byScenario);
  const framings = start.isStream === true ? new FramingTable(rows, flows) : undefined;
  const longest = flows.flatMap((flow) => flow.sends.map((send) => send.maxBytes));
  const sender = new Sender(
    transport,
    recorder,
    prng,
    Math.max(MAX_CLIENT_MESSAGE, isDriven ? MAX_DRIVER_MESSAGE : 0, ...longest),
    framings,
    flows[0]?.isStream,
  );
  const parts: ConnectionParts = { table, flows, transport, sender, recorder, byScenario, errors, wakes, timers, answers, credentials };
  if (isDriven) parts.drivers = new Drivers(parts, drivers, start.seed + start.index);
  if (start.deliveries !== undefined) parts.deliveries = new Deliveries(start.deliveries, flows, parts, start);
  if (everys > 0) parts.beside = new Beside(parts, prng, everys);
  if (flows.some((flow) => flow.plan.program.reconnect !== undefined)) parts.reconnects = new Reconnects(parts, prng);

  const keys = flows.some((flow) => flow.isReference) ? rows * 2 : 0;
  const macs = rows > COMPACT_KEYS_FROM_CLIENTS ? new CompactMacs(keys) : createMacTable(keys);
  const context = new ClientContext(table, prng);
  const values = createValues(start, table, context, errors);
  if (values !== undefined) parts.values = context.values = values;
  const connections = new Connections(parts);
  const places = {
    isTarget: start.isHttp === true,
    ownOrigin: `${start.tls === undefined ? 'http' : 'https'}://${start.host}`,
    origins: start.origins ?? [],
    firstTarget: start.targets.length,
  };
  const http = flows.some((flow) => flow.https.length > 0) ? new HttpClient(parts, connections, context, places) : undefined;
  if (http !== undefined) parts.http = http;
  const limits = { maxConnecting: start.maxConnecting, targets: start.targets.length, sources: start.sources.length };
  const connector = new Connector(parts, connections, context, limits, framings);
  const heartbeats = new Heartbeats(parts, connections, macs, prng);
  const operations = new ReferenceOperations(parts, connections, context, macs, prng);
  const closing = new ReferenceClosing(parts, connections);
  const reference = new ReferenceClient(parts, connections, macs, heartbeats, operations, closing);
  const pacing = new Pacing(table, timers, recorder, parts.reconnects);
  const logins = new Logins(table, flows, credentials, context, timers, values);
  const machine = new Machine(parts, { connections, connector, context, pacing, logins, heartbeats, reference, operations, closing });

  const populations = flows.map((flow) => new Population(flow, table, plannedRounds(flow.plan.executor, start)));
  const clients = new Clients(parts, connections, machine, heartbeats, closing, populations);
  const arrivals = populations.map(
    (population) => new Arrivals(population, { table, recorder, clients, credentials, logins }, start.index, start.count),
  );
  const endings = populations.map(
    (population, i) => new Ending(population, arrivals[i]!, clients, connections, recorder, connector.maxConnecting),
  );
  const { reconnects } = parts;
  const storms = flows.flatMap((flow, scenario) => {
    const { storm } = flow.plan;
    return storm && reconnects ? [new Storm(flow, scenario, storm.share, { table, transport, connections, reconnects, prng })] : [];
  });
  const incoming = new Incoming(parts, connections, new PlainMessages(parts, context), reference);
  const frames =
    start.isHttp === true && http !== undefined
      ? http
      : framings === undefined
        ? new FrameReader({ capacity: rows, role: 'client', maxMessageBytes: MAX_SERVER_MESSAGE, maxFragments: MAX_FRAGMENTS }, incoming)
        : new FramingReader(framings, incoming);
  const swarm = new Swarm(
    { ...parts, clock, connections, connector, context, clients, logins, arrivals, endings, storms, incoming, frames, slow },
    host,
  );
  return { swarm, credentials, errors, slow, drivers: parts.drivers };
}

/** This worker's part of the rounds that an executor of iterations plans. */
function plannedRounds(executor: ExecutorSpec, { index, count }: WorkerStart): number {
  if (executor.kind === 'shared-iterations') return shardCount(executor.iterations, index, count);
  return executor.kind === 'per-client-iterations' ? executor.iterations * shardCount(executor.clients, index, count) : 0;
}
