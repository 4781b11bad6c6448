import { readFileSync } from 'node:fs';
import { availableParallelism, freemem } from 'node:os';

/** What this machine has. A field is undefined where the system does not say. */
export interface MachineLimits {
  readonly platform: NodeJS.Platform;
  readonly cores: number;
  /** RLIMIT_NOFILE of this process; Infinity for "unlimited". Node raises the soft one to the hard one when it starts. */
  readonly descriptorsSoft: number | undefined;
  readonly descriptorsHard: number | undefined;
  /** fs.file-max: open files of the whole machine, sockets included. */
  readonly openFilesMax: number | undefined;
  /** net.ipv4.ip_local_port_range, both ends included. */
  readonly portFirst: number | undefined;
  readonly portLast: number | undefined;
  /** How many ports of that range net.ipv4.ip_local_reserved_ports takes out. */
  readonly portsReserved: number;
  /** net.core.somaxconn: the longest accept queue of a server here. */
  readonly somaxconn: number | undefined;
  /** Memory that programs can still get; a container's limit counts. */
  readonly memoryAvailableBytes: number;
  /** net.ipv4.tcp_mem[2]: all bytes in all TCP queues. */
  readonly tcpQueueMaxBytes: number | undefined;
  /** nf_conntrack_max where connections are being tracked. */
  readonly trackedMax: number | undefined;
}

const PAGE_BYTES = 4096;

/** Reads a small file of /proc; undefined where it is not there. */
export type ReadFact = (path: string) => string | undefined;

const readProc: ReadFact = (path) => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
};

/** The limits of this machine and process at this moment. Never throws; what cannot be read is undefined. */
export function readMachine(read: ReadFact = readProc, platform: NodeJS.Platform = process.platform): MachineLimits {
  const [, soft, hard] = /^Max open files\s+(\S+)\s+(\S+)/mu.exec(read('/proc/self/limits') ?? '') ?? [];
  const [portFirst, portLast] = numbers(read('/proc/sys/net/ipv4/ip_local_port_range'));
  const tcpQueuePages = numbers(read('/proc/sys/net/ipv4/tcp_mem'))[2];
  const tracked = numbers(read('/proc/sys/net/netfilter/nf_conntrack_count'))[0] ?? 0;
  return {
    platform,
    cores: availableParallelism(),
    descriptorsSoft: limit(soft),
    descriptorsHard: limit(hard),
    openFilesMax: numbers(read('/proc/sys/fs/file-max'))[0],
    portFirst,
    portLast,
    portsReserved: portFirst === undefined || portLast === undefined ? 0 : reserved(read, portFirst, portLast),
    somaxconn: numbers(read('/proc/sys/net/core/somaxconn'))[0],
    memoryAvailableBytes: memoryAvailable(read),
    tcpQueueMaxBytes: tcpQueuePages === undefined ? undefined : tcpQueuePages * PAGE_BYTES,
    // The module may be loaded without any rule that tracks: then its table stays empty and limits nothing.
    trackedMax: tracked > 0 ? numbers(read('/proc/sys/net/netfilter/nf_conntrack_max'))[0] : undefined,
  };
}

function numbers(text: string | undefined): number[] {
  return (text?.trim().split(/\s+/u) ?? []).map(Number).filter((value) => Number.isFinite(value));
}

function limit(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return text === 'unlimited' ? Infinity : Number(text);
}

/** The kernel writes the reserved ports as "8080,9000-9010"; ranges never overlap. */
function reserved(read: ReadFact, first: number, last: number): number {
  let count = 0;
  for (const part of (read('/proc/sys/net/ipv4/ip_local_reserved_ports') ?? '').trim().split(',')) {
    const [from, to = from] = part.split('-').map(Number);
    if (part === '' || from === undefined || to === undefined) continue;
    count += Math.max(0, Math.min(to, last) - Math.max(from, first) + 1);
  }
  return count;
}

function memoryAvailable(read: ReadFact): number {
  const kilobytes = /^MemAvailable:\s+(\d+) kB/mu.exec(read('/proc/meminfo') ?? '')?.[1];
  const machine = kilobytes === undefined ? freemem() : Number(kilobytes) * 1024;
  // Node 20.13 and later know the limit of a container (cgroups), which /proc/meminfo does not show.
  const { availableMemory } = process as { availableMemory?: () => number };
  return Math.min(machine, availableMemory?.() ?? machine);
}
