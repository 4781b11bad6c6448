import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Plan } from '../../src/scenario/plan.js';
import { ScenarioProblems } from '../../src/scenario/problems.js';
import * as P from '../../src/scenario/program.js';
import { planFromUrl } from '../../src/scenario/quick.js';

const URL = 'ws://127.0.0.1:9000/v1/ws';
const opcodes = (plan: Plan, scenario = 0): number[] =>
  Array.from(plan.scenarios[scenario]!.program.code).filter((_, word) => word % P.INSTRUCTION_WORDS === 0);

test('without flags ten connections are opened and held for ten seconds', () => {
  const plan = planFromUrl(URL, {});
  assert.deepEqual(
    plan.scenarios.map(({ executor }) => executor),
    [{ kind: 'constant-clients', clients: 10, durationUs: 10e6 }],
  );
  assert.deepEqual(opcodes(plan), [P.OP_CONNECT, P.OP_END]);
  assert.deepEqual([plan.name, plan.target, plan.scenarios[0]!.afterFlow], ['127-0-0-1-9000', URL, 'hold']);
});

test('the line of the article becomes a hundred thousand connections that share a million messages', () => {
  const plan = planFromUrl('ws://host/v1/ws', {
    connections: 100_000,
    requests: 1_000_000,
    threads: 64,
    timeoutUs: 30e6,
    keepalive: true,
    body: '{"op":"auth","token":"test"}',
  });
  assert.equal(plan.maxClients, 100_000);
  assert.equal(plan.threads, 64);
  assert.equal(plan.scenarios.length, 1);
  const { program, afterFlow } = plan.scenarios[0]!;
  assert.deepEqual(opcodes(plan), [P.OP_CONNECT, P.OP_LOOP, P.OP_SEND, P.OP_NEXT, P.OP_DISCONNECT, P.OP_END]);
  assert.deepEqual(program.sends, [{ kind: 'text', text: { parts: ['{"op":"auth","token":"test"}'] }, expect: { withinUs: 30e6 } }]);
  assert.deepEqual(program.loops, [{ depth: 0, count: 10 }]);
  assert.deepEqual([program.connects[0]!.timeoutUs, afterFlow], [30e6, 'leave']);
});

test('requests are shared exactly, whatever the numbers', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 50_000 }), (connections, requests) => {
      const plan = planFromUrl(URL, { connections, requests, body: 'x' });
      let total = 0;
      let clients = 0;
      for (const { executor, program } of plan.scenarios) {
        assert.ok(executor.kind === 'constant-clients');
        total += executor.clients * program.loops[0]!.count!;
        clients += executor.clients;
      }
      assert.equal(total, requests);
      assert.equal(clients, Math.min(connections, requests));
      assert.equal(plan.maxClients, clients);
    }),
    { numRuns: 50 },
  );
});

test('a message rate makes a paced loop', () => {
  const plan = planFromUrl(URL, { body: 'tick {{ iteration }}', messageRate: 20, durationUs: 5e6 });
  assert.deepEqual(plan.scenarios[0]!.program.loops, [{ depth: 0, periodUs: 50_000 }]);
  assert.deepEqual(plan.scenarios[0]!.program.sends[0]!.text, { parts: ['tick ', { kind: 'name', name: 'iteration' }] });
});

test('a connect rate makes a ramp, the same for both groups of an uneven share', () => {
  const plan = planFromUrl(URL, { connections: 100, requests: 250, connectRate: 50, body: 'x', durationUs: 7e6 });
  const rampOf = (clients: number) => ({
    kind: 'ramping-clients',
    startClients: 0,
    stages: [
      { durationUs: 2e6, target: clients },
      { durationUs: 7e6, target: clients },
    ],
  });
  assert.deepEqual(
    plan.scenarios.map(({ executor }) => executor),
    [rampOf(50), rampOf(50)],
  );
  assert.equal(plan.durationUs, 9e6);
});

test('without keepalive each request has a connection of its own', () => {
  const plan = planFromUrl(URL, { requests: 30, body: 'x', keepalive: false });
  assert.deepEqual(opcodes(plan), [P.OP_LOOP, P.OP_CONNECT, P.OP_SEND, P.OP_DISCONNECT, P.OP_NEXT, P.OP_END]);
  assert.deepEqual(opcodes(planFromUrl(URL, { requests: 30 })), [P.OP_LOOP, P.OP_CONNECT, P.OP_DISCONNECT, P.OP_NEXT, P.OP_END]);
});

test('headers go into the upgrade request, repeated ones joined', () => {
  const headers = [
    { name: 'Authorization', value: 'Bearer x' },
    { name: 'X-A', value: '1' },
    { name: 'X-A', value: '2' },
  ];
  assert.deepEqual(planFromUrl(URL, { headers }).scenarios[0]!.program.connects[0]!.headers, [
    { name: 'Authorization', value: { parts: ['Bearer x'] } },
    { name: 'X-A', value: { parts: ['1, 2'] } },
  ]);
});

test('what is wrong with a command line is told as for a file, without lines', () => {
  for (const [url, options, message] of [
    ['ftp://h/', {}, /kind of target is not supported/],
    ['nonsense', {}, /not a URL/],
    [URL, { connections: 0 }, /clients: this is too little/],
    [URL, { body: '{{ clinet }}' }, /no value named clinet/],
    [URL, { headers: [{ name: 'a b', value: 'x' }] }, /no name of a header/],
    [URL, { headers: [{ name: 'a', value: 'x\r\ny: z' }] }, /one line/],
  ] as const) {
    assert.throws(
      () => planFromUrl(url, options),
      (error: unknown) => {
        assert.ok(error instanceof ScenarioProblems);
        assert.match(error.message, message);
        assert.doesNotMatch(error.problems[0]!.details.where ?? '', /:\d+:\d+$/);
        return true;
      },
    );
  }
});

test('-X is the method of a request of HTTP, with and without a body, and of nothing else', () => {
  const methodOf = (options: object): unknown => planFromUrl('http://127.0.0.1:1/', options).scenarios[0]!.program.https[0]!.method;
  assert.deepEqual([{}, { body: 'x' }, { method: 'PUT', body: 'x' }, { method: 'DELETE' }].map(methodOf), ['GET', 'POST', 'PUT', 'DELETE']);
  assert.throws(() => methodOf({ method: 'GRAB' }), /method/);
  assert.throws(() => planFromUrl(URL, { method: 'PUT' }), /-X is the method of a request of HTTP/);
});
