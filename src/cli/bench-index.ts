import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TABLES } from '../bench/tables.js';
import { renderBenchHtml } from '../report/bench-html.js';
import { type IndexedBench, renderBenchIndex } from '../report/bench-index.js';
import { type BenchResult, isBenchResult } from '../report/bench-result.js';
import { writeOutput } from '../report/write.js';

/** Writes README.md and index.html over all tables that lie in `directory`, those of earlier commands too. */
export async function writeBenchIndex(directory: string): Promise<void> {
  const tables: IndexedBench[] = [];
  for (const { name } of TABLES) {
    const result = await readTable(join(directory, `${name}.json`));
    if (result?.name === name) tables.push({ result, pages: await pagesOf(directory, name) });
  }
  if (tables.length === 0) return;
  await writeOutput(join(directory, 'README.md'), renderBenchIndex(tables));
  await writeOutput(join(directory, 'index.html'), renderBenchHtml(tables.map(({ result }) => result)));
}

async function readTable(path: string): Promise<BenchResult | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'));
    return isBenchResult(value) ? value : undefined;
  } catch {
    return undefined; // not measured yet, or not ours
  }
}

/** What a table wrote into a directory of its own: each folder of it that has a page. */
async function pagesOf(directory: string, name: string): Promise<string[]> {
  const folders = await readdir(join(directory, name), { withFileTypes: true }).catch(() => []);
  return folders
    .filter((folder) => folder.isDirectory() && existsSync(join(directory, name, folder.name, 'index.html')))
    .map((folder) => `${name}/${folder.name}/index.html`)
    .sort();
}
