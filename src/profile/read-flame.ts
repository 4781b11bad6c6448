import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { GwrkError } from '../core/errors.js';
import { foldCpuProfile, parseCpuProfile } from './cpu-profile.js';
import type { Side } from './flame-difference.js';
import type { FlameRecord } from './flame-record.js';
import { FrameNames } from './frame-name.js';
import { addStack, framesOf, IDLE, NATIVE_CALL, parseFolded, type Stacks } from './stacks.js';

/**
 * Reads a profile for a comparison: the directory of a run or of gwrk flame, a .cpuprofile, or a file of folded stacks. Throws
 * GWRK_FLAME_UNREADABLE.
 */
export async function readSide(path: string): Promise<Side> {
  const facts = await stat(path).catch(() => undefined);
  if (!facts) throw new GwrkError('GWRK_FLAME_UNREADABLE', 'there is no such file or directory', { where: path });
  if (!facts.isDirectory()) return { label: basename(path), stacks: comparable(stacksOf(await readFile(path, 'utf8'), path), undefined) };
  const folder = existsSync(join(path, 'flame', 'stacks.folded')) ? join(path, 'flame') : path;
  const folded = join(folder, 'stacks.folded');
  if (!existsSync(folded))
    throw new GwrkError('GWRK_FLAME_UNREADABLE', 'this directory holds no stacks.folded', {
      where: path,
      hint: 'profile the run: gwrk run ... --flame (clinic-doctor and clinic-heap hand over no stacks)',
    });
  const record = await readRecord(join(folder, 'flame.json'));
  return {
    label: basename(resolve(path)),
    stacks: comparable(stacksOf(await readFile(folded, 'utf8'), folded), record),
    ...(record?.messages !== undefined && { messages: record.messages }),
    ...(record?.notes !== undefined && { notes: record.notes }),
  };
}

function stacksOf(text: string, where: string): Stacks {
  if (text.trimStart().startsWith('{')) return foldCpuProfile(parseCpuProfile(text, where), new FrameNames());
  const stacks = parseFolded(text);
  if (!stacks || stacks.size === 0)
    throw new GwrkError('GWRK_FLAME_UNREADABLE', 'these are no folded stacks: "outer;inner 12" a line', { where });
  return stacks;
}

async function readRecord(path: string): Promise<FlameRecord | undefined> {
  try {
    const record = JSON.parse(await readFile(path, 'utf8')) as FlameRecord;
    return record.schema === 'gwrk/flame/1' ? record : undefined;
  } catch {
    return undefined; // stacks of another tool stand alone
  }
}

/** Without idle time, and with threads named by what they do: their numbers are others in each process. */
function comparable(stacks: Stacks, record: FlameRecord | undefined): Stacks {
  const threads = new Set((record?.threads.length ?? 0) > 1 ? record!.threads.map(({ name }) => name) : []);
  const kept: Stacks = new Map();
  for (const [stack, weight] of stacks) {
    const frames = framesOf(stack);
    if (frames.at(-1) === IDLE || frames.at(-1) === NATIVE_CALL) continue;
    if (threads.has(frames[0]!)) frames[0] = frames[0]!.replace(/ #?\d+$/u, '');
    addStack(kept, frames, weight);
  }
  return kept;
}
