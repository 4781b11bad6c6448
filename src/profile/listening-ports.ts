import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A socket that a process waits on for connections. */
export interface ListeningPort {
  /** As a URL writes it: "127.0.0.1", "[::1]". */
  readonly host: string;
  readonly port: number;
}

/** State column of /proc/net/tcp: TCP_LISTEN. */
const LISTEN = '0A';

/**
 * TCP ports that this process listens on: the sockets among its descriptors that stand as LISTEN in /proc/PID/net/tcp and
 * tcp6. Empty when the process is gone or not ours to read.
 */
export function listeningPorts(pid: number): ListeningPort[] {
  const inodes = socketInodes(pid);
  if (inodes.size === 0) return [];
  return ['tcp', 'tcp6'].flatMap((table) => {
    try {
      return parseListening(readFileSync(`/proc/${pid}/net/${table}`, 'latin1'), inodes);
    } catch {
      return [];
    }
  });
}

/** The rows of one table (proc_net_tcp(5)) that listen and belong to these sockets. */
export function parseListening(table: string, inodes: ReadonlySet<string>): ListeningPort[] {
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode = ''] = line.trim().split(/\s+/u);
    if (state !== LISTEN || !inodes.has(inode)) return [];
    const [address = '', port = ''] = local.split(':');
    return [{ host: hostOf(address), port: Number.parseInt(port, 16) }];
  });
}

/** Inodes of the sockets among the descriptors of a process. */
function socketInodes(pid: number): Set<string> {
  const inodes = new Set<string>();
  try {
    for (const fd of readdirSync(`/proc/${pid}/fd`)) {
      const inode = inodeOf(`/proc/${pid}/fd/${fd}`);
      if (inode !== undefined) inodes.add(inode);
    }
  } catch {
    // gone, or another user's
  }
  return inodes;
}

function inodeOf(path: string): string | undefined {
  try {
    return /^socket:\[(\d+)\]$/u.exec(readlinkSync(path))?.[1];
  } catch {
    return undefined; // closed meanwhile
  }
}

/** The kernel writes addresses as 32-bit words of this machine's byte order: "0100007F" is 127.0.0.1 on a little-endian one. */
function hostOf(hex: string): string {
  const bytes = (hex.match(/.{8}/gu) ?? []).flatMap((word) => {
    const octets = (word.match(/../gu) ?? []).map((octet) => Number.parseInt(octet, 16));
    return isLittleEndian ? octets.reverse() : octets;
  });
  const isMapped = bytes.length === 16 && bytes.slice(0, 12).every((byte, index) => byte === (index >= 10 ? 0xff : 0));
  const octets = isMapped ? bytes.slice(12) : bytes;
  // Who listens on all addresses is reached on loopback.
  if (octets.every((byte) => byte === 0)) return '127.0.0.1';
  if (octets.length === 4) return octets.join('.');
  const words = Array.from({ length: 8 }, (_, i) => ((octets[2 * i]! << 8) | octets[2 * i + 1]!).toString(16));
  return new URL(`http://[${words.join(':')}]`).hostname;
}

const isLittleEndian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1;
