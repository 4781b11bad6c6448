import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chooseTransport } from '../net/create-transport.js';
import type { DoctorLine } from './doctor-line.js';
import { type MachineLimits, readMachine } from './limits-machine.js';

const WS_FLOOR = [8, 21] as const;
const NODE_FLOOR = 20;
const FEW_DESCRIPTORS = 65_536;
const FEW_PORTS = 20_000;

const count = (value: number | undefined): string => {
  return value === undefined ? 'unknown' : value === Number.POSITIVE_INFINITY ? 'unlimited' : String(value);
};

export function nodeLine(version = process.versions.node): DoctorLine {
  const isNew = Number(version.split('.')[0]) >= NODE_FLOOR;
  return {
    id: 'node',
    level: isNew ? 'ok' : 'no',
    text: `node ${version}`,
    required: true,
    ...(isNew ? {} : { fix: `install Node ${NODE_FLOOR} or newer` }),
  };
}

/** Older ones let a peer that sends tiny fragments eat the server's memory (CVE-2026-48779). */
export function wsLine(version = installedWs()): DoctorLine {
  const [major = 0, minor = 0] = (version ?? '').split('.').map(Number);
  const isNew = major > WS_FLOOR[0] || (major === WS_FLOOR[0] && minor >= WS_FLOOR[1]);
  const text = version === undefined ? 'ws is not installed' : `ws ${version} (>= ${WS_FLOOR.join('.')})`;
  return { id: 'ws', level: isNew ? 'ok' : 'no', text, required: true, ...(isNew ? {} : { fix: 'npm install' }) };
}

function installedWs(): string | undefined {
  try {
    const path = createRequire(import.meta.url).resolve('ws/package.json');
    return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
  } catch {
    return undefined;
  }
}

export function descriptorsLine({ descriptorsSoft, descriptorsHard }: MachineLimits = readMachine()): DoctorLine {
  const isEnough = descriptorsSoft === undefined || descriptorsSoft >= FEW_DESCRIPTORS;
  return {
    id: 'descriptors',
    level: isEnough ? 'ok' : 'warn',
    text: `file descriptors ${count(descriptorsSoft)} of ${count(descriptorsHard)}`,
    ...(isEnough ? {} : { fix: `ulimit -n ${FEW_DESCRIPTORS * 16}, or --transport uring, which needs few` }),
  };
}

export function portsLine({ portFirst, portLast }: MachineLimits = readMachine()): DoctorLine {
  if (portFirst === undefined || portLast === undefined) return { id: 'ports', level: 'info', text: 'the range of local ports is unknown' };
  const isEnough = portLast - portFirst + 1 >= FEW_PORTS;
  return {
    id: 'ports',
    level: isEnough ? 'ok' : 'warn',
    text: `local ports ${portFirst}-${portLast}`,
    ...(isEnough ? {} : { fix: 'sysctl -w net.ipv4.ip_local_port_range="1024 65535"' }),
  };
}

export function uringLine(): DoctorLine {
  const { kind, reason } = chooseTransport({ wanted: 'auto', tls: false });
  if (kind === 'uring') return { id: 'io-uring', level: 'ok', text: 'io_uring (accepted, connected, sent and received once)' };
  return { id: 'io-uring', level: 'no', text: reason, fix: 'gwrk then uses sockets of Node, slower and with a descriptor a client' };
}
