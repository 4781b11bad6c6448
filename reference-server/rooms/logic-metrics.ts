import { Counter, Gauge, type Registry } from 'prom-client';
import { CONTROL_INTS, HIGH_WATER, REFUSED, ringDepth } from '../ring/control.js';
import { LOGIC_COUNTER_NAMES, LOGIC_SEATS, LogicCounters } from './logic-counters.js';
import type { LogicWorkerStart } from './logic-link.js';

const HELP: Readonly<Record<string, string>> = {
  tasks: 'Tasks that the logic worker has run',
  ticks: 'Ticks of the logic worker',
  states: 'Room states that the logic worker has encoded',
  states_deferred: 'Receivers that got no room state because their gateway thread was behind; they get a full one later',
  stalls: 'Times at which tasks waited because their gateway thread had no room for answers',
  faults: 'Faults in the rules of a room',
};

/** Registers what logic workers do, by worker. It is read when someone asks. */
export function registerLogicMetrics(registry: Registry, starts: readonly LogicWorkerStart[]): void {
  if (starts.length === 0) return;
  const queues = starts.map(({ threads }) => threads.map(({ tasks }) => new Int32Array(tasks, 0, CONTROL_INTS)));
  const counters = starts.map((start) => new LogicCounters(start.counters).values);
  const sum = (worker: number, read: (control: Int32Array) => number): number =>
    queues[worker]!.reduce((total, control) => total + read(control), 0);
  const gauge = (name: string, help: string, read: (worker: number) => number): void => {
    new Gauge({
      name,
      help,
      labelNames: ['worker'],
      registers: [registry],
      collect() {
        for (let worker = 0; worker < starts.length; worker++) this.set({ worker: String(worker) }, read(worker));
      },
    });
  };
  const counter = (name: string, help: string, read: (worker: number) => number): void => {
    new Counter({
      name,
      help,
      labelNames: ['worker'],
      registers: [registry],
      collect() {
        this.reset();
        for (let worker = 0; worker < starts.length; worker++) this.inc({ worker: String(worker) }, read(worker));
      },
    });
  };
  gauge('gwrk_logic_queue_depth', 'Tasks that wait for the logic worker', (worker) => sum(worker, ringDepth));
  gauge('gwrk_logic_queue_high_water', 'Most tasks that ever waited for the logic worker, summed over gateway threads', (worker) =>
    sum(worker, (control) => control[HIGH_WATER]!),
  );
  counter('gwrk_logic_queue_refused_total', 'Operations answered 0304 because the queue of the logic worker was full', (worker) =>
    sum(worker, (control) => control[REFUSED]! >>> 0),
  );
  gauge('gwrk_logic_seats', 'Members in the rooms of the logic worker', (worker) => counters[worker]![LOGIC_SEATS]!);
  for (const [index, name] of LOGIC_COUNTER_NAMES.entries()) {
    const help = HELP[name];
    if (help !== undefined) counter(`gwrk_logic_${name}_total`, help, (worker) => counters[worker]![index]!);
  }
}
