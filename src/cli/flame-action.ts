import { join } from 'node:path';
import { GwrkError } from '../core/errors.js';
import { EXIT } from '../core/exit-codes.js';
import { renderChanges, writeDifference } from '../profile/difference-output.js';
import { differenceOf, type Per } from '../profile/flame-difference.js';
import type { Profile } from '../profile/flame-record.js';
import { renderHotFunctions } from '../profile/hot-functions.js';
import { InspectorProfiling } from '../profile/inspector-profiling.js';
import { LaunchedProfiling } from '../profile/launched-profiling.js';
import { isLaunched } from '../profile/launched-tool.js';
import type { Profiling } from '../profile/profiling.js';
import { readSide } from '../profile/read-flame.js';
import { type AttachingTool, startProfiling } from '../profile/start-profiling.js';
import { busyStacks, writeFlame } from '../profile/write-flame.js';
import { createDirectory, runName } from '../report/write.js';
import { reasonLine } from './failure.js';
import type { FlameToolName } from './flame-flags.js';
import { waitUntil } from './flame-wait.js';

export interface FlameFlags {
  readonly tool: FlameToolName;
  readonly duration?: number;
  readonly interval: number;
  readonly out?: string;
  readonly diff?: boolean;
  readonly per?: Per;
  readonly quiet?: boolean;
}

const DEFAULT_DURATION_US = 10e6;
const REPORTS = 'reports';

/** Does what `gwrk flame` was told; resolves with the exit code. */
export async function flame(subjects: readonly string[], flags: FlameFlags): Promise<number> {
  if (flags.diff) return compare(subjects, flags);
  if (flags.per !== undefined) throw new GwrkError('GWRK_USAGE', '--per is for --diff', { where: '--per', given: flags.per });
  return isLaunched(flags.tool) ? profileServer(subjects, flags) : profileProcess(subjects, flags, flags.tool);
}

async function profileProcess(subjects: readonly string[], flags: FlameFlags, tool: AttachingTool): Promise<number> {
  const [subject = '', ...more] = subjects;
  const pid = /^[1-9]\d{0,6}$/u.test(subject) ? Number(subject) : undefined;
  const isUrl = /^(?:ws|http):\/\//u.test(subject);
  if (more.length > 0 || (pid === undefined && !isUrl))
    throw new GwrkError('GWRK_USAGE', `--tool ${tool} looks into a process that runs already`, {
      given: subjects.join(' '),
      allowed: tool === 'perf' ? 'a pid' : 'a pid, or the URL of an inspector',
      hint: 'pgrep -a node lists pids; --tool 0x and clinic-... start a server',
    });
  if (pid === undefined && tool === 'perf') throw new GwrkError('GWRK_USAGE', 'perf needs a pid', { given: subject, allowed: 'a pid' });
  const durationUs = flags.duration ?? DEFAULT_DURATION_US;
  const name = pid === undefined ? subject.replace(/\/[\w-]{20,}$/u, '') : `process ${pid}`;
  const profiling: Profiling =
    pid === undefined
      ? await InspectorProfiling.start({ url: subject, intervalUs: flags.interval, subject: name })
      : await startProfiling({ tool, pid, intervalUs: flags.interval, subject: name });
  const end = await attended(profiling, () => waitUntil({ durationUs }));
  return finishProfile(end.profile, flags, end.isInterrupted);
}

async function profileServer(words: readonly string[], flags: FlameFlags): Promise<number> {
  if (!isLaunched(flags.tool)) throw new GwrkError('GWRK_INTERNAL', `${flags.tool} starts no server`);
  const profiling = await LaunchedProfiling.prepare(flags.tool, words, process.cwd());
  const end = await attended(profiling, () => {
    const child = profiling.start();
    return waitUntil({ child, ...(flags.duration !== undefined && { durationUs: flags.duration }) });
  });
  // Without a time, ctrl-C is the way to end it.
  return finishProfile(end.profile, flags, end.isInterrupted && flags.duration !== undefined);
}

/** Waits, then stops the profiler; whatever happens, nothing of it stays behind. */
async function attended(
  profiling: Profiling,
  wait: () => Promise<'time' | 'ended' | 'signal'>,
): Promise<{ profile: Profile; isInterrupted: boolean }> {
  try {
    const why = await wait();
    return { profile: await profiling.stop(), isInterrupted: why === 'signal' };
  } catch (error) {
    await profiling.abandon();
    throw error;
  }
}

async function finishProfile(profile: Profile, flags: FlameFlags, isInterrupted: boolean): Promise<number> {
  const { record, threads } = profile;
  const directory = await place(flags.out, `flame-${record.tool}`, record.startedAt);
  await writeFlame(directory, profile);
  if (!flags.quiet) {
    for (const note of record.notes) process.stderr.write(`note: ${note}\n`);
    if (threads.length > 0) process.stdout.write(renderHotFunctions(busyStacks(profile)));
    const page = threads.length > 0 ? 'index.html' : `${record.tool}.html`;
    process.stderr.write(`flame graph: ${join(directory, page)}\n`);
    if ('profile.cpuprofile' in profile.raw) process.stderr.write('profile.cpuprofile beside it opens in DevTools and in speedscope.app\n');
  }
  if (!isInterrupted) return EXIT.passed;
  process.stderr.write(reasonLine(EXIT.interrupted, 'stopped before its time was over; what was taken until then is written'));
  return EXIT.interrupted;
}

async function compare(paths: readonly string[], flags: FlameFlags): Promise<number> {
  const [first, second] = paths;
  if (first === undefined || second === undefined || paths.length !== 2)
    throw new GwrkError('GWRK_USAGE', '--diff compares two profiles', { given: paths.join(' '), allowed: '--diff <before> <after>' });
  const [before, after] = await Promise.all([readSide(first), readSide(second)]);
  const difference = differenceOf(before, after, flags.per);
  const directory = await place(flags.out, 'flame-diff', new Date().toISOString());
  await writeDifference(directory, difference, before, after);
  if (!flags.quiet) {
    process.stdout.write(renderChanges(difference));
    process.stderr.write(`flame graph: ${join(directory, 'index.html')}\n`);
  }
  return EXIT.passed;
}

async function place(out: string | undefined, name: string, at: string): Promise<string> {
  if (out !== undefined) return out;
  try {
    return await createDirectory(runName(name, at), REPORTS);
  } catch (cause) {
    throw new GwrkError('GWRK_OUTPUT_UNWRITABLE', (cause as Error).message, { where: REPORTS, cause });
  }
}
