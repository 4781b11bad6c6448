import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type LoadOptions, loadScenario } from '../../src/scenario/load.js';
import type { Plan } from '../../src/scenario/plan.js';
import { ScenarioProblems } from '../../src/scenario/problems.js';

const file = `name: lobby
target: "ws://{{ HOST }}/v1/ws"
serve: { command: "gwrk serve --port {{ PORT }}", ready: "http://127.0.0.1:9001/readyz", env: { LEVEL: 3 } }
swarm: { threads: 2, transport: node, sourceIps: [127.0.1.0/24], maxConnecting: 4k }
variables:
  PORT: 9000
  HOST: "127.0.0.1:{{ PORT }}"
  CLIENTS: 1k
  HOLD: 1m30s
scenarios:
  players:
    executor: ramping-clients
    startClients: "{{ CLIENTS / 10 }}"
    stages:
      - { duration: 10s, target: "{{ CLIENTS }}" }
      - { duration: "{{ HOLD }}", target: "{{ CLIENTS * 2 }}" }
    startTime: 500ms
    gracefulStop: 0s
    tags: { region: eu, shard: 7 }
    flow:
      - connect: { path: "/ws/{{ client }}?of={{ CLIENTS }}", headers: { x-client: "{{ client }}" }, timeout: 3s }
  visitors:
    executor: constant-arrival-rate
    rate: 120
    timeUnit: 1m
    duration: 20s
    maxClients: 15
    startTime: 1h
    flow:
      - connect: {}
      - think: { min: 1s, max: 3s }
thresholds:
  session_failed: ["rate<0.01"]
  ws_msg_rtt: [{ threshold: "p(99)<20", abortOnFail: true, delayAbortEval: 10s, level: warn }]
environments:
  ci:
    variables: { CLIENTS: 20 }
    scenarios: { players: { stages: [{ duration: 1s, target: 5 }] } }
`;
const load = (options: Partial<LoadOptions> = {}): Plan => loadScenario(file, { file: 'lobby.yaml', ...options }).plan;

test('every unit becomes a number and every default is filled in', () => {
  const plan = load();
  assert.equal(plan.target, 'ws://127.0.0.1:9000/v1/ws');
  assert.deepEqual(plan.serve, { command: 'gwrk serve --port 9000', ready: 'http://127.0.0.1:9001/readyz', env: { LEVEL: '3' } });
  assert.deepEqual([plan.threads, plan.transport, plan.sourceIps, plan.maxConnecting], [2, 'node', ['127.0.1.0/24'], 4000]);
  const [players, visitors] = plan.scenarios;
  assert.deepEqual(players!.executor, {
    kind: 'ramping-clients',
    startClients: 100,
    stages: [
      { durationUs: 10e6, target: 1000 },
      { durationUs: 90e6, target: 2000 },
    ],
  });
  assert.deepEqual([players!.startTimeUs, players!.gracefulStopUs, players!.afterFlow], [500_000, 0, 'hold']);
  assert.deepEqual(visitors!.executor, { kind: 'constant-arrival-rate', ratePerSecond: 2, durationUs: 20e6, maxClients: 15 });
  assert.deepEqual([visitors!.startTimeUs, visitors!.gracefulStopUs, visitors!.afterFlow], [3600e6, 30e6, 'leave']);
  assert.deepEqual(plan.thresholds, [
    { metric: 'session_failed', expression: 'rate<0.01', level: 'error', abortOnFail: false, delayAbortEvalUs: 0 },
    { metric: 'ws_msg_rtt', expression: 'p(99)<20', level: 'warn', abortOnFail: true, delayAbortEvalUs: 10e6 },
  ]);
  assert.deepEqual(plan.tags, { region: 'eu', shard: '7' });
  assert.equal(plan.seed, 1);
});

test('clients at one moment are added up only over scenarios that overlap', () => {
  assert.equal(load().maxClients, 2000);
  assert.equal(load().durationUs, 3620e6);
  assert.equal(load({ set: ['scenarios.visitors.startTime=0s'] }).maxClients, 2015);
  // Clients may stay for gracefulStop, so the next scenario meets them.
  assert.equal(load({ set: ['scenarios.visitors.startTime=101s', 'scenarios.players.gracefulStop=10s'] }).maxClients, 2015);
  assert.equal(load({ set: ['scenarios.visitors.startTime=111s', 'scenarios.players.gracefulStop=10s'] }).maxClients, 2000);
});

test('-e replaces a variable wherever it is used, also within other variables', () => {
  const plan = load({ env: { CLIENTS: '40', PORT: '7000', HOLD: '1s' } });
  assert.equal(plan.target, 'ws://127.0.0.1:7000/v1/ws');
  assert.deepEqual(plan.scenarios[0]!.executor, {
    kind: 'ramping-clients',
    startClients: 4,
    stages: [
      { durationUs: 10e6, target: 40 },
      { durationUs: 1e6, target: 80 },
    ],
  });
});

test('-e also sets env.KEY, and an env.KEY that nobody set is a fault', () => {
  const text = file.replace('region: eu', 'region: "{{ env.REGION }}"');
  assert.equal(loadScenario(text, { file: 'f', env: { REGION: 'us' } }).plan.tags.region, 'us');
  assert.throws(() => loadScenario(text, { file: 'f' }), /env.REGION is not set[\s\S]*add -e REGION=VALUE/);
});

test('-e that nothing uses is a warning with the name that was meant', () => {
  const { warnings } = loadScenario(file, { file: 'f', env: { CLIENT: '50', CLIENTS: '50' } });
  assert.deepEqual(warnings, ['-e CLIENT: the scenario does not use it; did you mean CLIENTS?']);
});

test('an environment is laid over the file: maps merged, lists and values replaced', () => {
  const plan = load({ environmentName: 'ci' });
  assert.deepEqual(plan.scenarios[0]!.executor, { kind: 'ramping-clients', startClients: 2, stages: [{ durationUs: 1e6, target: 5 }] });
  assert.equal(plan.scenarios[0]!.startTimeUs, 500_000);
  assert.equal(plan.scenarios.length, 2);
  assert.throws(() => load({ environmentName: 'cl' }), /no environment of that name[\s\S]*allowed: ci[\s\S]*did you mean ci/);
});

test('--set comes last, reaches into lists, and -e still fills in what it sets', () => {
  const plan = load({
    environmentName: 'ci',
    set: ['scenarios.players.stages.0.target={{ CLIENTS }}', 'swarm.threads=auto', 'serve=null', 'name=other'],
    env: { CLIENTS: '80' },
  });
  assert.deepEqual(plan.scenarios[0]!.executor, {
    kind: 'ramping-clients',
    startClients: 8,
    stages: [{ durationUs: 1e6, target: 80 }],
  });
  assert.deepEqual([plan.threads, plan.serve, plan.name], ['auto', undefined, 'other']);
});

test('the hash follows what clients do, not where or how it is measured', () => {
  const { hash } = load();
  assert.match(hash, /^[0-9a-f]{64}$/);
  for (const set of ['target=ws://10.0.0.1/', 'swarm.threads=1', 'name=y', 'thresholds={}', 'serve=null'])
    assert.equal(load({ set: [set] }).hash, hash, set);
  for (const set of ['scenarios.players.startClients=0', 'scenarios.players.flow.0.connect.timeout=4s', 'scenarios.visitors.rate=121'])
    assert.notEqual(load({ set: [set] }).hash, hash, set);
  assert.equal(load({ seed: 9 }).hash, hash);
  assert.equal(load({ seed: 9 }).seed, 9);
});

test('a plan without clients or with too many arrivals is refused', () => {
  assert.throws(
    () => load({ set: ['scenarios.players.startClients=0', 'scenarios.players.stages=[{ duration: 1s, target: 0 }]'] }),
    /never has a client/,
  );
  assert.throws(
    () => load({ set: ['scenarios.visitors.rate=10m', 'scenarios.visitors.duration=1d', 'scenarios.visitors.timeUnit=1s'] }),
    /too many arrivals/,
  );
  assert.throws(() => load({ set: ['scenarios={}'] }), ScenarioProblems);
});

test('a threshold on a part of the run must name what the file has, and is told where it does not', () => {
  const text = (thresholds: string, tags = 'kind: slow'): string => `name: x
target: ws://h/
scenarios:
  chat: { executor: constant-clients, clients: 1, duration: 1s, tags: { ${tags} }, flow: [ { connect: {} } ] }
  fight: { executor: constant-clients, clients: 1, duration: 1s, tags: { kind: fast, region: eu }, flow: [ { connect: {} } ] }
thresholds:
  ${thresholds}: ["p(99)<5"]
`;
  const { plan } = loadScenario(text('"ws_msg_rtt{ kind : fast, phase:hold }"'), { file: 'f' });
  assert.equal(plan.thresholds[0]!.metric, 'ws_msg_rtt{kind:fast,phase:hold}');
  assert.deepEqual(plan.scenarioTags, [{ kind: 'slow' }, { kind: 'fast', region: 'eu' }]);
  assert.deepEqual(plan.tags, { region: 'eu' }); // what scenarios say differently is no label of the run
  const rows: [string, RegExp, string][] = [
    ['ws_msg_rtt{scenario:chta}', /no scenario "chta"/, 'did you mean chat?'],
    ['ws_msg_rtt{phase:holt}', /no phase "holt"/, 'did you mean hold?'],
    ['ws_msg_rtt{kidn:slow}', /no tag "kidn"/, 'did you mean kind?'],
    ['ws_msg_rtt{kind:slwo}', /tag kind with the value "slwo"/, 'did you mean slow?'],
    ['ws_msg_rt{phase:hold}', /no metric "ws_msg_rt"/, 'did you mean ws_msg_rtt?'],
  ];
  for (const [selector, summary, hint] of rows) {
    assert.throws(
      () => loadScenario(text(selector), { file: 'f.yaml' }),
      (error: ScenarioProblems) => {
        const [problem] = error.problems;
        assert.match(problem!.message, summary);
        assert.equal(problem!.details.where, 'f.yaml:7:3');
        assert.equal(problem!.hint, hint);
        assert.equal(problem!.details.given, selector);
        return error.exitCode === 104;
      },
      selector,
    );
  }
  assert.throws(() => loadScenario(text('clients_max{phase:hold}'), { file: 'f' }), /gauge of the whole run/);
  assert.throws(() => loadScenario(text('ws_msg_rtt', 'phase: one'), { file: 'f' }), /has the label phase already/);
});

test('more scenarios than can be measured apart are refused', () => {
  const many = (count: number): string =>
    `name: x\ntarget: ws://h/\nscenarios:\n${Array.from({ length: count }, (_, i) => `  s${i}: { executor: constant-clients, clients: 1, duration: 1s, flow: [ { connect: {} } ] }\n`).join('')}`;
  assert.equal(loadScenario(many(64), { file: 'f' }).plan.scenarios.length, 64);
  assert.throws(() => loadScenario(many(65), { file: 'f' }), /65 scenarios are too many[\s\S]*at most 64/);
});

test('variables take the names neither of client values nor of env', () => {
  for (const name of ['client', 'iteration', 'env']) {
    assert.throws(() => loadScenario(file.replace('HOLD: 1m30s', `HOLD: 1m30s\n  ${name}: 1`), { file: 'f' }), /meaning of its own/, name);
  }
});
