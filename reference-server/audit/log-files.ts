import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

/**
 * The files of a log, oldest first: a FILE stands for itself and what was rotated away from it (FILE.8 … FILE.1, FILE); a FILE.n that
 * is named stands for itself. Each file once, in the order in which they were written, whatever order they are named in.
 */
export function logFiles(named: readonly string[]): string[] {
  const numbers = new Map<string, Set<number>>();
  const add = (base: string, number: number): void => {
    const known = numbers.get(base);
    if (known === undefined) numbers.set(base, new Set([number]));
    else known.add(number);
  };
  for (const path of named) {
    const [, base, number] = /^(.*)\.(\d{1,4})$/u.exec(path) ?? [];
    if (base !== undefined && existsSync(path)) {
      add(base, Number(number));
      continue;
    }
    add(path, 0);
    for (const rotated of rotatedOf(path)) add(path, rotated);
  }
  return [...numbers].flatMap(([base, own]) => [...own].sort((a, b) => b - a).map((number) => (number === 0 ? base : `${base}.${number}`)));
}

function rotatedOf(path: string): number[] {
  const directory = dirname(path);
  const prefix = `${basename(path)}.`;
  if (!existsSync(directory)) return [];
  return readdirSync(directory)
    .filter((name) => name.startsWith(prefix) && /^\d{1,4}$/u.test(name.slice(prefix.length)) && existsSync(join(directory, name)))
    .map((name) => Number(name.slice(prefix.length)));
}
