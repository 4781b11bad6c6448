import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { PictureSection } from './page.js';

/** A picture that would make the page heavy is left beside it. */
const MAX_BYTES = 512 * 1024;

/** The pictures that stand in the directory of a run: flame/icicle.svg, with a link to flame/index.html where that is there. */
export async function picturesOf(directory: string): Promise<PictureSection[]> {
  const path = join(directory, 'flame', 'icicle.svg');
  try {
    const facts = await stat(path);
    if (!facts.isFile() || facts.size > MAX_BYTES) return [];
    const svg = await readFile(path, 'utf8');
    const hasPage = (await stat(join(directory, 'flame', 'index.html')).catch(() => undefined))?.isFile() === true;
    const link = { path: 'flame/index.html', text: 'Open the flame graph to search it and to zoom' };
    return [{ title: 'Flame graph', svg, alt: 'Where the server spent its time; wider is more', ...(hasPage && { link }) }];
  } catch {
    return []; // the run was not profiled
  }
}
