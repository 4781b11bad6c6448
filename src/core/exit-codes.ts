/** What the exit code of every command means (docs/errors.md). Scripts depend on these numbers. */
export const EXIT = {
  passed: 0,
  /** gwrk itself failed. */
  failed: 1,
  /** A threshold or a comparison failed. */
  thresholdFailed: 99,
  /** A bad scenario or flag; nothing was run. */
  badInput: 104,
  /** Interrupted; results are written. */
  interrupted: 105,
  /** A scenario's driver threw. */
  driverThrew: 107,
  /** The measurement is not valid: generator saturated, fewer clients than planned, a threshold without samples. */
  invalid: 111,
} as const;
