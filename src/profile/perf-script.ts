import type { FrameNames } from './frame-name.js';
import type { PerfMap } from './perf-map.js';
import { addStack, cleanFrame, type Stacks, type ThreadStacks } from './stacks.js';
import { v8FrameName } from './v8-log-name.js';

/** What `perf script` must be asked for, so that parsePerfScript can read it. */
export const PERF_FIELDS = 'comm,pid,tid,time,ip,sym,dso';

export interface PerfOptions {
  readonly names: FrameNames;
  /** What one sample stands for. */
  readonly sampleUs: number;
  /** Symbols of code made at run time, for the addresses that perf itself could not name. */
  readonly maps?: (pid: number) => PerfMap | undefined;
}

export interface PerfStacks {
  readonly threads: readonly ThreadStacks[];
  readonly samples: number;
  /** Samples with at least one frame that nobody could name. */
  readonly unknown: number;
}

const UNKNOWN = '[unknown]';

/** Collapses the text of `perf script -F comm,pid,tid,time,ip,sym,dso`: a head line a sample, its frames from the innermost out. */
export function foldPerfScript(text: string, { names, sampleUs, maps }: PerfOptions): PerfStacks {
  const threads = new Map<number, { name: string; stacks: Stacks }>();
  let samples = 0;
  let unknown = 0;
  for (const block of text.split(/\n\s*\n/u)) {
    const lines = block.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'));
    const head = /^(.*?)\s+(\d+)\/(\d+)\s+[\d.]+:/u.exec(lines[0] ?? '');
    if (!head) continue;
    const [, comm = '', pid = '', tid = ''] = head;
    const map = maps?.(Number(pid));
    const frames = lines.slice(1).flatMap((line) => frameOf(line, names, map));
    if (frames.length === 0) continue;
    samples++;
    if (frames.some((frame) => frame.startsWith(UNKNOWN))) unknown++;
    let thread = threads.get(Number(tid));
    if (!thread) {
      thread = { name: tid === pid ? comm.trim() : `${comm.trim()} ${tid}`, stacks: new Map() };
      threads.set(Number(tid), thread);
    }
    addStack(thread.stacks, joinUnknown(frames.reverse()), sampleUs);
  }
  return { threads: [...threads.values()], samples, unknown };
}

/** "  7f12ab34 JS:*broadcast /app/room.js:12:3+0x20 (/tmp/perf-7.map)" as a frame. */
function frameOf(line: string, names: FrameNames, map: PerfMap | undefined): string[] {
  const match = /^\s*([0-9a-f]+)\s+(.*?)(?:\s+\(([^()]*(?:\([^()]*\))?[^()]*)\))?$/u.exec(line);
  if (!match) return [];
  const [, address = '0', told = '', object = ''] = match;
  const symbol = told.replace(/\+0x[0-9a-f]+$/u, '');
  const known = symbol === '' || symbol === UNKNOWN ? map?.find(BigInt(`0x${address}`)) : symbol;
  return [cleanFrame(known === undefined ? UNKNOWN : symbolName(known, object, names))];
}

/**
 * V8 writes "JS:*name /path/file.js:12:3" (LazyCompile: before Node 20, "*" optimised, "~" interpreted), "Builtin:Name"; the
 * kernel and native code have plain names, demangled by perf.
 */
function symbolName(symbol: string, object: string, names: FrameNames): string {
  const logged = /^(?:JS|LazyCompile|Function|Eval|Script|RegExp):(.*)$/u.exec(symbol)?.[1];
  const js = logged === undefined ? undefined : v8FrameName(logged, names);
  if (js !== undefined) return js;
  if (/^\[(?:guest\.)?kernel/u.test(object)) return `${symbol} ([kernel])`;
  return symbol;
}

/** Frames without a name that follow one another say no more than one of them. */
function joinUnknown(frames: readonly string[]): string[] {
  return frames.filter((frame, index) => frame !== UNKNOWN || frames[index - 1] !== UNKNOWN);
}
