import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, isAbsolute, join, resolve } from 'node:path';
import { GwrkError } from '../core/errors.js';
import { FrameNames } from './frame-name.js';
import type { Stacks } from './stacks.js';
import { foldClinicFlame, foldZeroX } from './tick-log.js';
import { toolProgram } from './tool-package.js';

export const LAUNCHED_TOOLS = ['0x', 'clinic-doctor', 'clinic-flame', 'clinic-heap'] as const;
/** A tool that starts the server itself, and so can look at no other. */
export type LaunchedTool = (typeof LAUNCHED_TOOLS)[number];

/** How a server is started below a tool. */
export interface Launch {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** Fresh and empty: clinic doctor refuses to start beside its own leftovers. */
  readonly cwd: string;
}

/** What such a tool left: its own page, and its samples where it took any. */
export interface Collected {
  readonly raw: Readonly<Record<string, string>>;
  readonly stacks?: Stacks;
}

/** Without these they ask, phone home or open a browser. */
const QUIET = { NO_INSIGHT: '1', NO_UPDATE_NOTIFIER: '1', CI: '1' };

const CLINIC = { 'clinic-doctor': 'doctor', 'clinic-flame': 'flame', 'clinic-heap': 'heapprofiler' } as const;

export function isLaunched(tool: string): tool is LaunchedTool {
  return (LAUNCHED_TOOLS as readonly string[]).includes(tool);
}

/**
 * The command line that starts a server (`node server.js ...`) below a tool, in the empty directory `folder`. Arguments that are
 * files of `from` become absolute, since the server will run elsewhere. Throws GWRK_USAGE for another program than node.
 */
export function launchOf(tool: LaunchedTool, words: readonly string[], from: string, folder: string): Launch {
  const [program = '', ...rest] = words;
  if (!/^node(?:js)?$/u.test(basename(program)))
    throw new GwrkError('GWRK_USAGE', `${tool} profiles servers that begin with the word node`, {
      given: words.join(' '),
      allowed: 'node server.js ...',
      hint: 'for another program use --tool perf with its pid',
    });
  const server = [program === 'node' ? process.execPath : program, ...rest.map((word) => absolute(word, from))];
  const out = join(folder, 'out');
  const env = QUIET;
  if (tool === '0x')
    return { file: process.execPath, args: [toolProgram('0x', from), '-D', out, '--tree-debug', '--', ...server], env, cwd: folder };
  return {
    file: process.execPath,
    args: [toolProgram('clinic', from), CLINIC[tool], '--open=false', '--dest', out, '--', ...server],
    env,
    cwd: folder,
  };
}

function absolute(word: string, from: string): string {
  const path = resolve(from, word);
  return !word.startsWith('-') && !isAbsolute(word) && existsSync(path) ? path : word;
}

/** Reads what the tool wrote into `folder`. Throws GWRK_FLAME_FAILED when its page is not there. */
export async function collect(tool: LaunchedTool, folder: string): Promise<Collected> {
  const out = join(folder, 'out');
  const files = existsSync(out) ? await readdir(out, { recursive: true }) : [];
  const find = (ending: string): string | undefined => files.find((file) => file.endsWith(ending));
  const page = find(tool === '0x' ? 'flamegraph.html' : '.html');
  if (page === undefined)
    throw new GwrkError('GWRK_FLAME_FAILED', `${tool} wrote no page`, {
      hint: `its server must end by itself within 3 s of SIGINT${tool === 'clinic-heap' ? ', and not by process.exit() at once: the heap is written meanwhile' : ''}`,
    });
  const raw = { [`${tool}.html`]: await readFile(join(out, page), 'utf8') };
  const names = new FrameNames();
  const samples = tool === '0x' ? files.find((file) => /(?:^|\/)stacks\.\d+\.json$/u.test(file)) : find('.clinic-flame-samples');
  if (samples === undefined) return { raw };
  const text = await readFile(join(out, samples), 'utf8');
  return { raw, stacks: tool === '0x' ? foldZeroX(text, names) : foldClinicFlame(text, names) };
}
