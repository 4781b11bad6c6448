import { DeliveryTable } from '../../src/measure/delivery-table.js';
import { COUNTER, type CounterName, GAUGE, type GaugeName, TREND, type TrendName } from '../../src/measure/metric-names.js';
import { BUCKETS, bucketLowestUs, CELL_COUNT, CELL_MAX, CELL_MIN, CELL_SUM, CELLS, Recorder } from '../../src/measure/recorder.js';
import { recordersIn } from '../../src/measure/scenario-recorder.js';
import type { FeederFile } from '../../src/scenario/feeder.js';
import { csvColumns } from '../../src/scenario/feeder-csv.js';
import { loadScenario } from '../../src/scenario/load.js';
import type { ExecutorSpec } from '../../src/scenario/plan.js';
import { isHttp, isStream } from '../../src/scenario/target-kind.js';
import { capacityOf, createFlows, createSwarm } from '../../src/swarm/create-swarm.js';
import type { Credentials } from '../../src/swarm/credentials.js';
import type { Drivers, LoadedDriver } from '../../src/swarm/drivers.js';
import type { ErrorCount, WorkerStart } from '../../src/swarm/messages.js';
import type { SlowOperationLog } from '../../src/swarm/slow-operations.js';
import type { Swarm } from '../../src/swarm/swarm.js';
import { packText } from '../scenario/feeder-text.js';
import { type LoginRequest, requestsOf } from './virtual-reference.js';
import { type Script, VirtualTransport } from './virtual-transport.js';

export interface VirtualRunOptions {
  readonly index?: number;
  readonly count?: number;
  readonly maxConnecting?: number;
  readonly sources?: readonly string[];
  readonly seed?: number;
  readonly slowUs?: number;
  /** Default ws://127.0.0.1:9/. A script with onBytes plays a tcp:// one. */
  readonly target?: string;
  /** Keys of the file beside name, target and scenarios (YAML). */
  readonly head?: string;
  /** Servers beside the target that http steps name; their connections stand behind the clients' rows. */
  readonly origins?: readonly string[];
  /** In place of the scenario's own, for the executors that files do not have yet. */
  readonly executor?: ExecutorSpec;
  /** Answers to questions for credentials; default: none come. */
  readonly onLogin?: (requests: readonly LoginRequest[], run: VirtualRun) => void;
  /** By scenario. */
  readonly drivers?: readonly (LoadedDriver | undefined)[];
  /** CSV files of feeders by their name in the scenario. */
  readonly files?: Readonly<Record<string, string>>;
  /** Called before the run with everything built, to script stalls and stops. */
  /** Measures each scenario by itself, as a run does. */
  readonly isApart?: boolean;
  readonly prepare?: (run: VirtualRun) => void;
}

/** When the scenario starts, clock microseconds. */
export const START_US = 2_000_000;

/** One worker's swarm on a virtual transport, from a scenario's text to its end. */
export class VirtualRun {
  readonly transport: VirtualTransport;
  readonly recorder: Recorder;
  /** One a scenario, where they are measured apart. */
  readonly recorders: readonly Recorder[];
  readonly swarm: Swarm;
  readonly credentials: Credentials;
  readonly slow: SlowOperationLog;
  readonly drivers: Drivers | undefined;
  readonly #errors: () => ErrorCount[];
  isStopped = false;

  constructor(flow: string, script: Script, options: VirtualRunOptions = {}) {
    const scenarios = /^(scenarios|feeders):/.test(flow) ? flow : `scenarios:\n  only:\n${flow.replace(/^/gm, '    ')}\n`;
    const text = `name: test\ntarget: ${options.target ?? 'ws://127.0.0.1:9/'}\n${options.head ?? ''}\n${scenarios}`;
    const readColumns = ({ name, delimiter }: FeederFile): string[] => csvColumns(options.files![name]!, delimiter);
    const { plan } = loadScenario(text, { file: 'test.yaml', readColumns });
    const slots = options.isApart === true ? plan.scenarios.length : 1;
    const recorder = new SharedArrayBuffer(Recorder.byteLength * slots);
    const start: WorkerStart = {
      index: options.index ?? 0,
      count: options.count ?? 1,
      scenarios: plan.scenarios.map((scenario) => ({ ...scenario, executor: options.executor ?? scenario.executor })),
      targets: [{ address: '127.0.0.1', family: 4, port: 9 }],
      host: '127.0.0.1:9',
      path: '/',
      isStream: isStream(plan.target),
      isHttp: isHttp(plan.target),
      origins: (options.origins ?? []).map((origin) => ({ origin, targets: [{ address: '127.0.0.1', family: 4, port: 8 }] })),
      transport: 'node',
      sources: options.sources ?? [],
      maxConnecting: options.maxConnecting ?? 1000,
      seed: options.seed ?? 1,
      feeders: plan.feeders.map((feeder) => packText(feeder, options.files![feeder.name]!).data),
      captures: plan.captures.length,
      ...(options.slowUs === undefined ? {} : { slowUs: options.slowUs }),
      ...(/broadcast:/.test(flow) && { deliveries: new SharedArrayBuffer(DeliveryTable.byteLength) }),
      recorder,
      control: new SharedArrayBuffer(12),
    };
    const flows = createFlows(start);
    this.transport = new VirtualTransport(capacityOf(start, flows), script);
    const { swarm, credentials, errors, slow, drivers } = createSwarm(start, flows, {
      clock: this.transport,
      host: { poll: () => !this.isStopped && this.drivers?.fault === undefined },
      transport: this.transport,
      ...(options.drivers === undefined ? {} : { drivers: options.drivers }),
      askLogins: (questions) => options.onLogin?.(requestsOf(questions), this),
    });
    this.swarm = swarm;
    this.drivers = drivers;
    this.credentials = credentials;
    this.slow = slow;
    this.recorder = new Recorder(recorder);
    this.recorders = recordersIn(recorder);
    this.#errors = () => errors.list();
  }

  /** Microseconds since the scenario's start. */
  get nowUs(): number {
    return this.transport.nowUs() - START_US;
  }

  counter(name: CounterName): number {
    return this.recorder.counters[COUNTER[name]]!;
  }

  gauge(name: GaugeName): number {
    return this.recorder.gauges[GAUGE[name]]!;
  }

  trend(name: TrendName): { count: number; min: number; max: number; sum: number } {
    const at = TREND[name] * CELLS;
    const { cells } = this.recorder;
    return { count: cells[at + CELL_COUNT]!, min: cells[at + CELL_MIN]!, max: cells[at + CELL_MAX]!, sum: cells[at + CELL_SUM]! };
  }

  /** The recorded values, lowest first; exact below 2,048 us, else to 0.1 %. */
  values(name: TrendName): number[] {
    const from = TREND[name] * BUCKETS;
    const counts = this.recorder.buckets.subarray(from, from + BUCKETS);
    return [...counts].flatMap((count, bucket) => new Array<number>(count).fill(bucketLowestUs(bucket)));
  }

  errors(): Record<string, number> {
    return Object.fromEntries(this.#errors().map(({ code, count }) => [code, count]));
  }

  /** sent - (ok + fail + indeterminate): 0 whenever a run is over. */
  ledgerGap(): number {
    return this.counter('ledger_sent') - this.counter('ledger_ok') - this.counter('ledger_fail') - this.counter('ledger_indeterminate');
  }
}

/** Runs `flow` (the keys of one scenario, or "scenarios:" and several, YAML) against a scripted server, to its end. */
export async function runVirtual(flow: string, script: Script, options: VirtualRunOptions = {}): Promise<VirtualRun> {
  const run = new VirtualRun(flow, script, options);
  options.prepare?.(run);
  await run.swarm.run(run.transport, START_US);
  return run;
}

/** Answers every message with itself after a delay. */
export function echoAfter(delayUs: number | ((row: number, message: Buffer) => number)): Script {
  return {
    onMessage(server, row, message, isText) {
      const delay = typeof delayUs === 'number' ? delayUs : delayUs(row, message);
      server.send(row, isText ? message.toString() : message, delay);
    },
  };
}
