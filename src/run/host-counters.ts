import { readFileSync } from 'node:fs';

/** Counters of the kernel's TCP since it started; undefined where it does not say. */
export interface TcpCounters {
  readonly retransmits: number;
  /** SYN and SYN-ACK that were sent again: an accept queue that overflows shows here first. */
  readonly synRetransmits: number;
  readonly listenOverflows: number;
  readonly listenDrops: number;
}

/** Of this network namespace, so of the target too when it is in it. */
export function readTcpCounters(): TcpCounters | undefined {
  try {
    return parseTcpCounters(readFileSync('/proc/net/netstat', 'latin1'), readFileSync('/proc/net/snmp', 'latin1'));
  } catch {
    return undefined;
  }
}

/** From /proc/net/netstat and /proc/net/snmp: a line of names, and under it a line of values, both behind the same word. */
export function parseTcpCounters(netstat: string, snmp: string): TcpCounters {
  const extended = table(netstat, 'TcpExt');
  return {
    retransmits: table(snmp, 'Tcp').get('RetransSegs') ?? 0,
    synRetransmits: extended.get('TCPSynRetrans') ?? 0,
    listenOverflows: extended.get('ListenOverflows') ?? 0,
    listenDrops: extended.get('ListenDrops') ?? 0,
  };
}

function table(text: string, word: string): Map<string, number> {
  const [names = '', values = ''] = text.split('\n').filter((line) => line.startsWith(`${word}: `));
  const numbers = values.split(' ').map(Number);
  return new Map(names.split(' ').map((name, column) => [name, numbers[column] ?? 0]));
}

/** Percent of the last 10 s in which some task waited for a core (PSI); undefined on kernels without it. */
export function readCpuPressure(): number | undefined {
  try {
    return parseCpuPressure(readFileSync('/proc/pressure/cpu', 'latin1'));
  } catch {
    return undefined;
  }
}

export function parseCpuPressure(text: string): number | undefined {
  const percent = /^some avg10=([\d.]+)/mu.exec(text)?.[1];
  return percent === undefined ? undefined : Number(percent);
}

/** Descriptors that this process may open (soft limit); undefined where that is not known. */
export function readDescriptorLimit(): number | undefined {
  try {
    const limit = /^Max open files\s+(\d+)/mu.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    return undefined;
  }
}
