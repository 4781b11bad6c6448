import { GwrkError } from '../core/errors.js';
import type { FrameNames } from './frame-name.js';
import { addStack, IDLE, type Stacks } from './stacks.js';
import { v8FrameName } from './v8-log-name.js';

/** V8 takes a tick of --prof each millisecond; 0x and clinic flame are both made of them. */
const TICK_US = 1000;

/** A node of the tree in 0x's stacks.PID.json. */
interface TreeNode {
  readonly name: string;
  /** Ticks with this frame innermost. */
  readonly top: number;
  readonly children?: readonly TreeNode[];
}

/** The stacks in 0x's stacks.PID.json (--tree-debug). Throws GWRK_FLAME_FAILED when it holds none. */
export function foldZeroX(text: string, names: FrameNames): Stacks {
  const { merged } = parse(text, '0x') as { merged?: TreeNode };
  if (typeof merged !== 'object' || merged === null) throw changed('0x');
  const stacks: Stacks = new Map();
  const visit = (node: TreeNode, outer: readonly string[]): void => {
    const frames = [...outer, tickFrame(node.name, names)];
    if (node.top > 0) addTicks(stacks, frames, node.top);
    for (const child of node.children ?? []) visit(child, frames);
  };
  for (const child of merged.children ?? []) visit(child, []);
  return stacks;
}

/** The stacks in clinic flame's PID.clinic-flame-samples: one list of frames a tick, the outermost first. */
export function foldClinicFlame(text: string, names: FrameNames): Stacks {
  const ticks = parse(text, 'clinic flame');
  if (!Array.isArray(ticks)) throw changed('clinic flame');
  const stacks: Stacks = new Map();
  for (const tick of ticks as readonly (readonly { readonly name: string }[])[])
    if (tick.length > 0)
      addTicks(
        stacks,
        tick.map(({ name }) => tickFrame(name, names)),
        1,
      );
  return stacks;
}

function addTicks(stacks: Stacks, frames: readonly string[], ticks: number): void {
  // Both draw a thread that waits for something to do as one that works.
  const isIdle = /^(?:__)?epoll_p?wait\b/u.test(frames.at(-1)!);
  addStack(stacks, isIdle ? [IDLE] : frames, ticks * TICK_US);
}

/** "name /path/file.js:12:3 [INIT]", "malloc [CPP]": the marks are 0x's own. */
function tickFrame(logged: string, names: FrameNames): string {
  const name = logged.replace(/ \[(?:CPP|SHARED_LIB|INIT|CODE:[^\]]*|INLINABLE)\]/gu, '');
  return v8FrameName(name, names) ?? name.replace(/@@?[A-Z]+_[\d.]+$/u, '');
}

function parse(text: string, tool: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw changed(tool);
  }
}

function changed(tool: string): GwrkError {
  return new GwrkError('GWRK_FLAME_FAILED', `what ${tool} wrote is not what gwrk knows of it`, {
    hint: 'its own page is in the directory',
  });
}
