import { readFileSync } from 'node:fs';
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';

/** The machine that the load came from, as it stands in a report: enough to tell whether two runs may be compared. */
export interface MachineFacts {
  readonly gwrk: string;
  readonly node: string;
  /** "linux 6.18.44". */
  readonly system: string;
  readonly arch: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
}

export function machineFacts(gwrkVersion: string): MachineFacts {
  return {
    gwrk: gwrkVersion,
    node: process.version,
    system: `${platform()} ${release()}`,
    arch: arch(),
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryBytes: totalmem(),
  };
}

/** CPU time of the whole machine since it started, in clock ticks. */
export interface MachineTicks {
  readonly total: number;
  /** Ticks in which the hypervisor ran somebody else. */
  readonly steal: number;
}

/** The first line of /proc/stat; undefined where there is none. */
export function readMachineTicks(): MachineTicks | undefined {
  try {
    return parseMachineTicks(readFileSync('/proc/stat', 'utf8'));
  } catch {
    return undefined;
  }
}

/** Columns of "cpu": user nice system idle iowait irq softirq steal; guest time behind them is part of user. */
export function parseMachineTicks(stat: string): MachineTicks | undefined {
  const match = /^cpu\s+(\d.*)$/mu.exec(stat);
  if (!match) return undefined;
  const columns = match[1]!.trim().split(/\s+/u).slice(0, 8).map(Number);
  return { total: columns.reduce((sum, ticks) => sum + ticks, 0), steal: columns[7] ?? 0 };
}

/** The share of the machine's time that was stolen between two readings, 0 .. 1; undefined when it is not known. */
export function stealShare(before: MachineTicks | undefined, after: MachineTicks | undefined): number | undefined {
  if (!before || !after || after.total <= before.total) return undefined;
  return (after.steal - before.steal) / (after.total - before.total);
}
