import { pipeline } from 'node:stream/promises';
import { renderStatsCsv } from '../report/csv.js';
import { hlogFrom } from '../report/hlog-file.js';
import { type PageOptions, renderHtml } from '../report/html/page.js';
import { renderJunit } from '../report/junit.js';
import { renderMarkdown } from '../report/markdown.js';
import type { Report } from '../report/report.js';
import { renderJson, writeOutput } from '../report/write.js';
import { checkOutputs } from './files.js';

/** The flags that name a file for one rendering of a report; - is stdout. */
export interface RenderingFlags {
  readonly json?: string;
  readonly html?: string;
  readonly markdown?: string;
  readonly junit?: string;
  readonly csv?: string;
  readonly hdr?: string;
}

type Render = (report: Report, page: PageOptions, directory: string) => string | ReturnType<typeof hlogFrom>;

const RENDERINGS: Readonly<Record<keyof RenderingFlags, Render>> = {
  json: renderJson,
  html: renderHtml,
  markdown: renderMarkdown,
  junit: renderJunit,
  csv: renderStatsCsv,
  hdr: (report, _page, directory) => hlogFrom(report, directory),
};

const NAMES = Object.keys(RENDERINGS) as (keyof RenderingFlags)[];

/** Whether stdout belongs to a rendering, so that nothing else may be written there. */
export function usesStdout(flags: RenderingFlags): boolean {
  return NAMES.some((name) => flags[name] === '-');
}

/** Whether a file was named for any rendering. */
export function namesRendering(flags: RenderingFlags): boolean {
  return NAMES.some((name) => flags[name] !== undefined);
}

/** Throws GWRK_OUTPUT_UNWRITABLE when a rendering could not be written. */
export async function checkRenderings(flags: RenderingFlags): Promise<void> {
  await checkOutputs(Object.fromEntries(NAMES.map((name) => [name, flags[name]])));
}

/** Writes every rendering of the run in `directory` that a flag asks for. Throws GWRK_OUTPUT_UNWRITABLE. */
export async function writeRenderings(report: Report, directory: string, flags: RenderingFlags, page: PageOptions = {}): Promise<void> {
  for (const name of NAMES) {
    const path = flags[name];
    if (path === undefined) continue;
    const text = await RENDERINGS[name](report, page, directory);
    if (path !== '-') await writeOutput(path, text);
    else if (typeof text === 'string') process.stdout.write(text);
    else await pipeline(text, process.stdout, { end: false }).catch(() => {}); // watchOutput tells of it
  }
}
