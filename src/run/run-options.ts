import type { Recorder } from '../measure/recorder.js';
import type { Snapshot, TrendGrowth } from '../measure/snapshot.js';
import type { Profile } from '../profile/flame-record.js';
import type { ErrorRecord } from '../report/report.js';
import type { SlowRecord } from '../report/slow-files.js';
import type { InspectWhere } from '../target/attach.js';
import type { FlameWish } from './run-profile.js';

/** What the command line says about a run beside its plan. */
export interface RunOptions {
  /** The target was typed on the command line, which is consent to load it. */
  readonly isTargetTyped: boolean;
  /** host or host:port of each --allow-target. */
  readonly allowTargets: readonly string[];
  /** PEM texts and whether the certificate of the target is checked; only used for wss://. */
  readonly tls: { readonly verify: boolean; readonly ca?: string; readonly cert?: string; readonly key?: string };
  /** Processes to measure beside the load. */
  readonly targetPids?: readonly number[];
  /** Where the target's metrics are scraped, typed on the command line. */
  readonly targetMetrics?: string;
  /** The Node process whose inspector is read: the target's own (true), another one, or its URL. */
  readonly targetInspect?: InspectWhere;
  /** Takes a profile of the hold, of the target or of the swarm itself. */
  readonly flame?: FlameWish;
  /** Where players log in, when it is not where the reference server has it. */
  readonly loginUrl?: string;
  readonly adminUrl?: string;
  /** Bearer of the admin port: logins are then fetched in bulk. */
  readonly adminToken?: string;
  /** Response time from which an operation is kept for `gwrk why`, us; absent: none is. */
  readonly slowUs?: number;
  readonly withThresholds: boolean;
  /** Ends the run when more than half of what it tries fails for 10 s. */
  readonly withErrorLimit: boolean;
  readonly gwrkVersion: string;
}

/** What a run tells while it goes on. */
export interface RunHooks {
  /** One line for a person: what was chosen, and why. */
  note(line: string): void;
  /** Once a second, from the common start. */
  progress(snapshot: Snapshot, errors: readonly ErrorRecord[], recorders: readonly Recorder[]): void;
  /** Before that, of each trend with samples: its interval. All of them together are the whole run. */
  growth?(growth: TrendGrowth): void;
  /** Once, at the end: the slow operations, and what the target says held it up. */
  slow?(record: SlowRecord): void;
  /** Once, when the run is over: the profile that was asked for, if one could be taken. */
  flame?(profile: Profile): void;
}
