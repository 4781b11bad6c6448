import { isIPv4, isIPv6 } from 'node:net';

/** A numeric address. Not for hot paths: the value is a BigInt. */
export interface IpAddress {
  readonly family: 4 | 6;
  /** 0 .. 2^32 - 1 or 0 .. 2^128 - 1. */
  readonly value: bigint;
}

/** A block of addresses that share their first `prefix` bits. */
export interface IpBlock extends IpAddress {
  readonly prefix: number;
}

/** The address that a dotted quad or an IPv6 text (without brackets and zone) says; undefined for anything else, octal and decimal forms included. */
export function parseIp(text: string): IpAddress | undefined {
  if (isIPv4(text)) return { family: 4, value: text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n) };
  if (!isIPv6(text) || text.includes('%')) return undefined;
  // The URL parser writes a trailing dotted quad as two groups and leaves one "::" at most (WHATWG URL, IPv6 serializer).
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::');
  const left = head === '' ? [] : head.split(':');
  const right = tail === undefined || tail === '' ? [] : tail.split(':');
  const groups = [...left, ...new Array<string>(8 - left.length - right.length).fill('0'), ...right];
  return { family: 6, value: groups.reduce((sum, group) => sum * 65536n + BigInt(`0x${group}`), 0n) };
}

/** "127.0.0.1", or IPv6 in the short form of RFC 5952. */
export function formatIp({ family, value }: IpAddress): string {
  if (family === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => ((value >> BigInt(112 - 16 * index)) & 65535n).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

/** The block that "10.0.0.0/8" says, its value being the first address; undefined for anything else. */
export function parseIpBlock(text: string): IpBlock | undefined {
  const [addressText = '', prefixText = '', ...rest] = text.split('/');
  const address = parseIp(addressText);
  if (address === undefined || rest.length > 0 || !/^\d{1,3}$/.test(prefixText)) return undefined;
  const bits = address.family === 4 ? 32 : 128;
  const prefix = Number(prefixText);
  if (prefix > bits) return undefined;
  const hostBits = BigInt(bits - prefix);
  return { family: address.family, value: (address.value >> hostBits) << hostBits, prefix };
}

export function isInBlock(address: IpAddress, block: IpBlock): boolean {
  if (address.family !== block.family) return false;
  const hostBits = BigInt((block.family === 4 ? 32 : 128) - block.prefix);
  return address.value >> hostBits === block.value >> hostBits;
}
