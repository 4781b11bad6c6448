import type { MachineLimits } from './limits-machine.js';

/** What a plan asks of this machine. */
export interface PlanNeeds {
  /** Most clients at one moment. */
  readonly clients: number;
  readonly transport: 'uring' | 'node';
  readonly tls: boolean;
  /** Source addresses in use, those of autoSources() included; 0 when the system chooses. */
  readonly sources: number;
  /** Endpoints that the clients are spread over. */
  readonly targets: number;
  /** The target is on this machine, so that each connection has both its ends here. */
  readonly targetIsLocal: boolean;
  /** Workers of the swarm. */
  readonly threads: number;
}

/** Kernel memory of one end of an idle TCP connection, and of the receive that io_uring keeps armed on it (docs/limits.md). */
const KERNEL_SOCKET_BYTES = 3_600;
const KERNEL_RECEIVE_BYTES = 850;
/** Memory of one client in the process of gwrk: a row of typed arrays; a socket object of Node more; a TLS session more. */
const ROW_BYTES = 400;
const NODE_SOCKET_BYTES = 5_000;
const NODE_TLS_BYTES = 33_000;
/** Node itself, and a worker with its rings and histograms. */
const PROCESS_BYTES = 60e6;
const THREAD_BYTES = 40e6;
/** What is left to everyone else. */
const MEMORY_RESERVE = 0.05;

/** Descriptors that a process of gwrk has open besides its clients: files, pipes, event loops; and those of a worker and of a ring. */
const PROCESS_DESCRIPTORS = 64;
const THREAD_DESCRIPTORS = 16;
const RING_DESCRIPTORS = 1;
/** Rows that one ring can have at most, whatever the limit on descriptors allows. */
const RING_CLIENTS_MAX = 32_768;

/** Linux's default of net.ipv4.ip_local_port_range, and the range that other systems use (RFC 6335). */
const DEFAULT_PORTS = { linux: 28_232, other: 16_384 };

/** Local ports that connections from one address may use. */
export function portsPerAddress(machine: MachineLimits): number {
  if (machine.portFirst === undefined || machine.portLast === undefined) {
    return machine.platform === 'linux' ? DEFAULT_PORTS.linux : DEFAULT_PORTS.other;
  }
  return Math.max(0, machine.portLast - machine.portFirst + 1 - machine.portsReserved);
}

/**
 * Connections that the local ports allow. A port can serve one connection to each target at once, unless Node binds the
 * socket to a source address first: then the port is taken before the target is known.
 */
export function portCapacity(needs: PlanNeeds, machine: MachineLimits): number {
  const isBoundEarly = needs.transport === 'node' && needs.sources > 0;
  return portsPerAddress(machine) * Math.max(1, needs.sources) * (isBoundEarly ? 1 : Math.max(1, needs.targets));
}

/** Clients that one ring holds: its table of direct descriptors may not be larger than RLIMIT_NOFILE. */
export function clientsPerRing(machine: MachineLimits): number {
  return Math.max(1, Math.min(RING_CLIENTS_MAX, machine.descriptorsSoft ?? RING_CLIENTS_MAX));
}

/** Rings of io_uring over all workers; 0 for the node transport. */
export function ringsNeeded(needs: PlanNeeds, machine: MachineLimits): number {
  if (needs.transport === 'node') return 0;
  return needs.threads * Math.max(1, Math.ceil(Math.ceil(needs.clients / needs.threads) / clientsPerRing(machine)));
}

/** File descriptors of the process: with io_uring the clients have none, because their sockets live in the rings' own tables. */
export function descriptorsNeeded(needs: PlanNeeds, machine: MachineLimits): number {
  const fixed = PROCESS_DESCRIPTORS + needs.threads * THREAD_DESCRIPTORS;
  return fixed + (needs.transport === 'node' ? needs.clients : ringsNeeded(needs, machine) * RING_DESCRIPTORS);
}

/** Open files of the whole machine that the connections make. */
export function openFilesNeeded(needs: PlanNeeds): number {
  return needs.clients * (needs.targetIsLocal ? 2 : 1);
}

export interface MemoryNeeds {
  readonly kernelBytes: number;
  readonly swarmBytes: number;
  /** Of the kernel and the swarm together, for each client. */
  readonly perClientBytes: number;
}

/** Memory that the plan takes, without what the server's own program needs and without bytes that wait in queues. */
export function memoryNeeded(needs: PlanNeeds): MemoryNeeds {
  const kernelClientBytes = (KERNEL_SOCKET_BYTES + KERNEL_RECEIVE_BYTES) * (needs.targetIsLocal ? 2 : 1);
  const userClientBytes = ROW_BYTES + (needs.transport === 'node' ? NODE_SOCKET_BYTES + (needs.tls ? NODE_TLS_BYTES : 0) : 0);
  return {
    kernelBytes: needs.clients * kernelClientBytes,
    swarmBytes: PROCESS_BYTES + needs.threads * THREAD_BYTES + needs.clients * userClientBytes,
    perClientBytes: kernelClientBytes + userClientBytes,
  };
}

/** Bytes that the plan may take of what is available. */
export function memoryUsable(machine: MachineLimits): number {
  return machine.memoryAvailableBytes * (1 - MEMORY_RESERVE);
}
