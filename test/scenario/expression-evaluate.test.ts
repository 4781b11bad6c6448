import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { Prng } from '../../src/core/prng.js';
import {
  compileNumber,
  compileTemplate,
  type EvaluationContext,
  templateMaxBytes,
  writeNumber,
} from '../../src/scenario/expression-evaluate.js';
import { parseExpression, parseTemplate } from '../../src/scenario/expression-parse.js';

const none = new Map<string, never>();
const context = (over: Partial<EvaluationContext> = {}): EvaluationContext => ({
  client: 0,
  iteration: 0,
  prng: new Prng(7),
  nowUnixMs: 0,
  ...over,
});

function textOf(template: string, at: EvaluationContext): string {
  const parsed = parseTemplate(template, none);
  const out = new Uint8Array(templateMaxBytes(parsed) + 3);
  return Buffer.from(out.subarray(3, compileTemplate(parsed)(at, out, 3))).toString('utf8');
}

test('arithmetic over client and iteration gives what JavaScript gives', () => {
  // The oracle is the same formula written in TypeScript.
  const formulas: [string, (client: number, iteration: number) => number][] = [
    ['client % 20000', (c) => c % 20000],
    ['client * 3 + iteration', (c, i) => c * 3 + i],
    ['(client + 1) * (iteration - 1)', (c, i) => (c + 1) * (i - 1)],
    ['client / 4 - -iteration', (c, i) => c / 4 - -i],
    ['100 - client % 7', (c) => 100 - (c % 7)],
    ['42', () => 42],
  ];
  fc.assert(
    fc.property(fc.nat(2_000_000), fc.nat(1000), (client, iteration) => {
      const at = context({ client, iteration });
      for (const [source, wanted] of formulas)
        assert.equal(compileNumber(parseExpression(source, none))(at), wanted(client, iteration), source);
    }),
  );
});

test('now() is the time of the context and random() comes from its generator', () => {
  assert.equal(compileNumber(parseExpression('now()', none))(context({ nowUnixMs: 1_700_000_000_123 })), 1_700_000_000_123);
  const wanted = new Prng(42);
  const at = context({ prng: new Prng(42), client: 5 });
  const fixed = compileNumber(parseExpression('random(0, 1000)', none));
  const moving = compileNumber(parseExpression('random(client, client * 2)', none));
  for (let i = 0; i < 100; i++) {
    assert.equal(fixed(at), wanted.between(0, 1000));
    assert.equal(moving(at), wanted.between(5, 10));
  }
});

test('random() reaches both its ends and nothing beyond', () => {
  const at = context();
  const roll = compileNumber(parseExpression('random(1, 6)', none));
  const seen = new Set(Array.from({ length: 1000 }, () => roll(at)));
  assert.deepEqual([...seen].sort(), [1, 2, 3, 4, 5, 6]);
});

test('templates put values between their literal pieces, in UTF-8', () => {
  const at = context({ client: 1_234_567, iteration: 9 });
  assert.equal(textOf('p{{ client }}', at), 'p1234567');
  assert.equal(textOf('żółw {{ client % 10 }}/{{ iteration }} 🐢', at), 'żółw 7/9 🐢');
  assert.equal(textOf('{{ iteration / 2 }}', at), '4.5');
  assert.equal(textOf('{{ "text" }}{{ 1.5 }}', at), 'text1.5');
  assert.equal(textOf('', at), '');
});

test('whole numbers are written as their decimal digits', () => {
  const out = new Uint8Array(40);
  fc.assert(
    fc.property(fc.oneof(fc.maxSafeInteger(), fc.integer({ min: -1000, max: 1000 }), fc.double()), (value) => {
      const end = writeNumber(value, out, 5);
      assert.equal(Buffer.from(out.subarray(5, end)).toString('latin1'), String(value === 0 ? 0 : value));
    }),
  );
  for (const value of [0, 9, 10, 99, 100, Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER, 1e300, -1.2345678901234567e-100, Number.NaN]) {
    const end = writeNumber(value, out, 0);
    assert.equal(Buffer.from(out.subarray(0, end)).toString('latin1'), String(value));
  }
});

test('uuid() is a version 4 UUID, equal for equal seeds and different each time', () => {
  const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const at = context({ prng: new Prng(3) });
  const seen = Array.from({ length: 200 }, () => textOf('{{ uuid() }}', at));
  for (const uuid of seen) assert.match(uuid, form);
  assert.equal(new Set(seen).size, 200);
  assert.equal(textOf('{{ uuid() }}', context({ prng: new Prng(3) })), seen[0]);
});

test('no template writes more than it announced', () => {
  const at = context({ client: Number.MAX_SAFE_INTEGER, iteration: 3, nowUnixMs: 1.7e12 });
  for (const template of [
    '{{ -client }}',
    '{{ client / -7e }}'.replace('7e', '7'),
    '{{ uuid() }}x',
    '{{ 1 / 3 }}',
    'é{{ client }}{{ iteration / 7 }}{{ now() }}',
  ]) {
    assert.ok(Buffer.byteLength(textOf(template, at)) <= templateMaxBytes(parseTemplate(template, none)), template);
  }
});

test('evaluating numbers and templates of whole numbers leaves no garbage behind', () => {
  // In a process with a young generation so large that nothing is collected between the two readings.
  const file = fileURLToPath(new URL('evaluation-garbage.js', import.meta.url));
  const { stdout } = spawnSync(process.execPath, ['--expose-gc', '--min-semi-space-size=64', '--max-semi-space-size=64', file], {
    encoding: 'utf8',
    timeout: 30_000,
  });
  const bytes = Number.parseInt(stdout, 10);
  assert.ok(bytes < 400_000, `${stdout.trim()} bytes for 200,000 evaluations`);
});
