import { type FrameKind, kindOf } from './frame-name.js';
import { framesOf } from './stacks.js';

/** A node of the graph: a frame below a certain stack. */
export interface FlameNode {
  readonly frame: string;
  readonly kind: FrameKind;
  /** With everything above it. */
  valueUs: number;
  readonly children: Map<string, FlameNode>;
}

/** The stacks as a tree; its root is all of them. */
export function flameTree(stacks: ReadonlyMap<string, number>, name = 'all'): FlameNode {
  const root: FlameNode = { frame: name, kind: 'native', valueUs: 0, children: new Map() };
  for (const [stack, weight] of stacks) {
    root.valueUs += weight;
    let node = root;
    for (const frame of framesOf(stack)) {
      let child = node.children.get(frame);
      if (!child) {
        child = { frame, kind: kindOf(frame), valueUs: 0, children: new Map() };
        node.children.set(frame, child);
      }
      child.valueUs += weight;
      node = child;
    }
  }
  return root;
}
