import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { GwrkError } from '../core/errors.js';

/** Versions that gwrk is tested with: the major one that is to be installed. */
const MAJOR = { '0x': 6, clinic: 13 } as const;

export type ToolPackage = keyof typeof MAJOR;

/**
 * The program of an optional package: the one of the user's project (from `folder` upward), else the one that gwrk came with.
 * Throws GWRK_FLAME_TOOL_MISSING with how to install it.
 */
export function toolProgram(name: ToolPackage, folder: string): string {
  for (const from of [join(folder, 'package.json'), import.meta.url]) {
    const program = programIn(name, from);
    if (program !== undefined) return program;
  }
  throw new GwrkError('GWRK_FLAME_TOOL_MISSING', `the package ${name} is not installed`, {
    hint: `npm install --save-dev ${name}@${MAJOR[name]}  (in this project; gwrk does not bring it, since it is large)`,
  });
}

function programIn(name: ToolPackage, from: string): string | undefined {
  try {
    const manifest = createRequire(from).resolve(`${name}/package.json`);
    const { bin } = JSON.parse(readFileSync(manifest, 'utf8')) as { bin?: string | Record<string, string> };
    const path = typeof bin === 'string' ? bin : bin?.[name];
    const program = path === undefined ? undefined : join(dirname(manifest), path);
    return program !== undefined && existsSync(program) ? program : undefined;
  } catch {
    return undefined; // not in reach from there
  }
}
