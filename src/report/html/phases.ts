import type { Report } from '../report.js';
import type { Phase } from './chart.js';

/** Ramp, hold and drain, as far as the report says when the hold was. Without it the run has no phases to tell apart. */
export function phasesOf({ generator }: Report, seconds: readonly number[]): Phase[] {
  const hold = generator.hold;
  const end = seconds.at(-1);
  if (!hold || end === undefined || !(hold.untilMs > hold.fromMs)) return [];
  const [from, until] = [hold.fromMs / 1000, Math.min(hold.untilMs / 1000, end)];
  const phases: Phase[] = [];
  if (from > 0.5) phases.push({ name: 'ramp', from: 0, until: from });
  phases.push({ name: 'hold', from, until });
  if (end - until > 0.5) phases.push({ name: 'drain', from: until, until: end });
  return phases;
}
