import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.js';
import type { Expectation } from '../../src/scenario/program.js';
import { AnswerCheck } from '../../src/swarm/answer-check.js';
import { AnswerMatch } from '../../src/swarm/answer-match.js';

const context = { client: 7, iteration: 3, prng: new Prng(1), nowUnixMs: 1_700_000_000_000 };

function holds(expectation: Partial<Expectation>, text: string): boolean {
  const bytes = Buffer.from(`<<${text}>>`);
  return new AnswerCheck({ withinUs: 1, ...expectation }).holds(context, bytes, 2, bytes.length - 2);
}

test('an expectation of nothing holds for anything', () => {
  assert.equal(holds({}, ''), true);
});

test('text must be equal, contains must be inside, with the values of the client', () => {
  const parts = ['hello ', { kind: 'name', name: 'client' } as const, '!'];
  assert.equal(holds({ text: { parts } }, 'hello 7!'), true);
  assert.equal(holds({ text: { parts } }, 'hello 8!'), false);
  assert.equal(holds({ text: { parts } }, 'hello 7!!'), false);
  assert.equal(holds({ contains: { parts } }, 'say hello 7! now'), true);
  assert.equal(holds({ contains: { parts } }, 'say hello 7'), false);
  assert.equal(holds({ contains: { parts } }, 'hello 7!'), true);
});

test('a JSON value is compared by kind and value, not by how it is written', () => {
  const json = (equals: number | string | boolean): Partial<Expectation> => ({
    json: [{ pointer: '/v', equals: { kind: typeof equals, value: equals } as never }],
  });
  assert.equal(holds(json(5), '{"v":5}'), true);
  assert.equal(holds(json(5), '{"v":5.0}'), true);
  assert.equal(holds(json(5), '{"v":"5"}'), false);
  assert.equal(holds(json(5), '{"v":51}'), false);
  assert.equal(holds(json(true), '{"v":true}'), true);
  assert.equal(holds(json(true), '{"v":"true"}'), false);
  assert.equal(holds(json('true'), '{"v":true}'), false);
  assert.equal(holds(json('a b'), '{"v":"a\\u0020b"}'), true);
  assert.equal(holds(json('a b'), '{"w":"a b"}'), false);
});

test('two JSON values must both hold', () => {
  const both: Partial<Expectation> = {
    json: [
      { pointer: '/a', equals: { kind: 'number', value: 1 } },
      { pointer: '/b', equals: { kind: 'name', name: 'iteration' } },
    ],
  };
  assert.equal(holds(both, '{"a":1,"b":3}'), true);
  assert.equal(holds(both, '{"a":1,"b":4}'), false);
});

function keyOf(match: AnswerMatch, bytes: Buffer): string | undefined {
  return match.read(bytes, 0, bytes.length) ? `${match.low}/${match.high}` : undefined;
}

test('equal matching fields have equal keys and different ones different keys', () => {
  const json = new AnswerMatch({ by: 'json', pointer: '/id' });
  const keys = new Set<string | undefined>();
  for (let id = 0; id < 20_000; id++) keys.add(keyOf(json, Buffer.from(`{"x":${id % 3},"id":"c${id}-${id % 7}"}`)));
  assert.equal(keys.size, 20_000);
  assert.equal(keyOf(json, Buffer.from('{"id":5,"q":1}')), keyOf(json, Buffer.from('{"answer":"yes", "id" : 5}')));
  assert.notEqual(keyOf(json, Buffer.from('{"id":5}')), keyOf(json, Buffer.from('{"id":"5"}')));
  assert.equal(keyOf(json, Buffer.from('{"no":5}')), undefined);
});

test('a field of bytes is found at its offset, whatever its width', () => {
  for (const width of [1, 2, 4, 8] as const) {
    const match = new AnswerMatch({ by: 'bytes', offset: 2, width, littleEndian: true });
    const of = (value: number, rest: number): Buffer =>
      Buffer.concat([Buffer.from([rest, rest]), Buffer.alloc(width, value), Buffer.from([rest])]);
    assert.equal(keyOf(match, of(1, 9)), keyOf(match, of(1, 8)));
    assert.notEqual(keyOf(match, of(1, 9)), keyOf(match, of(2, 9)));
    assert.equal(keyOf(match, Buffer.alloc(width + 1)), undefined);
  }
});
