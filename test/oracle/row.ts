import type { OracleRun, Stage } from './processes.js';
import type { StallServerCounts } from './stall-server.js';

/** One figure beside what the closed form says. */
export interface Check {
  readonly what: string;
  readonly expected: number;
  readonly measured: number;
  /** How far the measured value may be below and above the expected one. */
  readonly below: number;
  readonly above: number;
  readonly unit: 'ms' | '' | 'x';
}

export interface RowResult {
  readonly checks: readonly Check[];
  /** Why the machine may have spoilt it; undefined when it was quiet. */
  readonly strain: string | undefined;
}

/** One row of the table of oracles (docs/measuring.md). */
export interface Row {
  readonly row: string;
  readonly title: string;
  /** Not run unless it is asked for by its number. */
  readonly isExtra?: boolean;
  run(stage: Stage): Promise<RowResult>;
}

export const isOk = ({ expected, measured, below, above }: Check): boolean => measured >= expected - below && measured <= expected + above;

export const ms = (what: string, expected: number, measured: number, below: number, above = below): Check => ({
  what,
  expected,
  measured,
  below,
  above,
  unit: 'ms',
});

export const exactly = (what: string, expected: number, measured: number): Check => ({
  what,
  expected,
  measured,
  below: 0,
  above: 0,
  unit: '',
});

export const within = (what: string, expected: number, measured: number, share: number, unit: Check['unit'] = ''): Check => ({
  what,
  expected,
  measured,
  below: share * expected,
  above: share * expected,
  unit,
});

/** From here on a process did not have its core when it needed it. */
const WAIT_SHARE = 0.02;
const STEAL_SHARE = 0.01;
const PRESSURE = 10;

/** What the machine took from gwrk or from the server during these runs. */
export function strainOf(runs: readonly OracleRun[], servers: readonly StallServerCounts[]): string | undefined {
  const found: string[] = [];
  const share = (value: number): string => `${(value * 100).toFixed(1)} %`;
  for (const { report } of runs) {
    const { waitShare, stealShare, cpuPressure } = report.generator.self ?? { waitShare: null, stealShare: null, cpuPressure: null };
    if ((waitShare ?? 0) > WAIT_SHARE) found.push(`gwrk waited ${share(waitShare!)} of the time for its core`);
    if ((stealShare ?? 0) > STEAL_SHARE) found.push(`the hypervisor took ${share(stealShare!)} of the machine`);
    if ((cpuPressure ?? 0) > PRESSURE) found.push(`some task waited for a core ${cpuPressure!.toFixed(0)} % of the time`);
  }
  for (const { waitShare } of servers)
    if ((waitShare ?? 0) > WAIT_SHARE) found.push(`the server waited ${share(waitShare!)} of the time for its core`);
  return found.length === 0 ? undefined : [...new Set(found)].join('; ');
}
