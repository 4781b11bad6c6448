import { isIPv6 } from 'node:net';
import { AF_INET, AF_INET6 } from './kernel-constants.js';

/** Bytes of sockaddr_in and sockaddr_in6. */
export const SOCKADDR_IN_BYTES = 16;
export const SOCKADDR_IN6_BYTES = 28;

/** `address` ("127.0.0.1", "::1", without a zone) and `port` as the kernel's sockaddr; throws RangeError on other text. */
export function encodeSocketAddress(address: string, port: number): Uint8Array {
  const out = new Uint8Array(isIPv6(address) ? SOCKADDR_IN6_BYTES : SOCKADDR_IN_BYTES);
  out[0] = isIPv6(address) ? AF_INET6 : AF_INET;
  out[2] = port >> 8;
  out[3] = port & 255;
  if (isIPv6(address)) out.set(ipv6Bytes(address), 8);
  else out.set(ipv4Bytes(address), 4);
  return out;
}

function ipv4Bytes(address: string): number[] {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255))) throw new RangeError(`not an IP address: ${address}`);
  return parts;
}

function ipv6Bytes(address: string): number[] {
  const dotted = address.lastIndexOf('.') > 0 ? address.slice(address.lastIndexOf(':') + 1) : '';
  const tail = dotted ? ipv4Bytes(dotted) : [];
  const text = dotted ? address.slice(0, -dotted.length).replace(/([^:]):$/, '$1') : address;
  const [left = '', right] = text.split('::');
  const groups = (part: string): number[] =>
    part
      .split(':')
      .filter(Boolean)
      .flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 255]);
  const head = groups(left);
  const end = right === undefined ? tail : [...groups(right), ...tail];
  return [...head, ...new Array<number>(16 - head.length - end.length).fill(0), ...end];
}

/** "127.0.0.1:9000" or "[::1]:9000" of a sockaddr. */
export function formatSocketAddress(bytes: Uint8Array, at: number): string {
  const port = (bytes[at + 2]! << 8) | bytes[at + 3]!;
  if (bytes[at] === AF_INET) return `${bytes.subarray(at + 4, at + 8).join('.')}:${port}`;
  const groups: string[] = [];
  for (let i = 0; i < 8; i++) groups.push(((bytes[at + 8 + i * 2]! << 8) | bytes[at + 9 + i * 2]!).toString(16));
  return `[${groups.join(':').replace(/(^|:)0(:0)+(:|$)/, '::')}]:${port}`;
}
