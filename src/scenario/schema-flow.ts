/** Steps and keys that say when and how often something happens: thinking, choosing, what runs beside the flow, coming back. */
import * as z from 'zod';
import { addIssue, count, durationUs, rate, share } from './schema-values.js';

const thinkTime = z
  .strictObject({
    min: durationUs().optional().describe('Waits at least this long.'),
    max: durationUs().optional().describe('At most this long, evenly spread. Absent: min.'),
    mean: durationUs().optional().describe('Instead of min and max: normally distributed around this time, never below 0.'),
    deviation: durationUs().optional().describe('The standard deviation, with mean.'),
  })
  .superRefine((value, context) => {
    const { min, max, mean, deviation } = value;
    if ((min === undefined) === (mean === undefined))
      addIssue(context, 'think needs either min, or mean and deviation', {
        allowed: '2s, { min: 1s, max: 3s } or { mean: 2s, deviation: 500ms }',
      });
    else if (mean !== undefined && deviation === undefined) addIssue(context, 'deviation is missing', { allowed: 'a duration' });
    else if (min !== undefined && deviation !== undefined)
      addIssue(context, 'deviation goes with mean', { hint: 'write max, or mean instead of min', atKey: true }, ['deviation']);
    else if (mean !== undefined && max !== undefined)
      addIssue(context, 'max goes with min', { hint: 'write deviation', atKey: true }, ['max']);
    else if (min !== undefined && max !== undefined && max < min)
      addIssue(context, 'max is less than min', { allowed: 'min and above' }, ['max']);
  });

/** A time, or how it is spread. */
export const think = z.union([durationUs(), thinkTime], { error: '2s, { min: 1s, max: 3s } or { mean: 2s, deviation: 500ms }' });

export interface Branch<Step> {
  readonly weight: number;
  readonly steps: readonly Step[];
}

/** `step` is passed in, because it holds what this makes. */
export const chooseOf = <Step>(step: z.ZodType<Step>) =>
  z
    .array(
      z.strictObject({
        weight: rate(0, 1e9).prefault(1).describe('Its share is its weight by the sum of all.'),
        steps: z.array(step).min(1).max(1000).describe('What is done when it is drawn.'),
      }),
    )
    .min(1)
    .max(100)
    .superRefine((branches, context) => {
      if (Array.isArray(branches) && branches.length > 0 && branches.every(({ weight }) => weight === 0))
        addIssue(context, 'no branch can ever be drawn', { allowed: 'a weight above 0' });
    });

export interface Every<Send> {
  readonly period: number;
  readonly jitter: number;
  readonly steps: readonly Send[];
}

/** `sends`: the steps that may stand in it. */
export const everyOf = <Send>(sends: z.ZodType<Send>) =>
  z.strictObject({
    period: durationUs(1000).describe('A round is planned every so often, late or not, spread over the clients as those of a paced loop.'),
    jitter: share()
      .superRefine((value, context) => {
        if (value > 0.5) addIssue(context, 'rounds would overtake one another', { allowed: 'at most 50%' });
      })
      .prefault('0%')
      .describe('Each round is moved by up to this share of the period, both ways; at most 50%.'),
    steps: z
      .array(sends)
      .min(1)
      .max(100)
      .describe('`send` and `op` only. They leave one behind the other; their answers are not waited for, but timed.'),
  });

const backoff = z
  .strictObject({
    min: durationUs(1000).prefault('1s').describe('Before the first attempt in a row.'),
    max: durationUs(1000).prefault('30s').describe('The longest wait.'),
    factor: rate(1, 100).prefault(2).describe('How much longer each wait is than the last.'),
  })
  .superRefine((value, context) => {
    if (value.max < value.min) addIssue(context, 'max is less than min', { allowed: 'min and above' }, ['max']);
  });

export const reconnect = z.strictObject({
  after: durationUs().optional().describe('The wait before the first attempt in a row, in place of backoff.min.'),
  backoff: backoff.prefault({}).describe('The waits between attempts: each longer than the last.'),
  jitter: share()
    .prefault('50%')
    .describe('Each wait is varied by up to this share, both ways, so that clients do not come back together.'),
  attempts: count(1, 65_535)
    .optional()
    .describe('Attempts in a row; after them the client gives up and has failed. Absent: until the scenario ends.'),
});

/** A key of a scenario. */
export const storm = z.strictObject({
  at: durationUs().describe('When, from the start of the scenario.'),
  share: share()
    .superRefine((value, context) => {
      if (value === 0) addIssue(context, 'a storm hits somebody', { allowed: 'a share above 0' });
    })
    .describe('How many of the clients that are ready then lose their connection, by a reset.'),
});
