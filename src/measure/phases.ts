/** The parts of a run: until everybody has come, while the load is held, and what follows the planned end. */
export const PHASE_NAMES = ['ramp', 'hold', 'drain'] as const;
export type PhaseName = (typeof PHASE_NAMES)[number];
