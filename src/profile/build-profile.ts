import { GwrkError } from '../core/errors.js';
import type { FlameTool, Profile, RuntimeRecord } from './flame-record.js';
import { IDLE, NATIVE_CALL, type ThreadStacks, timeOf, totalUs } from './stacks.js';

const NATIVE_NOTE =
  'Threads on io_uring wait for the kernel inside one native call, which the inspector cannot tell from the work that the kernel does for them: that time is left out. perf shows the work of the kernel.';

/** What a tool knows when it is done. */
export interface ProfileFacts {
  readonly tool: FlameTool;
  readonly subject: string;
  readonly pid?: number;
  readonly startedAt: Date;
  readonly durationMs: number;
  readonly intervalUs?: number;
  readonly threads: readonly ThreadStacks[];
  readonly raw: Readonly<Record<string, string>>;
  readonly notes: readonly string[];
  readonly runtime?: RuntimeRecord;
}

/** The profile with its sums; threads with the most work first. Throws GWRK_FLAME_EMPTY when nothing was sampled. */
export function buildProfile({ threads, raw, startedAt, durationMs, ...facts }: ProfileFacts): Profile {
  const sums = threads.map((thread) => {
    const idleUs = timeOf(thread.stacks, IDLE);
    const nativeUs = timeOf(thread.stacks, NATIVE_CALL);
    return { thread, idleUs, nativeUs, busyUs: totalUs(thread.stacks) - idleUs - nativeUs };
  });
  const sorted = sums.filter(({ busyUs, idleUs, nativeUs }) => busyUs + idleUs + nativeUs > 0).toSorted((a, b) => b.busyUs - a.busyUs);
  if (sorted.length === 0) throw new GwrkError('GWRK_FLAME_EMPTY', `nothing of ${facts.subject} was sampled`);
  const nativeUs = Math.round(sorted.reduce((sum, thread) => sum + thread.nativeUs, 0));
  return {
    record: {
      schema: 'gwrk/flame/1',
      ...facts,
      ...(nativeUs > 0 && { nativeUs, notes: [...facts.notes, NATIVE_NOTE] }),
      startedAt: startedAt.toISOString(),
      durationMs: Math.round(durationMs),
      busyUs: Math.round(sorted.reduce((sum, { busyUs }) => sum + busyUs, 0)),
      idleUs: Math.round(sorted.reduce((sum, { idleUs }) => sum + idleUs, 0)),
      threads: sorted.map(({ thread, busyUs }) => ({ name: thread.name, busyUs: Math.round(busyUs) })),
    },
    threads: sorted.map(({ thread }) => thread),
    raw,
  };
}

/** Of a tool that draws a page and hands over no stacks: clinic doctor, clinic heapprofiler. */
export function buildPageOnly({ raw, startedAt, durationMs, ...facts }: Omit<ProfileFacts, 'threads' | 'intervalUs'>): Profile {
  const times = { startedAt: startedAt.toISOString(), durationMs: Math.round(durationMs), busyUs: 0, idleUs: 0 };
  return { record: { schema: 'gwrk/flame/1', ...facts, ...times, threads: [] }, threads: [], raw };
}
