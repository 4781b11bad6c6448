import { GwrkError } from '../core/errors.js';
import type { MachineLimits } from './limits-machine.js';
import {
  clientsPerRing,
  descriptorsNeeded,
  memoryNeeded,
  memoryUsable,
  openFilesNeeded,
  type PlanNeeds,
  portCapacity,
  portsPerAddress,
  ringsNeeded,
} from './limits-needs.js';

export { type MachineLimits, readMachine } from './limits-machine.js';
export { type PlanNeeds, portsPerAddress, ringsNeeded } from './limits-needs.js';

/**
 * What stops the plan on this machine, before anything is started: one error a limit, each with the number of clients
 * that would fit and the way to raise the limit. [] when the plan fits; a limit that is unknown stops nothing.
 */
export function checkLimits(needs: PlanNeeds, machine: MachineLimits): GwrkError[] {
  return [descriptorError(needs, machine), openFilesError(needs, machine), portError(needs, machine), memoryError(needs, machine)].filter(
    (error) => error !== undefined,
  );
}

function descriptorError(needs: PlanNeeds, machine: MachineLimits): GwrkError | undefined {
  const limit = machine.descriptorsSoft;
  const needed = descriptorsNeeded(needs, machine);
  if (limit === undefined || needed <= limit) return undefined;
  const fixed = needed - needs.clients;
  const raise =
    machine.descriptorsHard !== undefined && machine.descriptorsHard >= needed
      ? `ulimit -n ${needed}`
      : `raise the hard limit as root (ulimit -Hn ${needed}, LimitNOFILE=${needed} in systemd, --ulimit nofile=${needed} in docker)`;
  return new GwrkError(
    'GWRK_LIMIT_DESCRIPTORS',
    needs.transport === 'node'
      ? `the node transport needs a file descriptor a client, ${count(needed)} in all`
      : `${count(ringsNeeded(needs, machine))} rings need ${count(needed)} file descriptors`,
    {
      given: clients(needs.clients),
      allowed: `${count(limit)} descriptors${needs.transport === 'node' ? `: ${clients(Math.max(0, limit - fixed))}` : ''}`,
      hint: needs.transport === 'node' && !needs.tls && machine.platform === 'linux' ? `${raise}, or use --transport uring` : raise,
    },
  );
}

function openFilesError(needs: PlanNeeds, machine: MachineLimits): GwrkError | undefined {
  const needed = openFilesNeeded(needs);
  if (machine.openFilesMax === undefined || needed <= machine.openFilesMax) return undefined;
  const perClient = needed / needs.clients;
  return new GwrkError('GWRK_LIMIT_DESCRIPTORS', `the connections are ${count(needed)} open files of this machine`, {
    given: clients(needs.clients),
    allowed: `fs.file-max is ${count(machine.openFilesMax)}: ${clients(Math.floor(machine.openFilesMax / perClient))}`,
    hint: `sysctl -w fs.file-max=${Math.ceil((needed * 11) / 10)}`,
  });
}

function portError(needs: PlanNeeds, machine: MachineLimits): GwrkError | undefined {
  const capacity = portCapacity(needs, machine);
  if (needs.clients <= capacity) return undefined;
  const perAddress = capacity / Math.max(1, needs.sources);
  const wide = 'sysctl -w net.ipv4.ip_local_port_range="1024 65535"';
  const more =
    perAddress === 0
      ? ''
      : ` or use ${count(Math.ceil(needs.clients / perAddress))} source addresses (--source-ip, here ${count(perAddress)} clients each)`;
  return new GwrkError('GWRK_LIMIT_PORTS', `${clients(needs.clients)} need as many local ports`, {
    given: `${plural(Math.max(1, needs.sources), 'source address')}, ${plural(needs.targets, 'target address')}`,
    allowed: `${count(portsPerAddress(machine))} ports a source address: ${clients(capacity)}`,
    hint: machine.platform === 'linux' ? `${wide}${more}` : `widen the range of ephemeral ports${more}`,
  });
}

function memoryError(needs: PlanNeeds, machine: MachineLimits): GwrkError | undefined {
  const { kernelBytes, swarmBytes, perClientBytes } = memoryNeeded(needs);
  const needed = kernelBytes + swarmBytes;
  const usable = memoryUsable(machine);
  if (needed <= usable) return undefined;
  const fitting = Math.max(0, Math.floor((usable - (needed - needs.clients * perClientBytes)) / perClientBytes));
  return new GwrkError('GWRK_LIMIT_MEMORY', `${clients(needs.clients)} take about ${size(needed)} of memory`, {
    given: clients(needs.clients),
    allowed: `${size(machine.memoryAvailableBytes)} available: ${clients(fitting)}`,
    hint: needs.targetIsLocal ? 'lower the number of clients, or run the server on another machine' : 'lower the number of clients',
  });
}

/** What the plan takes of this machine, a line each, for --dry-run. */
export function describeNeeds(needs: PlanNeeds, machine: MachineLimits): string[] {
  const memory = memoryNeeded(needs);
  const rings = ringsNeeded(needs, machine);
  const capacity = portCapacity(needs, machine);
  const lines = [
    `threads      ${plural(needs.threads, 'worker')} on ${plural(machine.cores, 'core')}`,
    `descriptors  ${count(descriptorsNeeded(needs, machine))} of ${known(machine.descriptorsSoft)} (${needs.transport} transport)`,
    `open files   ${count(openFilesNeeded(needs))} of ${known(machine.openFilesMax)} on the whole machine`,
    `ports        ${count(needs.clients)} of ${count(capacity)} (${plural(Math.max(1, needs.sources), 'source address')}, ${count(portsPerAddress(machine))} ports each)`,
    `memory       ${size(memory.kernelBytes + memory.swarmBytes)} of ${size(machine.memoryAvailableBytes)} (kernel ${size(memory.kernelBytes)}, swarm ${size(memory.swarmBytes)}; the server's own is not in it)`,
  ];
  if (rings > 0) lines.splice(2, 0, `rings        ${count(rings)}, each of ${count(clientsPerRing(machine))} clients at most`);
  return [...lines, ...notes(needs, machine)];
}

/** What does not stop the plan but may slow or spoil it. */
function notes(needs: PlanNeeds, machine: MachineLimits): string[] {
  const { somaxconn, trackedMax, tcpQueueMaxBytes } = machine;
  const lines: string[] = [];
  if (needs.targetIsLocal && somaxconn !== undefined && somaxconn < 4_096)
    lines.push(`note         net.core.somaxconn is ${count(somaxconn)}: a fast ramp overflows the server's accept queue`);
  if (trackedMax !== undefined && needs.clients > trackedMax)
    lines.push(`note         net.netfilter.nf_conntrack_max is ${count(trackedMax)}: beyond it the firewall drops connections`);
  const queueBytes = tcpQueueMaxBytes === undefined ? Infinity : tcpQueueMaxBytes / Math.max(1, openFilesNeeded(needs));
  if (queueBytes < 4_096)
    lines.push(`note         net.ipv4.tcp_mem allows ${count(Math.floor(queueBytes))} bytes in flight a connection, were all busy at once`);
  return lines;
}

const count = (value: number): string => (value === Infinity ? 'unlimited' : value.toLocaleString('en-US'));
const known = (value: number | undefined): string => (value === undefined ? 'unknown' : count(value));
const clients = (value: number): string => plural(value, 'client');
const size = (bytes: number): string => (bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`);

function plural(value: number, noun: string): string {
  return `${count(value)} ${value === 1 ? noun : noun.endsWith('ss') ? `${noun}es` : `${noun}s`}`;
}
