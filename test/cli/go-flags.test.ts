import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type FlagShape, rewriteGoFlags } from '../../src/cli/go-flags.js';

const FLAGS: readonly FlagShape[] = [
  { long: 'connections', short: 'c', takesValue: true },
  { long: 'requests', short: 'n', takesValue: true },
  { long: 'threads', short: 't', takesValue: true },
  { long: 'timeout', takesValue: true },
  { long: 'body', short: 'b', takesValue: true },
  { long: 'key', takesValue: true },
  { long: 'keepalive', takesValue: false },
  { long: 'no-keepalive', takesValue: false },
  { long: 'insecure', short: 'k', takesValue: false },
  { long: 'quiet', short: 'q', takesValue: false },
  { long: 'dry-run', takesValue: false },
];

const rewrites: readonly [why: string, given: string[], expected: string[]][] = [
  [
    'the line of the article',
    ['-c', '100000', '-n', '1000000', '-t', '64', '-timeout', '30s', '-keepalive', '-body', '{"op":"auth"}', 'ws://h/v1/ws'],
    ['-c', '100000', '-n', '1000000', '-t', '64', '--timeout', '30s', '--keepalive', '--body', '{"op":"auth"}', 'ws://h/v1/ws'],
  ],
  ['a value behind =', ['-timeout=30s', '-body={"a":1}'], ['--timeout=30s', '--body={"a":1}']],
  ['a value that looks like a flag stays a value', ['-body', '-keepalive', '-keepalive'], ['--body', '-keepalive', '--keepalive']],
  ['a value with = and line ends in it', ['-body=a=b\nc'], ['--body=a=b\nc']],
  ['the value of a short flag stays a value', ['-b', '-timeout'], ['-b', '-timeout']],
  ['the value of a double-dash flag stays a value', ['--body', '-timeout'], ['--body', '-timeout']],
  ['booleans of Go', ['-keepalive=true', '-quiet=false', '-dry-run'], ['--keepalive', '--dry-run']],
  ['a switch that is off by its opposite', ['-keepalive=false'], ['--no-keepalive']],
  ['double dashes stay', ['--keepalive', '--timeout=1s'], ['--keepalive', '--timeout=1s']],
  ['a short flag with its value in one word stays', ['-c100'], ['-c100']],
  ['short flags in one word stay', ['-qk'], ['-qk']],
  ['a long name is not taken for short flags', ['-key', 'x.pem'], ['--key', 'x.pem']],
  ['behind -- nothing is touched', ['-timeout', '1s', '--', '-timeout', '1s'], ['--timeout', '1s', '--', '-timeout', '1s']],
  ['an unknown word stays for commander to refuse', ['-timeuot', '1s'], ['-timeuot', '1s']],
  ['a boolean with another word stays for commander to refuse', ['-keepalive=maybe'], ['-keepalive=maybe']],
  ['a negative number stays', ['-5'], ['-5']],
  ['a flag without its value stays without', ['-timeout'], ['--timeout']],
];

test('a flag whose value may be left out takes the next word only when it is one of its own', () => {
  const flame = [{ long: 'flame', takesValue: false, valueIfBare: 'inspector', values: ['perf', 'self'] }];
  assert.deepEqual(rewriteGoFlags(['--flame', 'self', 'a.yaml'], flame), ['--flame=self', 'a.yaml']);
  assert.deepEqual(rewriteGoFlags(['--flame', 'a.yaml'], flame), ['--flame=inspector', 'a.yaml']);
  assert.deepEqual(rewriteGoFlags(['-flame=perf', 'self'], flame), ['--flame=perf', 'self']);
});

for (const [why, given, expected] of rewrites) {
  test(`Go-style flags: ${why}`, () => {
    assert.deepEqual(rewriteGoFlags(given, FLAGS), expected);
  });
}
