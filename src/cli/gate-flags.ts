import { InvalidArgumentError, Option } from 'commander';
import { GATE_METRIC_FORM, type GateMetric, parseGateMetric } from '../gate/gate-metric.js';
import type { Inconclusive } from '../gate/gate-record.js';
import { parseDurationUs, parseShare, SHARE_FORM } from '../scenario/units.js';

/** What a command that compares series of runs is told about the comparison. */
export interface GateFlags {
  readonly metric: readonly GateMetric[];
  readonly maxChange?: number;
  readonly floor?: number;
  readonly inconclusive?: Inconclusive;
  readonly coolDown?: number;
}

export const gateOptions = (): Option[] => [
  new Option('--metric <metric figure>', "what decides: 'ws_msg_rtt p(99)'; may be repeated (session_ready and ws_msg_rtt p(99))")
    .argParser(gateMetric)
    .default([]),
  new Option('--max-change <share>', 'least change that matters (5%)').argParser(share),
  new Option('--floor <time>', 'and least time that matters (1ms)').argParser(floorMs),
  new Option('--inconclusive <how>', 'take an answer that is not sure as (warn)').choices(['fail', 'warn', 'pass']),
  new Option('--cool-down <time>', 'rest between two runs (2s)').argParser(restUs),
];

function gateMetric(text: string, previous: readonly GateMetric[]): GateMetric[] {
  const metric = parseGateMetric(text);
  if (!metric) throw new InvalidArgumentError(`Allowed: ${GATE_METRIC_FORM}.`);
  return previous.some(({ name }) => name === metric.name) ? [...previous] : [...previous, metric];
}

function share(text: string): number {
  const value = parseShare(text);
  if (value === undefined || value <= 0) throw new InvalidArgumentError(`Allowed: ${SHARE_FORM}, more than 0.`);
  return value;
}

function floorMs(text: string): number {
  return restUs(text) / 1000;
}

function restUs(text: string): number {
  const us = parseDurationUs(text);
  if (us === undefined || us > 3600e6) throw new InvalidArgumentError('Allowed: 0, 500ms, 2s, at most 1h.');
  return us;
}
