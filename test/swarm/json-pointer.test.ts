import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { JsonPointer } from '../../src/swarm/json-pointer.js';

const SEED = 4242;

function find(pointer: string, text: string): string | undefined {
  const bytes = Buffer.from(`..${text}..`);
  const jsonPointer = new JsonPointer(pointer);
  return jsonPointer.find(bytes, 2, bytes.length - 2) ? bytes.toString('utf8', jsonPointer.start, jsonPointer.end) : undefined;
}

/** Every pointer into a value, with what it points to. */
function pointersInto(value: unknown, at = ''): [string, unknown][] {
  if (value === null || typeof value !== 'object') return [[at, value]];
  const escaped = (name: string): string => name.replaceAll('~', '~0').replaceAll('/', '~1');
  const inside = Object.entries(value).flatMap(([name, member]) => pointersInto(member, `${at}/${escaped(name)}`));
  return [[at, value], ...inside];
}

test(`every value of any JSON text is found by its pointer (seed ${SEED})`, () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), fc.constantFrom(0, 1, '\t'), (value, space) => {
      const text = JSON.stringify(value, null, space);
      for (const [pointer, wanted] of pointersInto(JSON.parse(text))) {
        const found = find(pointer, text);
        assert.notEqual(found, undefined, `${pointer} in ${text}`);
        assert.deepEqual(JSON.parse(found!), wanted);
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test(`bytes that are no JSON are read without a throw and without an end past theirs (seed ${SEED})`, () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom(...'{}[]",:\\ a1-') }),
      fc.constantFrom('', '/a', '/0', '/a/0', '/a/1/a'),
      (text, pointer) => {
        const found = find(pointer, text);
        assert.ok(found === undefined || found.length <= text.length);
      },
    ),
    { seed: SEED, numRuns: 2_000 },
  );
});

test('what is not there is not found', () => {
  for (const [pointer, text] of [
    ['/a', '{"b":1}'],
    ['/a', '{"b":{"a":1}}'],
    ['/a/b', '{"a":1}'],
    ['/0', '[]'],
    ['/2', '[1,2]'],
    ['/01', '[1,2]'],
    ['/a', '{"a"'],
    ['/a', '{"a":'],
    ['', ''],
    ['/a', '{"a":"never ends'],
  ] as const) {
    assert.equal(find(pointer, text), undefined, `${pointer} in ${text}`);
  }
});

test('the first member of a name counts, and escaped names are read', () => {
  assert.equal(find('/a', '{"a":1,"a":2}'), '1');
  assert.equal(find('/a"b', '{"a\\"b":7}'), '7');
  assert.equal(find('/ä', '{"\\u00e4":true}'), 'true');
});
