import type { Report } from '../report/report.js';
import type { Slot } from './order.js';
import { qualityOf } from './run-quality.js';

/** What a `gwrk run` of its own has left behind. */
export interface FinishedRun {
  readonly exitCode: number;
  /** Its last words. */
  readonly reason: string;
  /** Absent when it never began. */
  readonly report?: Report;
  readonly directory?: string;
}

/** One run of a series as it is remembered. */
export interface SeriesRun extends Slot {
  readonly report: Report;
  readonly directory: string;
  /** Why it is not counted; absent: it is. */
  readonly refused?: string;
  /** A threshold ended it early: no figures to compare, but an answer. */
  readonly isAborted: boolean;
  readonly disturbances: readonly string[];
}

export interface SeriesHost {
  /** Runs the slot for the `attempt`-th time, from 1. */
  run(slot: Slot, attempt: number): Promise<FinishedRun>;
  /** Between two runs: the machine comes to rest. */
  rest(): Promise<void>;
  isStopped(): boolean;
  told(run: SeriesRun, isRepeated: boolean): void;
}

export interface SeriesResult {
  readonly runs: readonly SeriesRun[];
  /** complete: every slot has been tried. stopped: by a person. invalid: too many runs could not be used. failed: one could not be run at all. */
  readonly end: 'complete' | 'stopped' | 'invalid' | 'failed';
  /** Of a run that could not be run at all. */
  readonly failure?: FinishedRun;
}

/** Runs of one slot that are tried before it stays empty. */
const ATTEMPTS_A_SLOT = 3;

/**
 * Runs slot after slot. A run that cannot be used is run again at once, up to three times and, over the whole series, as
 * often as there are slots; so is one that the machine disturbed, as long as half of that is left, and the quiet one counts.
 */
export async function runSeries(slots: readonly Slot[], host: SeriesHost): Promise<SeriesResult> {
  const runs: SeriesRun[] = [];
  let repeatsLeft = slots.length;
  for (const [index, slot] of slots.entries()) {
    let disturbed: SeriesRun | undefined;
    for (let attempt = 1; ; attempt++) {
      if (index + attempt > 1) await host.rest();
      if (host.isStopped()) return { runs, end: 'stopped' };
      const finished = await host.run(slot, attempt);
      const { report, directory } = finished;
      if (!report || directory === undefined) return { runs, end: host.isStopped() ? 'stopped' : 'failed', failure: finished };
      const { use, reason, disturbances } = qualityOf(report);
      let run: SeriesRun = {
        ...slot,
        report,
        directory,
        disturbances,
        isAborted: use === 'aborted',
        ...(reason !== undefined && { refused: reason }),
      };
      const isDisturbed = use === 'counts' && disturbances.length > 0;
      const mayRepeat = attempt < ATTEMPTS_A_SLOT && repeatsLeft > (isDisturbed ? slots.length / 2 : 0);
      const isRepeated = use !== 'stopped' && (use === 'unusable' || isDisturbed) && mayRepeat;
      if (isRepeated && isDisturbed) run = { ...run, refused: `run again: ${disturbances.join(', ')}` };
      runs.push(run);
      host.told(run, isRepeated);
      if (use === 'stopped') return { runs, end: 'stopped' };
      if (isRepeated) {
        if (isDisturbed) disturbed = run;
        repeatsLeft--;
        continue;
      }
      // The last attempt was of no use at all: the disturbed one before it is better than none.
      if (use === 'unusable' && disturbed) restore(runs, disturbed);
      break;
    }
    // Whatever is tried, nothing comes of it: that is not worth the time of all the other slots.
    if (index === 1 && !runs.some(isAnswer)) return { runs, end: 'invalid' };
  }
  return { runs, end: runs.some(isAnswer) ? 'complete' : 'invalid' };
}

const isAnswer = ({ refused, isAborted }: SeriesRun): boolean => refused === undefined || isAborted;

function restore(runs: SeriesRun[], disturbed: SeriesRun): void {
  const { refused: _, ...counted } = disturbed;
  runs[runs.indexOf(disturbed)] = counted;
}
