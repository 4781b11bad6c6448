/** Garbage collections of one kind within the judged time. */
export interface GcFigures {
  readonly count: number;
  readonly ms: number;
  /** Null where the source does not say. */
  readonly maxPauseMs: number | null;
}

/** What a source knows about the target; what it does not know is absent. All of the hold where there is one, unless said. */
export interface TargetFigures {
  /** Largest resident memory, all processes. */
  readonly rssPeakBytes?: number;
  /** hold: the kernel's peak since the hold began. start: since the process started. samples: the largest of one look a second. */
  readonly rssPeakSince?: 'hold' | 'start' | 'samples';
  /** CPU time of the whole run. */
  readonly cpuSeconds?: number;
  /** Cores used on average. */
  readonly cpuCores?: number;
  /** The most at one look. */
  readonly threads?: number;
  readonly fds?: number;
  readonly processes?: number;
  /** Child processes that appeared during the run. */
  readonly startedChildren?: number;
  /** Milliseconds a second that its threads were ready to run and had no core, summed over threads. */
  readonly runWaitMsPerSecond?: number;
  readonly contextSwitchesPerSecond?: number;
  readonly gcByKind?: Readonly<Record<string, GcFigures>>;
  /** Minor and major ones; of other runtimes than Node all. */
  readonly gcPerMinute?: number;
  readonly gcMsPerSecond?: number;
  readonly maxPauseMs?: number;
  /** Share of its time that the event loop was busy, 0 .. 1. */
  readonly elu?: number;
  /** The worst second's p99, without the resolution of the clock that it is measured with. */
  readonly loopDelayP99Ms?: number;
  readonly heapUsedBytes?: number;
  /** Operations that the target counted during the run. */
  readonly opsSeen?: number;
  /** Times that counters fell: the target was started again. */
  readonly restarts?: number;
}

export type SourceName = 'process' | 'inspector' | 'server' | 'metrics';

/** How a source did, as it stands in a report. */
export interface SourceState {
  readonly source: SourceName;
  /** ok: it answered until the end. partial: not always. missing: it said nothing. */
  readonly state: 'ok' | 'partial' | 'missing';
  /** Why it is not ok. */
  readonly reason?: string;
}

/** Something that is asked about the target once a second. No method throws; a source that fails says why in its state. */
export interface TargetSource {
  readonly name: SourceName;
  /** Before the load begins. */
  begin(): Promise<void>;
  /** Once a second; what is known by now as columns of the timeline. What must be waited for comes with the next look. */
  look(elapsedMs: number): Record<string, number>;
  holdBegins(elapsedMs: number): void;
  holdEnds(elapsedMs: number): void;
  /** After the load: a last reading, and everything left as it was. */
  end(elapsedMs: number): Promise<void>;
  figures(): TargetFigures;
  state(): SourceState;
}

/** Rounded to this many places behind the point. */
export function rounded(value: number, places: number): number {
  return Math.round(value * 10 ** places) / 10 ** places;
}

/** The figures that follow from garbage collections by kind over a time. */
export function gcFigures(byKind: Readonly<Record<string, GcFigures>>, seconds: number): TargetFigures {
  const kinds = Object.entries(byKind);
  if (kinds.length === 0 || seconds <= 0) return {};
  // Of V8 only these two are collections; the other kinds are steps and callbacks of one.
  const counted = kinds.some(([kind]) => kind === 'minor' || kind === 'major')
    ? kinds.filter(([kind]) => kind === 'minor' || kind === 'major')
    : kinds;
  const pauses = kinds.flatMap(([, { maxPauseMs }]) => maxPauseMs ?? []);
  const sum = (of: typeof kinds, value: (figures: GcFigures) => number): number => of.reduce((all, [, each]) => all + value(each), 0);
  return {
    gcByKind: byKind,
    gcPerMinute: rounded((sum(counted, ({ count }) => count) / seconds) * 60, 1),
    gcMsPerSecond: rounded(sum(kinds, ({ ms }) => ms) / seconds, 3),
    ...(pauses.length > 0 && { maxPauseMs: rounded(Math.max(...pauses), 3) }),
  };
}
