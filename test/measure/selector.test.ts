import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  checkLabels,
  checkSelector,
  formatSelector,
  isSelectorProblem,
  parseSelector,
  type Selector,
  selectedScenarios,
} from '../../src/measure/selector.js';

const SCENARIOS = [
  { name: 'chat', tags: { region: 'eu', kind: 'slow' } },
  { name: 'fight', tags: { region: 'eu', kind: 'fast, loud' } },
];

function parsed(text: string): Selector {
  const selector = parseSelector(text);
  assert.ok(!isSelectorProblem(selector), text);
  return selector;
}

test('a selector is read with and without labels, spaces and quotation marks, and has one spelling', () => {
  const rows: [string, string][] = [
    ['ws_msg_rtt', 'ws_msg_rtt'],
    ['ws_msg_rtt{scenario:chat}', 'ws_msg_rtt{scenario:chat}'],
    [' ws_msg_rtt { scenario : chat , phase:hold } ', 'ws_msg_rtt{scenario:chat,phase:hold}'],
    ['checks{kind:"fast, loud"}', 'checks{kind:"fast, loud"}'],
    ['checks{scenario:"big fight"}', 'checks{scenario:big fight}'],
    ['checks{url:"ws://x"}', 'checks{url:ws://x}'],
  ];
  for (const [text, one] of rows) {
    assert.equal(formatSelector(parsed(text)), one);
    assert.equal(formatSelector(parsed(one)), one);
  }
});

test('what is no selector is refused', () => {
  for (const text of [
    '',
    '{phase:hold}',
    'a{}',
    'a{phase}',
    'a{phase:}',
    'a{:hold}',
    'a{phase:hold',
    'aphase:hold}',
    'a{x:1,x:2}',
    'a{x:1}b',
    'a{x:"1}',
  ])
    assert.ok(isSelectorProblem(parseSelector(text)), text);
});

test('gauges cannot be narrowed down, and there are three phases', () => {
  assert.equal(checkSelector(parsed('clients_max{phase:hold}'))?.allowed, 'clients_max');
  assert.equal(checkSelector(parsed('ws_msg_rtt{phase:warmup}'))?.allowed, 'ramp, hold, drain');
  assert.equal(checkSelector(parsed('ws_msg_rtt{phase:hold}')), undefined);
});

test('labels choose the scenarios for which all of them hold', () => {
  const chosen = (text: string): number[] => selectedScenarios(parsed(`m{${text}}`).labels, SCENARIOS);
  assert.deepEqual(chosen('region:eu'), [0, 1]);
  assert.deepEqual(chosen('region:eu,scenario:fight'), [1]);
  assert.deepEqual(chosen('kind:"fast, loud"'), [1]);
  assert.deepEqual(chosen('phase:hold'), [0, 1]);
  assert.deepEqual(chosen('kind:slow,scenario:fight'), []);
});

test('a scenario, tag or value that the file does not have is told with those that it has', () => {
  const problem = (text: string) => checkLabels(parsed(`m{${text}}`).labels, SCENARIOS);
  assert.deepEqual(problem('scenario:chta'), { error: 'there is no scenario "chta"', allowed: 'chat, fight' });
  assert.deepEqual(problem('kidn:slow'), { error: 'there is no tag "kidn"', allowed: 'scenario, phase, region, kind' });
  assert.equal(problem('region:us')?.allowed, 'eu');
  assert.match(problem('kind:slow,scenario:fight')!.error, /no scenario has all/);
  // A name that every object has is not a tag.
  assert.match(problem('constructor:x')!.error, /no tag/);
  assert.equal(problem('region:eu,phase:drain'), undefined);
});
