/** A hook of Node's module loader (module.register): files of TypeScript, with blanks where their types were, so that line and column stay. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

interface Loaded {
  readonly format: string;
  readonly source: string;
  readonly shortCircuit: true;
}

interface Stripper {
  transformSync(source: string, options: { readonly mode: 'strip-only' }): { readonly code: string };
}

const STRIPPER = 'amaro';

export async function load<Context>(
  url: string,
  context: Context,
  nextLoad: (url: string, context: Context) => Promise<unknown>,
): Promise<unknown> {
  if (!/^file:.*\.m?ts$/.test(url)) return nextLoad(url, context);
  const loaded = (await import(STRIPPER)) as { default: Stripper };
  const { code } = loaded.default.transformSync(await readFile(fileURLToPath(url), 'utf8'), { mode: 'strip-only' });
  return { format: 'module', source: code, shortCircuit: true } satisfies Loaded;
}
