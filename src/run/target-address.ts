import { lookup as dnsLookup } from 'node:dns/promises';
import { GwrkError } from '../core/errors.js';
import { formatIp, parseIp } from '../core/ip-address.js';
import type { Endpoint } from '../net/transport.js';
import { withoutQuery } from '../scenario/target-kind.js';
import { hostOf, type Target } from './target-address-parse.js';
import { judgeAddress, unmapped } from './target-address-rules.js';

export { parseTarget, type Target, type TargetKind } from './target-address-parse.js';

const LOOKUP_TIMEOUT_MS = 10_000;

/** Every address of a name. */
export type Lookup = (hostname: string) => Promise<readonly { readonly address: string }[]>;

export interface TargetConsent {
  /** The target was typed on the command line, which is consent. */
  readonly typed: boolean;
  /** host or host:port of each --allow-target. */
  readonly allow: readonly string[];
}

const systemLookup: Lookup = (hostname) => dnsLookup(hostname, { all: true, verbatim: true });

/**
 * The endpoints of a target, to be connected to as they are: a name is asked for once, and never again during the run.
 * A name with addresses of both families stands for its IPv4 ones. Throws GWRK_TARGET_UNRESOLVED, and
 * GWRK_TARGET_NOT_ALLOWED for a target without consent (security.md G4) or one that no consent can open.
 */
export async function resolveTarget(target: Target, consent: TargetConsent, lookup: Lookup = systemLookup): Promise<Endpoint[]> {
  const literal = parseIp(target.hostname);
  const texts = literal === undefined ? await addressesOf(target, lookup) : [target.hostname];
  const addresses = texts.map((text) => parseIp(text.split('%')[0]!)).filter((address) => address !== undefined);
  if (addresses.length === 0) throw unresolved(target, 'the resolver knows no address of it');

  const consented = consent.typed || consent.allow.some((entry) => allows(entry, target));
  for (const address of addresses) {
    const { verdict, what } = judgeAddress(address);
    const text = formatIp(address);
    if (verdict === 'never') {
      throw new GwrkError('GWRK_TARGET_NOT_ALLOWED', `${naming(target, text)}${what}: gwrk never loads it`, {
        given: withoutQuery(target.url),
        hint: 'choose the address of the server itself',
      });
    }
    if (verdict === 'consent' && !consented) {
      throw new GwrkError('GWRK_TARGET_NOT_ALLOWED', `${naming(target, text)}${what}, and stands only in a scenario file`, {
        given: withoutQuery(target.url),
        allowed: 'loopback and private addresses',
        hint: `if you may load it, type the target on the command line, or add --allow-target ${target.authority}`,
      });
    }
  }
  const endpoints = new Map(
    addresses
      .map(unmapped)
      .map((address) => [formatIp(address), { address: formatIp(address), family: address.family, port: target.port }]),
  );
  const all = [...endpoints.values()];
  const fourth = all.filter(({ family }) => family === 4);
  return fourth.length > 0 ? fourth : all;
}

async function addressesOf(target: Target, lookup: Lookup): Promise<string[]> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${LOOKUP_TIMEOUT_MS / 1000} s`)), LOOKUP_TIMEOUT_MS);
  });
  try {
    return (await Promise.race([lookup(target.hostname), timeout])).map(({ address }) => address);
  } catch (error) {
    throw unresolved(target, error instanceof Error ? error.message : String(error), error);
  } finally {
    clearTimeout(timer);
  }
}

/** "example.com is 93.184.216.34, ", or the address alone where that is how it was written. */
function naming({ hostname }: Target, address: string): string {
  return hostname === address ? `${address} is ` : `${hostname} is ${address}, `;
}

function unresolved(target: Target, why: string, cause?: unknown): GwrkError {
  return new GwrkError('GWRK_TARGET_UNRESOLVED', `${target.hostname} has no address: ${why}`, { given: withoutQuery(target.url), cause });
}

/** An entry names a host exactly, in any of its spellings, with or without a port. */
function allows(entry: string, target: Target): boolean {
  const { hostname, port } = hostOf(entry, '--allow-target');
  return hostname === target.hostname && (port === undefined || port === target.port);
}
