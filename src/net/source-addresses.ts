import { GwrkError } from '../core/errors.js';
import { formatIp, type IpAddress, parseIp, parseIpBlock } from '../core/ip-address.js';
import type { Endpoint } from './transport.js';

const MOST_ADDRESSES = 65_536;
const ALLOWED = `an address (127.0.1.1), a range (127.0.1.1-127.0.1.20) or a block (127.0.1.0/24); at most ${MOST_ADDRESSES} addresses in all`;

/** Above this part of the port range the kernel's search for a free port gets slow. */
const COMFORTABLE_SHARE = 0.2;
/** 127.0.1.1 .. 127.0.255.254: all of 127/8 is this machine on Linux, and 127.0.0.x is left to its servers. */
const LOOPBACK_NETWORKS = 255;
const LOOPBACK_HOSTS = 254;

interface Range {
  readonly family: 4 | 6;
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * The numeric addresses that the texts of --source-ip or sourceIps say, in their order, each once. An IPv4 block stands
 * for its hosts (without the first and last address, but for /31 and /32), an IPv6 block for all of it.
 * Throws GWRK_USAGE for a text that is none of the forms, for addresses that cannot send, and beyond 65,536 addresses.
 */
export function expandSources(specs: readonly string[]): string[] {
  const addresses = new Set<string>();
  for (const spec of specs) {
    const { family, first, last } = parseRange(spec);
    if (last - first >= MOST_ADDRESSES) throw wrong(spec, `a source holds ${last - first + 1n} addresses`);
    for (let value = first; value <= last; value++) {
      const address = { family, value };
      if (!canSend(address)) throw wrong(spec, `${formatIp(address)} cannot be the source of a connection`);
      addresses.add(formatIp(address));
    }
    if (addresses.size > MOST_ADDRESSES) throw wrong(spec, 'the sources together hold too many addresses');
  }
  return [...addresses];
}

/**
 * Source addresses for a target on IPv4 loopback when the clients would crowd the ports of one address: 127.0.1.1,
 * 127.0.1.2, ..., so many that each has a fifth of its ports in use at most. [] where one address is enough, and where
 * the system has no further loopback addresses by itself (only Linux has).
 */
export function autoSources(
  target: Endpoint,
  clients: number,
  portsPerAddress: number,
  platform: NodeJS.Platform = process.platform,
): string[] {
  const comfortable = Math.max(1, Math.floor(portsPerAddress * COMFORTABLE_SHARE));
  if (platform !== 'linux' || target.family !== 4 || !target.address.startsWith('127.') || clients <= comfortable) return [];
  const count = Math.min(Math.ceil(clients / comfortable), LOOPBACK_NETWORKS * LOOPBACK_HOSTS);
  return Array.from({ length: count }, (_, index) => `127.0.${1 + Math.floor(index / LOOPBACK_HOSTS)}.${1 + (index % LOOPBACK_HOSTS)}`);
}

function parseRange(spec: string): Range {
  const text = spec.trim();
  const block = parseIpBlock(text);
  if (block !== undefined) {
    const bits = block.family === 4 ? 32 : 128;
    const last = block.value + (1n << BigInt(bits - block.prefix)) - 1n;
    const hostsOnly = block.family === 4 && block.prefix <= 30;
    return { family: block.family, first: hostsOnly ? block.value + 1n : block.value, last: hostsOnly ? last - 1n : last };
  }
  const ends = text.split('-').map((end) => parseIp(end.trim()));
  const first = ends[0];
  const last = ends.length === 1 ? first : ends[1];
  if (ends.length > 2 || first === undefined || last === undefined) throw wrong(spec, 'a source address is not one that gwrk understands');
  if (first.family !== last.family) throw wrong(spec, 'a range of sources mixes IPv4 and IPv6');
  if (first.value > last.value) throw wrong(spec, 'a range of sources ends before it starts');
  return { family: first.family, first: first.value, last: last.value };
}

/** Not so: 0/8, multicast and above (224/4, 240/4), the IPv6 unspecified address and ff00::/8. */
function canSend({ family, value }: IpAddress): boolean {
  return family === 4 ? value >> 24n !== 0n && value >> 24n < 224n : value !== 0n && value >> 120n !== 0xffn;
}

function wrong(given: string, summary: string): GwrkError {
  return new GwrkError('GWRK_USAGE', summary, { where: '--source-ip', given, allowed: ALLOWED });
}
