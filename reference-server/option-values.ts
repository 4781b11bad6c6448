import { isIP } from 'node:net';
import { GwrkError } from '../src/core/errors.js';

function refuse(flag: string, given: string, allowed: string): GwrkError {
  return new GwrkError('GWRK_USAGE', `${flag} does not take this value`, { where: flag, given, allowed });
}

const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1_000, m: 1_000_000 };

/** A whole number in low .. high, with k and m for thousands and millions. */
export function parseCount(flag: string, given: string, low: number, high: number): number {
  const match = /^(\d{1,10})([km]?)$/i.exec(given);
  const value = match ? Number(match[1]) * FACTORS[match[2]!.toLowerCase()]! : Number.NaN;
  if (!(value >= low && value <= high)) throw refuse(flag, given, `a whole number from ${low} to ${high} (k and m may follow)`);
  return value;
}

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

/** A duration such as 500ms, 10s or 2m, as whole milliseconds in lowMs .. highMs. */
export function parseDurationMs(flag: string, given: string, lowMs: number, highMs: number): number {
  const match = /^(\d{1,9}(?:\.\d{1,3})?)(ms|s|m|h)$/.exec(given);
  const valueMs = match ? Math.round(Number(match[1]) * UNITS_MS[match[2]!]!) : Number.NaN;
  if (!(valueMs >= lowMs && valueMs <= highMs)) {
    throw refuse(flag, given, `a duration from ${lowMs}ms to ${highMs / 1_000}s, such as 500ms, 10s or 2m`);
  }
  return valueMs;
}

/** A TCP port; 0 picks a free one. */
export function parsePort(flag: string, given: string): number {
  if (!/^\d{1,5}$/.test(given) || Number(given) > 65_535) throw refuse(flag, given, 'a port from 0 (any free one) to 65535');
  return Number(given);
}

export function parseChoice<Choice extends string>(flag: string, given: string, choices: readonly Choice[]): Choice {
  const choice = choices.find((candidate) => candidate === given);
  if (choice === undefined) throw refuse(flag, given, choices.join(', '));
  return choice;
}

/** A numeric address, or localhost (which is 127.0.0.1 here, whatever the resolver says). */
export function parseHost(flag: string, given: string): string {
  if (given === 'localhost') return '127.0.0.1';
  const address = given.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address) === 0) throw refuse(flag, given, 'an IPv4 or IPv6 address of this machine, or localhost');
  return address;
}

/** An Origin header as browsers write it: scheme, host and perhaps a port. */
export function parseOrigin(flag: string, given: string): string {
  const url = URL.canParse(given) ? new URL(given) : undefined;
  if (url === undefined || url.origin !== given) throw refuse(flag, given, 'scheme://host[:port] in lower case, without a path');
  return given;
}
