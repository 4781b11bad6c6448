import { readFileSync } from 'node:fs';

/** How many clients each gateway is given, and what it was that allowed no more. */
export interface MillionSize {
  readonly ws: number;
  readonly wsLimit: string;
  readonly uring: number;
  readonly uringLimit: string;
}

interface Limit {
  readonly clients: number;
  readonly what: string;
}

/** What the table's time allows; `node dist/benchmarks/million.js` has the whole million. */
const WS_IN_TIME: Limit = { clients: 30_000, what: 'the time of this table' };
const URING_IN_TIME: Limit = { clients: 200_000, what: 'the time of this table' };
/** A connection of npm ws with its session, both ends of it in the kernel, and a client. */
const WS_CLIENT_BYTES = 64_000;
const URING_CLIENT_BYTES = 16_000;
/** Of what is free a quarter stays free. */
const SHARE = 0.75;
/** Files that a server has open beside its connections. */
const OTHER_FILES = 500;

/** As many clients as this machine allows at this moment. `wanted`: of the uring gateway, instead of what is allowed. */
export function millionSize(wanted: number | undefined): MillionSize {
  const ws = least([WS_IN_TIME, ...memoryFor(WS_CLIENT_BYTES), ...descriptors(), ...connectionTable()]);
  const uring =
    wanted === undefined
      ? least([URING_IN_TIME, ...memoryFor(URING_CLIENT_BYTES), ...connectionTable()])
      : { clients: wanted, what: '--clients' };
  return { ws: ws.clients, wsLimit: ws.what, uring: uring.clients, uringLimit: uring.what };
}

function least(limits: readonly Limit[]): Limit {
  const { clients, what } = limits.reduce((least, limit) => (limit.clients < least.clients ? limit : least));
  return { clients: clients > 2_000 ? Math.floor(clients / 1_000) * 1_000 : Math.max(1, Math.floor(clients)), what };
}

function memoryFor(clientBytes: number): Limit[] {
  const free = numberIn('/proc/meminfo', /^MemAvailable:\s+(\d+) kB/mu);
  return free === undefined ? [] : [{ clients: (free * 1024 * SHARE) / clientBytes, what: 'the free memory' }];
}

/** Node raises the soft limit to the hard one when it starts. */
function descriptors(): Limit[] {
  const files = numberIn('/proc/self/limits', /^Max open files\s+\S+\s+(\d+)/mu);
  return files === undefined ? [] : [{ clients: files - OTHER_FILES, what: `the ${files.toLocaleString('en')} descriptors of a process` }];
}

/** Where the kernel tracks connections its table is shared by all of them, those included that have just ended. */
function connectionTable(): Limit[] {
  const rows = numberIn('/proc/sys/net/netfilter/nf_conntrack_max', /(\d+)/u);
  const used = numberIn('/proc/sys/net/netfilter/nf_conntrack_count', /(\d+)/u);
  if (rows === undefined || used === undefined) return [];
  return [{ clients: (rows - used) * SHARE, what: "the kernel's table of connections (nf_conntrack_max)" }];
}

function numberIn(file: string, pattern: RegExp): number | undefined {
  try {
    const found = pattern.exec(readFileSync(file, 'latin1'))?.[1];
    return found === undefined ? undefined : Number(found);
  } catch {
    return undefined; // not Linux, or not part of this kernel
  }
}
