import { GwrkError } from '../core/errors.js';
import { withoutLine } from './frame-name.js';
import { hotFunctions } from './hot-functions.js';
import { addStack, framesOf, type Stacks, totalUs } from './stacks.js';

/** What times are divided by, so that two runs of different length and load can be compared. */
export type Per = 'message' | 'cpu-second';

/** One of the two profiles. */
export interface Side {
  readonly label: string;
  /** Without idle time. */
  readonly stacks: ReadonlyMap<string, number>;
  /** Messages handled meanwhile, where that is known. */
  readonly messages?: number;
  /** What a reader of the profile must know. */
  readonly notes?: readonly string[];
}

export interface Change {
  readonly frame: string;
  /** The function's own time, microseconds per message or per second of CPU. */
  readonly before: number;
  readonly after: number;
}

export interface FlameDifference {
  readonly per: Per;
  readonly before: Stacks;
  readonly after: Stacks;
  /** The largest first, whichever way it goes. */
  readonly changes: readonly Change[];
}

/**
 * Two profiles on one scale. Frames are keyed by function and path, without the line, or every edit above a function would make
 * it a new one. Per message where both sides know how many there were, else per second of CPU time.
 */
export function differenceOf(before: Side, after: Side, wanted?: Per): FlameDifference {
  const knows = before.messages !== undefined && after.messages !== undefined && before.messages > 0 && after.messages > 0;
  if (wanted === 'message' && !knows)
    throw new GwrkError('GWRK_USAGE', 'how many messages there were is not known of both profiles', {
      where: '--per message',
      hint: 'profiles of gwrk run --flame know it; use --per cpu-second',
    });
  const per = wanted ?? (knows ? 'message' : 'cpu-second');
  const scaled = (side: Side): Stacks => {
    const divisor = per === 'message' ? side.messages! : totalUs(side.stacks) / 1e6;
    if (divisor <= 0) throw new GwrkError('GWRK_FLAME_EMPTY', `${side.label} holds no sample of work`);
    const stacks: Stacks = new Map();
    for (const [stack, weight] of side.stacks) addStack(stacks, framesOf(stack).map(withoutLine), weight / divisor);
    return stacks;
  };
  const [first, second] = [scaled(before), scaled(after)];
  return { per, before: first, after: second, changes: changesOf(first, second) };
}

function changesOf(before: Stacks, after: Stacks): Change[] {
  const own = (stacks: Stacks): Map<string, number> => new Map(hotFunctions(stacks).map(({ frame, selfUs }) => [frame, selfUs]));
  const [first, second] = [own(before), own(after)];
  return [...new Set([...first.keys(), ...second.keys()])]
    .map((frame) => ({ frame, before: first.get(frame) ?? 0, after: second.get(frame) ?? 0 }))
    .filter((change) => change.before !== change.after)
    .sort((a, b) => Math.abs(b.after - b.before) - Math.abs(a.after - a.before) || (a.frame < b.frame ? -1 : 1));
}

/** How much more each stack of either side takes afterwards. */
export function deltasOf({ before, after }: Pick<FlameDifference, 'before' | 'after'>): Stacks {
  const deltas: Stacks = new Map();
  for (const stack of new Set([...before.keys(), ...after.keys()])) deltas.set(stack, (after.get(stack) ?? 0) - (before.get(stack) ?? 0));
  return deltas;
}

/** "stack before after" a line, in whole nanoseconds: what flamegraph.pl and inferno draw as a differential graph. */
export function renderFoldedDifference({ before, after }: FlameDifference): string {
  const nanoseconds = (us: number | undefined): number => Math.round((us ?? 0) * 1000);
  return [...new Set([...before.keys(), ...after.keys()])]
    .sort()
    .map((stack) => [stack, nanoseconds(before.get(stack)), nanoseconds(after.get(stack))] as const)
    .filter(([, first, second]) => first > 0 || second > 0)
    .map(([stack, first, second]) => `${stack} ${first} ${second}\n`)
    .join('');
}
