import { InvalidArgumentError } from 'commander';
import { COUNT_FORM, DURATION_FORM, parseCount, parseDurationUs, parseQuantity, parseShare, RATE_FORM } from '../scenario/units.js';

/** "10k" -> 10,000. */
export function countFrom(least: number): (text: string) => number {
  return (text) => {
    const count = parseCount(text);
    if (count === undefined || count < least) throw new InvalidArgumentError(`Allowed: ${COUNT_FORM}, at least ${least}.`);
    return count;
  };
}

/** "30s" -> 30,000,000 microseconds; more than 0. */
export function durationUs(text: string): number {
  const us = parseDurationUs(text);
  if (us === undefined || us <= 0) throw new InvalidArgumentError(`Allowed: ${DURATION_FORM}.`);
  return us;
}

/** "200", "10k", "200/s" -> a second; more than 0. */
export function ratePerSecond(text: string): number {
  const rate = parseQuantity(text.replace(/\/s$/u, ''));
  if (rate === undefined || rate <= 0) throw new InvalidArgumentError(`Allowed: ${RATE_FORM}.`);
  return rate;
}

/** "name: value" -> [name, value], as RFC 9110 has them: a token, and text without control characters. */
export function header(text: string, previous: readonly (readonly [string, string])[]): (readonly [string, string])[] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\uffff]*?)[ \t]*$/u.exec(text) ?? [];
  if (name === undefined || value === undefined) throw new InvalidArgumentError('Allowed: name: value');
  return [...previous, [name, value]];
}

/** "KEY=VALUE" into a record. */
export function pair(text: string, previous: Readonly<Record<string, string>>): Record<string, string> {
  const [, key, value] = /^([^=\s]+)=([\s\S]*)$/u.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new InvalidArgumentError('Allowed: KEY=VALUE');
  return { ...previous, [key]: value };
}

/** Gathers what a flag that may be repeated was given. */
export function list(text: string, previous: readonly string[]): string[] {
  return [...previous, text];
}

export function seed(text: string): number {
  const value = Number(text);
  if (!/^\d+$/u.test(text) || value > 0xffff_ffff) throw new InvalidArgumentError('Allowed: a whole number from 0 to 4294967295.');
  return value;
}

export function pid(text: string): number {
  const value = Number(text);
  if (!/^[1-9]\d*$/u.test(text) || value > 4_194_304) throw new InvalidArgumentError('Allowed: the number of a process.');
  return value;
}

/** Collects the processes of a flag that may be repeated. */
export function pids(text: string, before: readonly number[]): readonly number[] {
  return [...before, pid(text)];
}

/** The target's own process (true), another one, or the address of an inspector; which address is one, src/profile says. */
export function inspectWhere(text: string): true | number | string {
  if (text === 'target') return true;
  if (/^(ws|http):\/\//u.test(text)) return text;
  try {
    return pid(text);
  } catch {
    throw new InvalidArgumentError('Allowed: the number of a process, ws://127.0.0.1:9229/<id> or http://127.0.0.1:9229.');
  }
}

/** 0 picks a free one. */
export function port(text: string): number {
  const value = Number(text);
  if (!/^\d+$/u.test(text) || value > 65_535) throw new InvalidArgumentError('Allowed: a port, 0 to 65535.');
  return value;
}

export function precision(text: string): number {
  const share = parseShare(text);
  if (share === undefined || share < 0.001) throw new InvalidArgumentError('Allowed: 0.1% to 100%.');
  return share;
}

/** "5%" or "0.05" -> 0.05; above 0 and below 1. */
export function share(text: string): number {
  const value = parseShare(text);
  if (value === undefined || value <= 0 || value >= 1)
    throw new InvalidArgumentError('Allowed: a share above 0 and below 1, such as 5% or 0.05.');
  return value;
}

/** How often something is run: each time costs as long as the first. */
export function repetitions(text: string): number {
  const count = countFrom(1)(text);
  if (count > 200) throw new InvalidArgumentError('Allowed: 1 to 200.');
  return count;
}
