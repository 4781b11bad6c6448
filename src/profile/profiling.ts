import type { Profile } from './flame-record.js';

/** A profiler at work. `stop` ends it and resolves with what it took; `abandon` ends it without, and never throws. */
export interface Profiling {
  stop(): Promise<Profile>;
  abandon(): Promise<void>;
}
