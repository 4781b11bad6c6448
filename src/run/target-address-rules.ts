import { type IpAddress, type IpBlock, isInBlock, parseIpBlock } from '../core/ip-address.js';

export interface Verdict {
  /** open: nobody else is harmed. consent: the user must have named it. never: no flag opens it. */
  readonly verdict: 'open' | 'consent' | 'never';
  /** What kind of address it is, for a sentence. */
  readonly what: string;
}

interface Rule extends Verdict {
  readonly block: IpBlock;
}

const rule = (block: string, verdict: Verdict['verdict'], what: string): Rule => ({ block: parseIpBlock(block)!, verdict, what });

/** First match wins (RFC 6890 and the IANA special-purpose registries; the metadata services of the large clouds). */
const RULES: readonly Rule[] = [
  rule('169.254.169.254/32', 'never', 'the metadata service of a cloud'),
  rule('100.100.100.200/32', 'never', 'the metadata service of a cloud'),
  rule('168.63.129.16/32', 'never', 'the metadata service of a cloud'),
  rule('192.0.0.192/32', 'never', 'the metadata service of a cloud'),
  rule('fd00:ec2::/32', 'never', 'the metadata service of a cloud'),
  rule('fd20:ce::254/128', 'never', 'the metadata service of a cloud'),
  rule('0.0.0.0/8', 'never', 'an address of no host'),
  rule('127.0.0.0/8', 'open', 'a loopback address'),
  rule('10.0.0.0/8', 'open', 'a private address'),
  rule('172.16.0.0/12', 'open', 'a private address'),
  rule('192.168.0.0/16', 'open', 'a private address'),
  rule('169.254.0.0/16', 'never', 'a link-local address'),
  rule('224.0.0.0/4', 'never', 'a multicast address'),
  rule('255.255.255.255/32', 'never', 'the broadcast address'),
  rule('240.0.0.0/4', 'never', 'a reserved address'),
  rule('::1/128', 'open', 'a loopback address'),
  // The unspecified address and the abandoned "IPv4-compatible" ones.
  rule('::/96', 'never', 'an address of no host'),
  rule('fc00::/7', 'open', 'a private address'),
  rule('fe80::/10', 'never', 'a link-local address'),
  rule('fec0::/10', 'never', 'a site-local address'),
  rule('ff00::/8', 'never', 'a multicast address'),
];

const MAPPED = parseIpBlock('::ffff:0:0/96')!;
/** Ways through IPv6 to an IPv4 address: NAT64 (RFC 6052, RFC 8215) and 6to4 (RFC 3056), with the place of its 32 bits. */
const CARRIERS: readonly { readonly block: IpBlock; readonly shift: bigint }[] = [
  { block: parseIpBlock('64:ff9b::/96')!, shift: 0n },
  { block: parseIpBlock('64:ff9b:1::/48')!, shift: 0n },
  { block: parseIpBlock('2002::/16')!, shift: 80n },
];

/** The IPv4 address inside ::ffff:a.b.c.d; any other address as it is. */
export function unmapped(address: IpAddress): IpAddress {
  return isInBlock(address, MAPPED) ? { family: 4, value: address.value & 0xffffffffn } : address;
}

/** Whether a load may go to this address. An IPv4 address inside an IPv6 one counts for what it is. */
export function judgeAddress(given: IpAddress): Verdict {
  const address = unmapped(given);
  const carrier = CARRIERS.find(({ block }) => isInBlock(address, block));
  if (carrier !== undefined) {
    const carried = judgeAddress({ family: 4, value: (address.value >> carrier.shift) & 0xffffffffn });
    return carried.verdict === 'never' ? carried : { verdict: 'consent', what: 'a translated address' };
  }
  return RULES.find(({ block }) => isInBlock(address, block)) ?? { verdict: 'consent', what: 'a public address' };
}
