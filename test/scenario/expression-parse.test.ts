import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Expression } from '../../src/scenario/expression.js';
import { type Constant, ExpressionError, parseExpression, parseTemplate } from '../../src/scenario/expression-parse.js';

const constants = new Map<string, Constant>([
  ['CLIENTS', 1000],
  ['NAME', 'lobby'],
  ['BIG', '10k'],
  ['ON', true],
  ['env.REGION', 'eu'],
]);
const parse = (source: string): Expression => parseExpression(source, constants);
const number = (value: number): Expression => ({ kind: 'number', value });
const client: Expression = { kind: 'name', name: 'client' };

test('constants are calculated while reading, with the usual precedence', () => {
  const rows: [string, number][] = [
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['10 - 4 - 3', 3],
    ['24 / 4 / 2', 3],
    ['17 % 5', 2],
    ['-17 % 5', -2],
    ['2 * -3', -6],
    ['--4', 4],
    ['CLIENTS / 2', 500],
    ['BIG * 2', 20_000],
    ['"1.5m" + 0', 1_500_000],
    ['1.5 * 2', 3],
    ['((((7))))', 7],
  ];
  for (const [source, value] of rows) assert.deepEqual(parse(source), number(value), source);
});

test('names of variables become their values, of any type', () => {
  assert.deepEqual(parse('NAME'), { kind: 'string', value: 'lobby' });
  assert.deepEqual(parse('ON'), { kind: 'boolean', value: true });
  assert.deepEqual(parse('env.REGION'), { kind: 'string', value: 'eu' });
  assert.deepEqual(parse("'it is'"), { kind: 'string', value: 'it is' });
});

test('what differs from client to client stays', () => {
  assert.deepEqual(parse('client % (CLIENTS * 2)'), { kind: 'binary', operator: '%', left: client, right: number(2000) });
  assert.deepEqual(parse('-client'), { kind: 'negate', operand: client });
  assert.deepEqual(parse('random(0, CLIENTS - 1)'), { kind: 'call', name: 'random', args: [number(0), number(999)] });
  assert.deepEqual(parse('uuid()'), { kind: 'call', name: 'uuid', args: [] });
});

test('a template is its literal pieces and its expressions', () => {
  assert.deepEqual(parseTemplate('a{{ client }}b{{1}}', constants).parts, ['a', client, 'b', number(1)]);
  assert.deepEqual(parseTemplate('', constants).parts, ['']);
  assert.deepEqual(parseTemplate('}} alone is text', constants).parts, ['}} alone is text']);
});

test('faults are told with the letter at which they stand', () => {
  const rows: [string, number, RegExp][] = [
    ['x{{ 1 + }}', 8, /missing/],
    ['{{ }}', 3, /missing/],
    ['{{ client', 0, /never closed/],
    ['{{ cleint }}', 3, /no value named cleint/],
    ['{{ env.MISSING }}', 3, /env.MISSING is not set/],
    ['{{ 1 2 }}', 5, /one too many/],
    ['{{ (1 + 2 }}', 3, /never closed/],
    ['{{ 1 / 0 }}', 5, /divides by zero/],
    ['{{ client % 0 }}', 10, /divides by zero/],
    ['{{ rnd(1, 2) }}', 3, /no function rnd/],
    ['{{ random(1) }}', 3, /takes 2 values/],
    ['{{ random(5, 1) }}', 3, /wrong way round/],
    ['{{ uuid }}', 3, /is a function/],
    ['{{ NAME * 2 }}', 8, /"lobby" is not a number/],
    ['{{ uuid() + 1 }}', 10, /uuid\(\) is not a number/],
    ['{{ ON + 1 }}', 6, /true is not a number/],
    ['{{ client; 1 }}', 9, /does not belong/],
    ['{{ a.b.c }}', 3, /no value named a.b.c/],
    ['{{ 1x }}', 3, /does not belong/],
    ['{{ "open }}', 3, /does not belong/],
    ['{{ constructor }}', 3, /no value named constructor/],
    ['{{ __proto__ }}', 3, /no value named __proto__/],
    ['{{ toString() }}', 3, /no function toString/],
  ];
  for (const [text, offset, message] of rows) {
    assert.throws(
      () => parseTemplate(text, constants),
      (error: unknown) => {
        assert.ok(error instanceof ExpressionError, text);
        assert.match(error.message, message, text);
        assert.equal(error.offset, offset, text);
        return true;
      },
    );
  }
});

test('a name that is nearly right gets the right one as a hint', () => {
  const hintOf = (source: string): string | undefined => {
    try {
      parse(source);
    } catch (error) {
      return (error as ExpressionError).hint;
    }
    return undefined;
  };
  assert.equal(hintOf('clinet'), 'did you mean client?');
  assert.equal(hintOf('CLIENT'), 'did you mean client?');
  assert.equal(hintOf('CLEINTS'), 'did you mean CLIENTS?');
  assert.equal(hintOf('randon(1, 2)'), 'did you mean random?');
  assert.equal(hintOf('env.RAMP'), 'add -e RAMP=VALUE');
});

test('64 parts are read and 65 are not', () => {
  const sum = (terms: number): string => Array.from({ length: terms }, () => 'client').join(' + ');
  assert.doesNotThrow(() => parse(`-${sum(32)}`)); // 32 names, 31 sums, one minus
  assert.throws(() => parse(sum(33)), /at most 64 parts/);
});

test('an endless expression is refused before it is read', () => {
  assert.throws(() => parse('('.repeat(100_000)), /at most 512 letters/);
  assert.throws(() => parse('('.repeat(500)), ExpressionError);
});
