/** The leaves of the schema: values as people write them, read into numbers with one unit. */
import * as z from 'zod';
import {
  COUNT_FORM,
  COUNT_PATTERN,
  DURATION_FORM,
  DURATION_PATTERN,
  formatDurationUs,
  parseCount,
  parseDurationUs,
  parseQuantity,
  parseShare,
  RATE_FORM,
  SHARE_FORM,
  SHARE_PATTERN,
} from './units.js';

// zod would compile schemas with Function where it may; nothing in gwrk does.
z.config({ jitless: true });

/** What a check of ours says beside its message (validate.ts makes the error of it). */
export interface IssueDetails {
  readonly allowed?: string;
  readonly given?: string;
  readonly hint?: string;
  /** Point to the key rather than to its value. */
  readonly atKey?: boolean;
}

/** Runs also where another check of the same value failed already, so that every problem is found at once. */
export const always = { when: () => true } as const;

export function addIssue(context: z.RefinementCtx, message: string, params: IssueDetails, path: PropertyKey[] = []): void {
  context.addIssue({ code: 'custom', message, params: params as Record<string, unknown>, path });
}

const MAX_DURATION_US = 7 * 86_400e6;
export const MAX_CLIENTS = 10_000_000;

/** Text or number, read by `read`; the union's message says what is allowed. */
function written(
  what: string,
  form: string,
  pattern: string,
  read: (text: string) => number | undefined,
  min: number,
  max: number,
  show: (value: number) => string = String,
) {
  return z
    .union([z.string(), z.number()], { error: form })
    .meta({ pattern })
    .transform((value, context): number => {
      if (isTemplate(value)) return unknownBeforeStart(context);
      const number = read(String(value));
      if (number === undefined) addIssue(context, `this is not ${what}`, { allowed: form });
      else if (number < min) addIssue(context, 'this is too little', { allowed: `at least ${show(min)}` });
      else if (number > max) addIssue(context, 'this is too much', { allowed: `at most ${show(max)}` });
      else return number;
      return z.NEVER;
    });
}

const isTemplate = (value: unknown): boolean => typeof value === 'string' && value.includes('{{');

function unknownBeforeStart(context: z.RefinementCtx): never {
  addIssue(context, 'this value must be known before the start', {
    allowed: 'env.NAME and variables within {{ }}',
    hint: 'client, iteration, random(), uuid() and now() differ between clients; use them in steps',
  });
  return z.NEVER;
}

/** A duration in microseconds. */
export const durationUs = (minUs = 0) =>
  written('a duration', DURATION_FORM, DURATION_PATTERN, parseDurationUs, minUs, MAX_DURATION_US, formatDurationUs);
/** A whole number. */
export const count = (min: number, max: number) => written('a count', COUNT_FORM, COUNT_PATTERN, parseCount, min, max);
/** A number that may have decimals. */
export const rate = (min: number, max: number) => written('a number', RATE_FORM, COUNT_PATTERN, parseQuantity, min, max);
/** 0 .. 1. */
export const share = () => written('a share', SHARE_FORM, SHARE_PATTERN, parseShare, 0, 1);

/** Text that does not differ between clients. */
export const fixedText = (maxLetters = 4096) =>
  z
    .string()
    .min(1)
    .max(maxLetters)
    .superRefine((value, context) => {
      if (isTemplate(value)) unknownBeforeStart(context);
    });

/** Text in which `{{ }}` may stand. Numbers count as their text. */
export const clientText = () =>
  z.union([z.string(), z.number(), z.boolean()], { error: 'text, with {{ }} where it differs between clients' });
const ONE_EXPRESSION = /^\s*\{\{((?!\}\}).)*\}\}\s*$/s;

/** A whole number from min to max, or one `{{ }}` that gives it. */
export const clientNumber = (min: number, max: number) =>
  z.union([z.number(), z.string()], { error: 'a whole number, or one "{{ }}"' }).superRefine((value, context) => {
    if (typeof value === 'string' && ONE_EXPRESSION.test(value)) return;
    const number = typeof value === 'number' ? value : (parseCount(value) ?? Number.NaN);
    if (!Number.isInteger(number)) addIssue(context, 'this is not a whole number', { allowed: 'a whole number, or one "{{ }}"' });
    else if (number < min || number > max) addIssue(context, 'this number is out of range', { allowed: `${min} to ${max}` });
  });

/** Something to compare with: text, a number, true or false, or one `{{ }}`. */
export const oneValue = () =>
  z.union([z.string(), z.number(), z.boolean()], { error: 'text, a number, true or false' }).superRefine((value, context) => {
    if (isTemplate(value) && !ONE_EXPRESSION.test(String(value)))
      addIssue(context, 'this cannot be compared', { allowed: 'one "{{ }}" and nothing beside it, or plain text' });
  });

/** A name of the file's own: letters, digits, - and _. */
const NAME_PATTERN = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
export const name = () => z.string().regex(NAME_PATTERN, { error: 'letters, digits, - and _, at most 64, the first a letter or digit' });
/** What `{{ }}` can name. */
export const identifier = () =>
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/, { error: 'letters, digits and _, the first no digit, at most 64' });
/** A JSON pointer (RFC 6901). */
export const jsonPointer = () => z.string().regex(/^(\/([^~/]|~[01])*)*$/, { error: 'a JSON pointer: /name or /list/0/id' });
