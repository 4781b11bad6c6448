import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseRules } from '../../../reference-server/rules/parse-rules.js';
import { repository } from '../../integration/gwrk-process.js';

const parse = (given: unknown) => parseRules(JSON.stringify(given));

function rulesOf(given: unknown) {
  const parsed = parse(given);
  assert.ok('rules' in parsed, JSON.stringify(parsed));
  return parsed.rules;
}

function problemsOf(text: string): string[] {
  const parsed = parseRules(text);
  assert.ok('problems' in parsed, JSON.stringify(parsed));
  return parsed.problems.map(({ path, message }) => `${path}: ${message}`);
}

const GO_BREAKER = {
  resource: 'abc',
  strategy: 0,
  retryTimeoutMs: 10,
  minRequestAmount: 10,
  statIntervalMs: 1000,
  maxAllowedRtMs: 100,
  threshold: 0.1,
};

test('breaker rules as sentinel-golang writes them are read as they stand', () => {
  const { breakers, flows } = rulesOf([
    GO_BREAKER,
    { id: 'x', ...GO_BREAKER, strategy: 1, statSlidingWindowBucketCount: 10, probeNum: 3 },
    { ...GO_BREAKER, strategy: 2, threshold: 30.9, statSlidingWindowBucketCount: 7 },
  ]);
  assert.deepEqual(flows, []);
  assert.deepEqual(breakers, [
    { id: '', ...GO_BREAKER, statSlidingWindowBucketCount: 1, probeNum: 0 },
    { id: 'x', ...GO_BREAKER, strategy: 1, statSlidingWindowBucketCount: 10, probeNum: 3 },
    // Seven does not divide the interval, and a count is a whole number: as Go reads both.
    { id: '', ...GO_BREAKER, strategy: 2, threshold: 30, statSlidingWindowBucketCount: 1, probeNum: 0 },
  ]);
});

test("Go's own field names are read as encoding/json reads them", () => {
  const upper = Object.fromEntries(Object.entries(GO_BREAKER).map(([key, value]) => [key.charAt(0).toUpperCase() + key.slice(1), value]));
  assert.deepEqual(rulesOf([{ ID: '7', ...upper }]).breakers, rulesOf([{ id: '7', ...GO_BREAKER }]).breakers);
});

test("breaker rules as Sentinel's dashboard writes them mean the same in our names", () => {
  const saved = { id: 12, app: 'game', ip: '10.0.0.1', port: 8719, limitApp: 'default', gmtCreate: 1, gmtModified: null, regex: false };
  const { breakers } = rulesOf([
    { ...saved, resource: 'a', grade: 0, count: 250, timeWindow: 10, slowRatioThreshold: 0.6, minRequestAmount: 7, statIntervalMs: 2000 },
    { resource: 'b', grade: 1, count: 0.25, timeWindow: 3 },
    { resource: 'c', grade: 2, count: 9, timeWindow: 1, slowRatioThreshold: null },
  ]);
  const same = { statSlidingWindowBucketCount: 1, probeNum: 0 };
  assert.deepEqual(breakers, [
    {
      ...{ id: '12', resource: 'a', strategy: 0, retryTimeoutMs: 10_000, minRequestAmount: 7, statIntervalMs: 2_000 },
      ...{ ...same, maxAllowedRtMs: 250, threshold: 0.6 },
    },
    {
      ...{ id: '', resource: 'b', strategy: 1, retryTimeoutMs: 3_000, minRequestAmount: 5, statIntervalMs: 1_000 },
      ...{ ...same, maxAllowedRtMs: 0, threshold: 0.25 },
    },
    {
      ...{ id: '', resource: 'c', strategy: 2, retryTimeoutMs: 1_000, minRequestAmount: 5, statIntervalMs: 1_000 },
      ...{ ...same, maxAllowedRtMs: 0, threshold: 9 },
    },
  ]);
});

test('flow rules of both spellings are read, alone, mixed with breaker rules, and in the two lists', () => {
  const go = { resource: 'a', threshold: 100, tokenCalculateStrategy: 0, controlBehavior: 0, relationStrategy: 0, maxQueueingTimeMs: 500 };
  const java = {
    resource: 'b',
    count: 20,
    grade: 1,
    strategy: 0,
    controlBehavior: 0,
    limitApp: 'default',
    clusterMode: false,
    refResource: null,
  };
  const flows = [
    { id: '', resource: 'a', threshold: 100, statIntervalMs: 1_000 },
    { id: '', resource: 'b', threshold: 20, statIntervalMs: 1_000 },
  ];
  assert.deepEqual(rulesOf([go, java]).flows, flows);
  assert.deepEqual(rulesOf([go, GO_BREAKER, java]).flows, flows);
  assert.equal(rulesOf([go, GO_BREAKER, java]).breakers.length, 1);
  assert.deepEqual(rulesOf({ flow: [go, java] }).flows, flows);
  assert.equal(rulesOf({ circuitBreaker: [GO_BREAKER], flow: [] }).breakers.length, 1);
  assert.deepEqual(rulesOf([{ ...go, statIntervalInMs: 250 }]).flows[0]!.statIntervalMs, 250);
  assert.deepEqual(rulesOf([]), { breakers: [], flows: [] });
});

test('every problem is told at once, each with its place', () => {
  const problems = problemsOf(
    JSON.stringify({
      circuitBreaker: [
        { ...GO_BREAKER, retryTimeoutMs: 0, statIntervalMs: 20.5, threshold: 1.1, treshold: 1 },
        { resource: '', grade: 1, count: 2, timeWindow: 10, limitApp: 'shop', regex: true },
        'rule',
        { ...GO_BREAKER, strategy: 3, threshold: -1 },
      ],
      flow: [
        { resource: 'a', threshold: 1, tokenCalculateStrategy: 1, controlBehavior: 1, relationStrategy: 1 },
        { resource: 'a', count: 1, grade: 0, clusterMode: true },
        { resource: 'a' },
      ],
      degrade: [],
    }),
  );
  const places = problems.map((problem) => problem.split(':')[0]).sort();
  assert.deepEqual(
    places,
    [
      '$.circuitBreaker[0].retryTimeoutMs',
      '$.circuitBreaker[0].statIntervalMs',
      '$.circuitBreaker[0].threshold',
      '$.circuitBreaker[0].treshold',
      '$.circuitBreaker[1].resource',
      '$.circuitBreaker[1].count',
      '$.circuitBreaker[1].limitApp',
      '$.circuitBreaker[1].regex',
      '$.circuitBreaker[2]',
      '$.circuitBreaker[3].strategy',
      '$.circuitBreaker[3].threshold',
      '$.degrade',
      '$.flow[0].tokenCalculateStrategy',
      '$.flow[0].controlBehavior',
      '$.flow[0].relationStrategy',
      '$.flow[1].grade',
      '$.flow[1].clusterMode',
      '$.flow[2].threshold',
    ].sort(),
  );
  assert.match(problems.find((problem) => problem.includes('flow[0].controlBehavior'))!, /0 is all that is supported here: .*rejected/u);
});

test('what is no set of rules at all is a problem and never an empty set', () => {
  for (const text of [
    '',
    '   ',
    'null',
    '3',
    '"x"',
    '{}',
    '[',
    '{"flow":null}',
    '{"flow":{}}',
    '[null]',
    '[[]]',
    '\0',
    '[{"resource":"a"',
  ]) {
    assert.ok(problemsOf(text).length > 0, text);
  }
  assert.match(problemsOf(JSON.stringify(Array(5_001).fill({ resource: 'a', threshold: 1 })))[0]!, /at most 5000 rules/u);
  assert.match(problemsOf(`[${' '.repeat(1_100_000)}]`)[0]!, /at most 1048576/u);
});

test('hostile keys are unknown keys', () => {
  const problems = problemsOf('[{"__proto__":{"threshold":1},"constructor":1,"resource":"a","threshold":1}]');
  assert.deepEqual(problems.map((problem) => problem.split(':')[0]).sort(), ['$[0].__proto__', '$[0].constructor']);
});

test('the example file loads and guards login, the store and an operation', () => {
  const parsed = parseRules(readFileSync(join(repository, 'scenarios/rules.json'), 'utf8'));
  assert.ok('rules' in parsed, JSON.stringify(parsed));
  const resources = [...parsed.rules.breakers, ...parsed.rules.flows].map(({ resource }) => resource);
  assert.deepEqual(resources, ['store', 'login', 'op:trade', 'login']);
});

test('rules are frozen', () => {
  const rules = rulesOf([GO_BREAKER]);
  for (const frozen of [rules, rules.breakers, rules.breakers[0], rules.flows]) assert.ok(Object.isFrozen(frozen));
});
