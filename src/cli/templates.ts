import { open, readFile } from 'node:fs/promises';
import { dirname, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GwrkError } from '../core/errors.js';

/** The templates of `gwrk init`: files of scenarios/templates/, and what each is for. */
export const TEMPLATES = {
  'ws-echo': 'text messages to a WebSocket server that sends them back',
  'json-game': 'players that speak JSON; answers find their request by an id',
  reference: 'the full protocol of gwrk serve: both factors, heartbeats, rooms',
  arrivals: 'an open model: clients arrive at a rate and leave',
  'ci-gate': 'a gate for a pipeline: short, with thresholds that decide',
} as const;

export type TemplateName = keyof typeof TEMPLATES;

/** This file is dist/src/cli/templates.js. */
const packageRoot = new URL('../../../', import.meta.url);

/** "ws-echo    text messages to ..." and so on. */
export function listTemplates(): string {
  return Object.entries(TEMPLATES)
    .map(([name, purpose]) => `${name.padEnd(12)}${purpose}\n`)
    .join('');
}

/** The text of a template, with the line by which an editor at `path` finds the schema. */
export async function templateText(template: TemplateName, path: string): Promise<string> {
  const text = await readFile(new URL(`scenarios/templates/${template}.yaml`, packageRoot), 'utf8');
  return text.replace(/\$schema=.*/u, () => `$schema=${schemaSeenFrom(dirname(resolve(path)))}`);
}

/** Writes a template to a new file; returns what to say. Throws GWRK_USAGE when the file exists and `force` is not set. */
export async function writeTemplate(template: TemplateName, path: string, force: boolean): Promise<string> {
  const text = await templateText(template, path);
  try {
    // wx is O_EXCL: nothing that stands there is written over, a symbolic link neither.
    const file = await open(path, force ? 'w' : 'wx');
    try {
      await file.writeFile(text);
    } finally {
      await file.close();
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST')
      throw new GwrkError('GWRK_USAGE', `${path} exists already`, { hint: 'name another file, or replace it with --force', cause: error });
    const reason = error instanceof Error ? error.message : String(error);
    throw new GwrkError('GWRK_OUTPUT_UNWRITABLE', `${path} could not be written`, { given: reason, cause: error });
  }
  const word = /^[\w./@%+,-]+$/u.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
  return `${path} is written\n\nnext:\n  gwrk run ${word} --dry-run    what it amounts to\n  gwrk run ${word}              run it\n`;
}

/** The schema of this gwrk: by a relative path where it lies in the project, else by the whole one. */
function schemaSeenFrom(directory: string): string {
  const schema = fileURLToPath(new URL('schema/scenario.json', packageRoot));
  const path = relative(directory, schema);
  const isInside = !relative(process.cwd(), schema).startsWith('..');
  return isInside ? (path.startsWith('.') ? path : `./${path}`).replaceAll('\\', '/') : schema;
}
