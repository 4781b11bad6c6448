import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadScenario } from '../../src/scenario/load.js';
import { ScenarioProblems } from '../../src/scenario/problems.js';

const good = `name: x
target: ws://127.0.0.1:1/
scenarios:
  p:
    executor: constant-clients
    clients: 1
    duration: 1s
    flow:
      - connect: {}
`;
const bomb = (levels: number): string =>
  [
    'a0: &a0 [x, x, x, x, x, x, x, x, x]',
    ...Array.from({ length: levels }, (_, i) => `a${i + 1}: &a${i + 1} [${`*a${i}, `.repeat(9)}]`),
  ].join('\n');
const nested = (levels: number): string => Array.from({ length: levels }, (_, i) => `${' '.repeat(i)}a:`).join('\n');

/** What the file does, the file, and what must be said of it. */
const hostile: readonly [string, string, RegExp][] = [
  ['billion laughs', bomb(9), /aliases are not allowed/],
  ['a thousand levels of laughs', bomb(1000), /aliases are not allowed/],
  ['an alias to itself', 'a: &a [*a]', /aliases are not allowed|[Uu]nresolved alias/],
  ['an alias to nothing', 'a: *nothing', /alias/],
  ['a merge key', `base: &b {name: y}\n<<: *b\n${good}`, /aliases are not allowed/],
  ['20,000 open brackets', '['.repeat(20_000), /nests too deep/],
  ['20,000 open braces', '{a: '.repeat(20_000), /nests too deep/],
  ['brackets line by line', '[\n'.repeat(20_000), /nests too deep/],
  ['brackets behind a quote that is none', `a: it's\nb: ${'['.repeat(200)}'`, /nests too deep/],
  ['a thousand levels of maps', nested(1000), /nests too deep/],
  ['compact lists within lists', `${'- '.repeat(5000)}a`, /nests too deep/],
  ['explicit keys within keys', `${'? '.repeat(5000)}a`, /nests too deep/],
  ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`, /nests too deep/],
  ['more than 1 MiB', `${good}# ${'x'.repeat(1024 * 1024)}`, /too large/],
  ['more than 1 MiB in letters of three bytes', `# ${'あ'.repeat(400_000)}\n${good}`, /too large/],
  ['half a million values', `[${'a,'.repeat(500_000)}]`, /too many values/],
  ['half a million empty lines of keys', 'a:\n'.repeat(340_000), /too many values|unique/],
  ['a JavaScript function', `${good}x: !!js/function "function () { process.exit(1) }"`, /tags are not allowed/],
  ['a tag of Python', `${good}x: !!python/object/apply:os.system ["id"]`, /tags are not allowed/],
  ['a local tag', `${good}x: !include /etc/passwd`, /tags are not allowed/],
  ['a tag on a known key', good.replace('name: x', 'name: !!str x'), /tags are not allowed/],
  ['a binary tag', `${good}x: !!binary aGVsbG8=`, /tags are not allowed/],
  ['__proto__ at the top', `${good}__proto__: { polluted: true }`, /this key is not allowed/],
  ['__proto__ in a map of names', `${good}variables: { __proto__: { polluted: true } }`, /this key is not allowed/],
  ['__proto__ in quotes', `${good}variables: { "__proto__": 1 }`, /this key is not allowed/],
  ['constructor at the top', `${good}constructor: { prototype: { polluted: true } }`, /this key is not known/],
  ['toString instead of a step', good.replace('connect', 'toString'), /this key is not known/],
  ['hasOwnProperty as an executor', good.replace('constant-clients', 'hasOwnProperty'), /no such executor/],
  ['code in an expression', good.replace('connect: {}', 'connect: { path: "/{{ process.exit(1) }}" }'), /no function process.exit/],
  [
    'a constructor chain in an expression',
    good.replace('connect: {}', `connect: { path: "/{{ ''.constructor.constructor('return 1')() }}" }`),
    /too many here|does not belong/,
  ],
  [
    'an expression of 100,000 letters',
    good.replace('connect: {}', `connect: { path: "/{{ ${'('.repeat(100_000)} }}" }`),
    /at most 512 letters/,
  ],
  ['ten thousand expressions', good.replace('connect: {}', `connect: { path: "/${'{{ x }}'.repeat(10_000)}" }`), /no value named x/],
  ['a duration that would take a regex for ever', good.replace('1s', `"${'1'.repeat(50_000)}x"`), /not a duration/],
  ['a name that would take a regex for ever', good.replace('name: x', `name: "${'a'.repeat(100_000)}!"`), /right form/],
  ['a lone map as a key', `? {a: b}\n: c\n${good}`, /a key must be plain text/],
  ['two documents', `${good}---\n${good}`, /multiple documents/],
  ['the same key twice', `${good}name: y`, /unique/],
  ['a million clients too many', good.replace('clients: 1', 'clients: 99999999999999999999'), /count|too much/],
  ['clients without end', good.replace('clients: 1', 'clients: .inf'), /wrong kind|count/],
  ['clients that are no number', good.replace('clients: 1', 'clients: .nan'), /wrong kind|count/],
  ['null bytes', good.replace('name: x', 'name: "\\0"'), /right form/],
  ['a header that adds headers', good.replace('connect: {}', 'connect: { headers: { a: "b\\r\\nc: d" } }'), /one line/],
  ['an unclosed quote', 'name: "x', /quote/],
  ['tabs for indentation', 'a:\n\tb: 1', /tab/i],
  ['no YAML at all', '\u0000\u0001\u0002{{{{', /./],
  ['nothing', '', /the file is empty/],
  ['only a comment', '# hello', /the file is empty/],
  ['only text', 'hello', /this is no scenario/],
  ['a list', '- a\n- b', /must be a map/],
];

for (const [what, text, message] of hostile) {
  test(`refuses a file with ${what}, at once and without harm`, () => {
    assert.throws(
      () => loadScenario(text, { file: 'hostile.yaml' }),
      (error: unknown) => {
        assert.ok(error instanceof ScenarioProblems, error instanceof Error ? error.stack : String(error));
        assert.match(error.message, message);
        assert.equal(error.exitCode, 104);
        assert.ok(error.message.length < 200_000, 'the message itself is bounded');
        return true;
      },
    );
    assert.equal(({} as { polluted?: boolean }).polluted, undefined);
  });
}

test('the file that the hostile ones are made of is good', () => {
  assert.equal(loadScenario(good, { file: 'good.yaml' }).plan.maxClients, 1);
});

test('32 levels are read', () => {
  const depth = 32 - 6; // the file's own maps and lists down to the value of json
  const text = good.replace('- connect: {}', `- connect: {}\n      - send: { json: ${'['.repeat(depth)}${']'.repeat(depth)} }`);
  assert.doesNotThrow(() => loadScenario(text, { file: 'deep.yaml' }));
});

test('a key named constructor within a message is a key like any other', () => {
  const text = good.replace('- connect: {}', '- connect: {}\n      - send: { json: { constructor: 1, toString: { prototype: 2 } } }');
  const { plan } = loadScenario(text, { file: 'good.yaml' });
  assert.deepEqual(plan.scenarios[0]!.program.sends[0]!.text, { parts: ['{"constructor":1,"toString":{"prototype":2}}'] });
});

test('hostile --set and --environment change nothing but the answer', () => {
  for (const set of [
    '__proto__.polluted=1',
    'scenarios.__proto__.x=1',
    '=1',
    'name',
    'a..b=1',
    'scenarios.p.flow.9=1',
    `name=${'['.repeat(1000)}`,
    'name=*x',
    'name=!!js/function x',
    'constructor.prototype.polluted=1',
  ]) {
    assert.throws(() => loadScenario(good, { file: 'good.yaml', set: [set] }), ScenarioProblems, set);
  }
  assert.throws(() => loadScenario(good, { file: 'good.yaml', environmentName: '__proto__' }), ScenarioProblems);
  assert.equal(({} as { polluted?: number }).polluted, undefined);
});
