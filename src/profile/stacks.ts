/**
 * Folded stacks: "outer;inner;innermost" -> weight. The one form that every tool's samples are brought into; graph, table,
 * picture and difference are made from it. Weights are microseconds of sampled time.
 */
export type Stacks = Map<string, number>;

/** One thread of a process. */
export interface ThreadStacks {
  readonly name: string;
  readonly stacks: Stacks;
}

/** V8's own names, kept by us: what a thread does when it runs none of its functions. */
export const IDLE = '(idle)';
export const GARBAGE_COLLECTOR = '(garbage collector)';
/**
 * Inside a native function that JavaScript called by koffi. gwrk's threads on io_uring wait there for the kernel, which V8 cannot
 * tell from work.
 */
export const NATIVE_CALL = '(native call)';
/** Native code that V8 has no name for, its compiler among it. */
export const PROGRAM = '(program)';

const SEPARATOR = ';';

/** Adds weight to a stack, outermost frame first. */
export function addStack(stacks: Stacks, frames: readonly string[], weightUs: number): void {
  const key = frames.map(cleanFrame).join(SEPARATOR);
  stacks.set(key, (stacks.get(key) ?? 0) + weightUs);
}

/** A frame on one line and without the separator. Names of functions can be any text: a program may compute them. */
export function cleanFrame(frame: string): string {
  return frame.replace(/[;\p{Cc}\u2028\u2029]+/gu, ' ').trim() || '(anonymous)';
}

export function framesOf(stack: string): string[] {
  return stack.split(SEPARATOR);
}

export function totalUs(stacks: ReadonlyMap<string, number>): number {
  let total = 0;
  for (const weight of stacks.values()) total += weight;
  return total;
}

/** Time of stacks that are only this frame: "(idle)", "(garbage collector)". */
export function timeOf(stacks: ReadonlyMap<string, number>, frame: string): number {
  return stacks.get(frame) ?? 0;
}

/** The same without the time in which the thread had nothing to do, as far as that can be told. */
export function withoutIdle(stacks: ReadonlyMap<string, number>): Stacks {
  const busy = new Map(stacks);
  busy.delete(IDLE);
  busy.delete(NATIVE_CALL);
  return busy;
}

/** All threads in one; the name of each is its outermost frame. */
export function mergeThreads(threads: readonly ThreadStacks[]): Stacks {
  if (threads.length === 1) return new Map(threads[0]!.stacks);
  const merged: Stacks = new Map();
  for (const { name, stacks } of threads) for (const [stack, weight] of stacks) addStack(merged, [name, ...framesOf(stack)], weight);
  return merged;
}

/** The text that inferno, FlameGraph.pl and speedscope read: "a;b;c 1200", one stack a line, the heaviest first. */
export function renderFolded(stacks: ReadonlyMap<string, number>): string {
  return [...stacks]
    .map(([stack, weight]) => [stack, Math.round(weight)] as const)
    .filter(([, weight]) => weight > 0)
    .toSorted((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
    .map(([stack, weight]) => `${stack} ${weight}\n`)
    .join('');
}

/** The other way round; undefined when a line is no folded stack. */
export function parseFolded(text: string): Stacks | undefined {
  const stacks: Stacks = new Map();
  for (const line of text.split('\n')) {
    if (line === '') continue;
    const match = /^(.+) (\d+(?:\.\d+)?)$/u.exec(line);
    if (!match) return undefined;
    addStack(stacks, framesOf(match[1]!), Number(match[2]));
  }
  return stacks;
}
