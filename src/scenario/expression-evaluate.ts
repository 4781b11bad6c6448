/**
 * Expressions and templates as closures, compiled once for each place in the scenario and shared by all its clients.
 * Evaluating them allocates nothing, but for numbers that are not whole (their text) in templates.
 */
import type { Prng } from '../core/prng.js';
import { copyWords, isCongruent, WordView, wordsOf } from '../core/words.js';
import { copyBytes } from '../protocol/bytes.js';
import type { Expression, Template } from './expression.js';
import { calculate } from './expression-parse.js';
import { MAX_VALUE_BYTES } from './feeder.js';
import { compileValue, findValue, MOST_ESCAPED, numberAt, type ValueSource } from './value-source.js';

/** What an evaluation may look at; one object a worker, its fields set before each call. */
export interface EvaluationContext {
  /** Number of the client in the whole run, from 0. */
  client: number;
  /** How often the innermost loop has come round for this client, from 0. */
  iteration: number;
  prng: Prng;
  /** Wall-clock milliseconds since 1970 UTC: now(). */
  nowUnixMs: number;
  /** Columns of feeders and captures; absent where the program has none. */
  values?: ValueSource | undefined;
}

export type NumberOf = (context: EvaluationContext) => number;
/** Writes the text as UTF-8 to out from `at`; returns the end. There must be room for templateMaxBytes(). */
export type WriteTemplate = (context: EvaluationContext, out: Uint8Array, at: number) => number;

const encoder = new TextEncoder();
const ZERO = 48;
const MINUS = 45;
const HEX_DIGITS = encoder.encode('0123456789abcdef');
const MAX_NUMBER_BYTES = 25; // "-1.2345678901234567e-100" and one to spare
const UUID_BYTES = 36;

/** A function that gives the expression's number. Text that is no number, uuid() and a value that is absent give NaN, true 1 and false 0. */
export function compileNumber(expression: Expression): NumberOf {
  switch (expression.kind) {
    case 'number':
    case 'string':
    case 'boolean': {
      const value = Number(expression.value);
      return () => value;
    }
    case 'name':
      return expression.name === 'client' ? (context) => context.client : (context) => context.iteration;
    case 'negate': {
      const operand = compileNumber(expression.operand);
      return (context) => -operand(context);
    }
    case 'binary':
      return compileBinary(expression);
    case 'call':
      return compileCall(expression);
    case 'json':
      return compileNumber(expression.value);
    case 'field':
    case 'capture':
      return ({ values }) => (findValue(values, expression) ? numberAt(values.bytes, values.start, values.end) : Number.NaN);
  }
}

function compileBinary({ operator, left, right }: Expression & { kind: 'binary' }): NumberOf {
  const a = compileNumber(left);
  const b = compileNumber(right);
  if (left.kind === 'number' && right.kind === 'number') {
    const value = calculate(operator, left.value, right.value);
    return () => value;
  }
  switch (operator) {
    case '+':
      return (context) => a(context) + b(context);
    case '-':
      return (context) => a(context) - b(context);
    case '*':
      return (context) => a(context) * b(context);
    case '/':
      return (context) => a(context) / b(context);
    case '%':
      return (context) => a(context) % b(context);
  }
}

function compileCall({ name, args }: Expression & { kind: 'call' }): NumberOf {
  if (name === 'now') return (context) => context.nowUnixMs;
  if (name !== 'random') return () => Number.NaN;
  const [low, high] = args;
  if (low!.kind === 'number' && high!.kind === 'number') {
    const from = low!.value;
    const to = high!.value;
    return (context) => context.prng.between(from, to);
  }
  const from = compileNumber(low!);
  const to = compileNumber(high!);
  return (context) => context.prng.between(from(context), to(context));
}

/** A function that writes the template's text. Whole numbers are written in decimal digits, others as JavaScript prints them. */
export function compileTemplate(template: Template): WriteTemplate {
  const writers = template.parts.map(compilePart);
  if (writers.length === 1) return writers[0]!;
  return (context, out, at) => {
    let end = at;
    for (let i = 0; i < writers.length; i++) end = writers[i]!(context, out, end);
    return end;
  };
}

/** The most bytes that compileTemplate's function can write. */
export function templateMaxBytes(template: Template): number {
  let bytes = 0;
  for (const part of template.parts) {
    if (typeof part === 'string') bytes += encoder.encode(part).length;
    else if (part.kind === 'string' || part.kind === 'boolean') bytes += encoder.encode(String(part.value)).length;
    else if (part.kind === 'field' || part.kind === 'capture') bytes += MAX_VALUE_BYTES;
    else if (part.kind === 'json') bytes += MAX_VALUE_BYTES * MOST_ESCAPED + 2;
    else bytes += part.kind === 'call' && part.name === 'uuid' ? UUID_BYTES : MAX_NUMBER_BYTES;
  }
  return bytes;
}

function compilePart(part: string | Expression): WriteTemplate {
  if (typeof part === 'string') return writeLiteral(part);
  if (part.kind === 'string' || part.kind === 'boolean' || part.kind === 'number') return writeLiteral(String(part.value));
  if (part.kind === 'call' && part.name === 'uuid') return (context, out, at) => writeUuid(context.prng, out, at);
  if (part.kind === 'field' || part.kind === 'capture' || part.kind === 'json') return compileValue(part);
  const number = compileNumber(part);
  return (context, out, at) => writeNumber(number(context), out, at);
}

/** Writes the same bytes each time. */
export function writeConstant(constant: Uint8Array): WriteTemplate {
  const { length } = constant;
  const bytes = new Uint8Array((length + 3) & ~3);
  bytes.set(constant);
  const words = wordsOf(bytes)!;
  const view = new WordView();
  return (_context, out, at) => {
    const target = isCongruent(0, at) ? view.of(out) : undefined;
    if (target === undefined) copyBytes(bytes, 0, length, out, at);
    else copyWords(words, 0, length, target, at);
    return at + length;
  };
}

function writeLiteral(text: string): WriteTemplate {
  return writeConstant(encoder.encode(text));
}

/** Writes a number as text; returns the end. Whole numbers within 2^53 take no allocation. */
export function writeNumber(value: number, out: Uint8Array, at: number): number {
  if (!Number.isSafeInteger(value)) {
    const text = String(value);
    for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i);
    return at + text.length;
  }
  let rest = value;
  let start = at;
  if (rest < 0) {
    out[start++] = MINUS;
    rest = -rest;
  }
  let end = start + 1;
  for (let power = 10; power <= rest; power *= 10) end++;
  for (let i = end - 1; i >= start; i--) {
    const shorter = Math.floor(rest / 10);
    out[i] = ZERO + (rest - shorter * 10);
    rest = shorter;
  }
  return end;
}

/** A version 4 UUID (RFC 9562 section 5.4) from the seeded generator: good as a label, not as a secret. */
function writeUuid(prng: Prng, out: Uint8Array, at: number): number {
  let word = 0;
  for (let digit = 0, position = at; digit < 32; digit++, position++) {
    if ((digit & 7) === 0) word = prng.nextU32();
    if (digit === 8 || digit === 12 || digit === 16 || digit === 20) out[position++] = MINUS;
    let nibble = word & 15;
    word >>>= 4;
    if (digit === 12) nibble = 4;
    else if (digit === 16) nibble = 8 | (nibble & 3);
    out[position] = HEX_DIGITS[nibble]!;
  }
  return at + UUID_BYTES;
}
