/** ok: it works; warn: it works less well than it could; no: it does not work here; info: good to know. */
export type DoctorLevel = 'ok' | 'warn' | 'no' | 'info';

/** What one trial of `gwrk doctor` found. */
export interface DoctorLine {
  /** For scripts; never changes. */
  readonly id: string;
  readonly level: DoctorLevel;
  readonly text: string;
  /** What to do about it: a command, or a sentence. */
  readonly fix?: string;
  /** gwrk cannot work without it: `no` then decides the exit code. */
  readonly required?: true;
}

/** What came of a program: undefined when there is none of that name. */
export interface TrialResult {
  readonly exitCode: number;
  /** stdout and stderr. */
  readonly text: string;
}

/** Runs a program to its end. */
export type RunTrial = (command: string, args: readonly string[]) => TrialResult | undefined;
