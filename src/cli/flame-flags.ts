import { InvalidArgumentError } from 'commander';
import { didYouMean } from '../scenario/nearest-name.js';

/** The same list as profile/flame-record.ts, which --help need not load. A test compares. */
export const FLAME_TOOL_NAMES = ['inspector', 'perf', '0x', 'clinic-doctor', 'clinic-flame', 'clinic-heap'] as const;
export type FlameToolName = (typeof FLAME_TOOL_NAMES)[number];

/** A tool of --tool or --flame; what does not work is refused with its reason. */
export function flameTool(text: string): FlameToolName {
  if (/bubbleprof/u.test(text))
    throw new InvalidArgumentError(
      'clinic bubbleprof never ends on Node 20 and later and leaves the server behind (https://github.com/clinicjs/node-clinic/issues/477); try clinic-doctor.',
    );
  const tool = FLAME_TOOL_NAMES.find((name) => name === text);
  if (tool === undefined) {
    const meant = didYouMean(text, FLAME_TOOL_NAMES);
    throw new InvalidArgumentError(`Allowed: ${FLAME_TOOL_NAMES.join(', ')}.${meant === undefined ? '' : ` ${meant}`}`);
  }
  return tool;
}

/** Of `gwrk run --flame`: a tool, or gwrk itself. */
export function flameWish(text: string): FlameToolName | 'self' {
  return text === 'self' ? text : flameTool(text);
}
