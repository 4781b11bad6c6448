import { GwrkError } from '../core/errors.js';
import type { FrameNames } from './frame-name.js';
import { addStack, cleanFrame, NATIVE_CALL, type Stacks } from './stacks.js';

/** What V8's sampling profiler hands over (Profiler.stop), and what a .cpuprofile file holds. Times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly CpuProfileNode[];
  readonly startTime: number;
  readonly endTime: number;
  /** Node of each sample. */
  readonly samples?: readonly number[];
  /** Time since the sample before (for the first: since startTime). */
  readonly timeDeltas?: readonly number[];
}

export interface CpuProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string /** From 0. */; readonly lineNumber: number };
  readonly children?: readonly number[];
  readonly hitCount?: number;
}

/**
 * The stacks of a profile. A sample's weight is the time until the next one, so that weights add up to the length of the
 * profile whatever the sampler was held up by. "(idle)", "(program)" and "(garbage collector)" are stacks of their own.
 */
export function foldCpuProfile(profile: CpuProfile, names: FrameNames): Stacks {
  const { samples = [], timeDeltas = [], endTime, startTime } = profile;
  const weights = new Map<number, number>();
  let atUs = startTime;
  for (const [index, node] of samples.entries()) {
    atUs += timeDeltas[index] ?? 0;
    const weight = index + 1 < samples.length ? (timeDeltas[index + 1] ?? 0) : endTime - atUs;
    if (weight > 0) weights.set(node, (weights.get(node) ?? 0) + weight);
  }
  const stacks: Stacks = new Map();
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const parents = new Map(profile.nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)));
  const hasRings = profile.nodes.some(({ callFrame }) => RINGS.test(callFrame.url));
  for (const [id, weight] of weights) {
    const frames: string[] = [];
    for (let node = byId.get(id); node !== undefined; node = byId.get(parents.get(node.id) ?? -1)) {
      const { functionName, url, lineNumber } = node.callFrame;
      if (functionName !== '(root)') frames.push(cleanFrame(names.name(functionName, url, lineNumber + 1)));
    }
    if (frames.length > 0) addStack(stacks, isNativeCall(frames, hasRings) ? [NATIVE_CALL] : frames.reverse(), weight);
  }
  return stacks;
}

/** The files that call the kernel by koffi: gwrk's own io_uring. */
const RINGS = /\/src\/uring\/[a-z-]+\.js$/u;
const BINDING = 'src/uring/libc.js';

/**
 * In a thread on io_uring: a native function that libc.js called, or that stands alone. koffi gives V8 names that may be another
 * function's, and V8 mostly loses the callers while such a call lasts. Innermost first.
 */
function isNativeCall([innermost = '', caller]: readonly string[], hasRings: boolean): boolean {
  const isNative = !innermost.startsWith('(') && !innermost.endsWith(')');
  return hasRings && isNative && (caller === undefined || caller.includes(BINDING));
}

/** The text of a .cpuprofile file. Throws GWRK_FLAME_UNREADABLE when it is none. */
export function parseCpuProfile(text: string, where: string): CpuProfile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new GwrkError('GWRK_FLAME_UNREADABLE', 'the profile is not JSON', { where, cause });
  }
  if (!isCpuProfile(value)) throw new GwrkError('GWRK_FLAME_UNREADABLE', 'this JSON is not a CPU profile of V8', { where });
  return value;
}

function isCpuProfile(value: unknown): value is CpuProfile {
  const { nodes, samples, timeDeltas, endTime, startTime } = (value ?? {}) as Partial<Record<keyof CpuProfile, unknown>>;
  const isNumbers = (list: unknown): boolean => Array.isArray(list) && list.every((item) => typeof item === 'number');
  return (
    Array.isArray(nodes) &&
    nodes.every((node) => typeof node?.id === 'number' && typeof node?.callFrame?.functionName === 'string') &&
    isNumbers(samples) &&
    isNumbers(timeDeltas) &&
    typeof endTime === 'number' &&
    typeof startTime === 'number'
  );
}
