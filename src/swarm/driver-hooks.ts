/** A hook of Node's module loader (module.register): it takes files of TypeScript. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { stripTypes } from './type-stripping.js';

interface Loaded {
  readonly format: string;
  readonly source: string;
  readonly shortCircuit: true;
}

export async function load<Context>(
  url: string,
  context: Context,
  nextLoad: (url: string, context: Context) => Promise<unknown>,
): Promise<unknown> {
  if (!/^file:[^?#]*\.m?ts(?:[?#]|$)/.test(url)) return nextLoad(url, context);
  const path = fileURLToPath(url);
  return { format: 'module', source: stripTypes(await readFile(path, 'utf8'), path), shortCircuit: true } satisfies Loaded;
}
