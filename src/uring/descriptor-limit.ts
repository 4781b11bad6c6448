import { readFileSync } from 'node:fs';
import { MAX_SLOTS } from './socket-state.js';

/** RLIMIT_NOFILE of this process (soft), which is also the largest table of direct descriptors a ring may have. */
export function descriptorLimit(): number {
  const line = /^Max open files\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return line === undefined || line === 'unlimited' ? MAX_SLOTS : Number(line);
}

/** Slots that a ring of this process may have. */
export function slotsPerRing(): number {
  return Math.min(descriptorLimit(), MAX_SLOTS);
}
