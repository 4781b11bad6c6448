import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GwrkError } from '../core/errors.js';
import { type FlamePage, type FlameTab, renderFlamePage } from './flame-page.js';
import type { FlameRecord, Profile } from './flame-record.js';
import { time } from './hot-functions.js';
import { icicleSvg } from './icicle-svg.js';
import { GARBAGE_COLLECTOR, mergeThreads, renderFolded, timeOf, totalUs, withoutIdle } from './stacks.js';

/**
 * Writes a profile into a directory: flame.json, stacks.folded, index.html, icicle.svg and the files of the tool itself. Throws
 * GWRK_OUTPUT_UNWRITABLE.
 */
export async function writeFlame(directory: string, profile: Profile): Promise<void> {
  const { record, threads, raw } = profile;
  const own = { ...raw, 'flame.json': `${JSON.stringify(record, null, 1)}\n` };
  if (threads.length === 0) return writeFiles(directory, own);
  const all = mergeThreads(threads);
  const files: Record<string, string> = {
    ...own,
    'stacks.folded': renderFolded(all),
    'index.html': renderFlamePage(flamePage(profile)),
    'icicle.svg': icicleSvg(busyStacks(profile), { title: `${record.subject}: ${time(record.busyUs)} of work`, isStandalone: true }),
  };
  await writeFiles(directory, files);
}

export async function writeFiles(directory: string, files: Readonly<Record<string, string>>): Promise<void> {
  try {
    await mkdir(directory, { recursive: true });
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
  } catch (cause) {
    throw new GwrkError('GWRK_OUTPUT_UNWRITABLE', `the profile cannot be written: ${(cause as Error).message}`, {
      where: directory,
      cause,
    });
  }
}

/** All threads in one, without the time in which they had nothing to do. */
export function busyStacks({ threads }: Profile): ReadonlyMap<string, number> {
  return mergeThreads(threads.map(({ name, stacks }) => ({ name, stacks: withoutIdle(stacks) })));
}

function flamePage(profile: Profile): FlamePage {
  const { record, threads, raw } = profile;
  const each = threads.map(({ name, stacks }) => tabOf(name, withoutIdle(stacks), record.busyUs));
  const all = threads.length > 1 ? [tabOf('all threads', busyStacks(profile), record.busyUs)] : [];
  return {
    title: record.subject,
    facts: factsOf(record, totalUs(mergeThreads(threads)) === 0 ? 0 : gcShare(profile)),
    notes: record.notes,
    tabs: [...all, ...each],
    links: [
      ...Object.keys(raw).map((name) => [name, name] as const),
      ['stacks.folded', 'stacks.folded'],
      ['icicle.svg', 'icicle.svg'],
      ['flame.json', 'flame.json'],
    ],
  };
}

function tabOf(name: string, stacks: ReadonlyMap<string, number>, busyUs: number): FlameTab {
  const us = totalUs(stacks);
  return {
    name,
    share: busyUs > 0 ? `${((us / busyUs) * 100).toFixed(0)} %` : '',
    hint: `${time(us)} of work, sampled; time in which the thread had nothing to do is left out.`,
    stacks,
  };
}

function gcShare({ threads, record }: Profile): number {
  const gcUs = threads.reduce((sum, { stacks }) => sum + timeOf(stacks, GARBAGE_COLLECTOR), 0);
  return record.busyUs > 0 ? gcUs / record.busyUs : 0;
}

function factsOf(record: FlameRecord, gc: number): (readonly [string, string])[] {
  const { runtime } = record;
  const share = (value: number): string => `${(value * 100).toFixed(1)} %`;
  return [
    ['Tool', record.tool],
    ['Taken', `${record.startedAt.slice(0, 19).replace('T', ' ')} UTC`],
    ['Length', `${(record.durationMs / 1000).toFixed(1)} s`],
    ...(record.intervalUs === undefined ? [] : [['A sample each', `${record.intervalUs / 1000} ms`] as const]),
    ['Work sampled', time(record.busyUs)],
    ...(record.idleUs > 0
      ? [['Nothing to do', share(record.idleUs / (record.idleUs + record.busyUs + (record.nativeUs ?? 0)))] as const]
      : []),
    ...(record.nativeUs === undefined
      ? []
      : [['In native calls', share(record.nativeUs / (record.idleUs + record.busyUs + record.nativeUs))] as const]),
    ...(gc > 0 ? [['Garbage collector', `${share(gc)} of the work`] as const] : []),
    ...(record.messages === undefined ? [] : [['Messages meanwhile', record.messages.toLocaleString('en')] as const]),
    ...(runtime === undefined
      ? []
      : ([
          ['Collections', runtime.gcCount === 0 ? 'none' : `${runtime.gcCount.toLocaleString('en')}, longest ${runtime.gcLongestMs} ms`],
          ['Event loop busy', share(runtime.loopUtilization)],
          ['Event loop late, P99', `${runtime.loopDelayP99Ms} ms`],
          ['Heap used', `${(runtime.heapUsedBytes / 1048576).toFixed(0)} MiB`],
        ] as const)),
  ];
}
