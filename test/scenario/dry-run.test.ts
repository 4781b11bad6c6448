import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describePlan, peakArrivalsPerSecond } from '../../src/scenario/dry-run.js';
import { loadScenario } from '../../src/scenario/load.js';
import { planFromUrl } from '../../src/scenario/quick.js';
import { estimateTraffic } from '../../src/scenario/traffic.js';

const text = `name: lobby
target: ws://127.0.0.1:9000/v1/ws
serve: { command: gwrk serve, ready: "http://127.0.0.1:9001/readyz" }
swarm: { sourceIps: [127.0.1.0/24] }
scenarios:
  players:
    executor: ramping-clients
    stages: [{ duration: 2m, target: 1m }, { duration: 30s, target: 1m }]
    flow:
      - login: { uid: "p{{ client }}" }
      - connect: {}
      - auth: {}
      - heartbeat: { every: 10s }
      - loop: { every: 5s, steps: [{ op: { code: move, x: 1, y: 2 } }, { op: { code: trade, item: 1, amount: 2 } }] }
thresholds:
  session_ready: ["p(99)<68", { threshold: "max<1000", level: warn, abortOnFail: true, delayAbortEval: 10s }]
`;

test('a plan is printed whole', () => {
  const { plan } = loadScenario(text, { file: 'f' });
  assert.equal(
    describePlan(plan),
    `scenario      lobby  (${plan.hash.slice(0, 12)}, seed 1)
target        ws://127.0.0.1:9000/v1/ws
serve         gwrk serve  until http://127.0.0.1:9001/readyz answers
swarm         threads auto, transport auto, at most 1,000 connecting at once, from 127.0.1.0/24
clients       1,000,000 at most at one moment
duration      2m30s, and up to 30s to stop

load          players
  executor    ramping-clients: 0 -> 1,000,000 in 2m -> 1,000,000 in 30s
  arrivals    1,000,000, at the peak 8,333 a second
  messages    500,000 a second sent in the steady state
  bytes       about 22,200,000 a second sent, without TCP and IP
  at the end  a client that is done stays

thresholds    session_ready p(99)<68
              session_ready max<1000 (warning), aborts the run after 10s`,
  );
});

test('messages and bytes a second are those of the frames on the wire', () => {
  // 1,000,000 clients: a heartbeat of 46 bytes every 10 s; a move of 6 + 8 + 4 + 8 and a trade of 6 + 8 + 40 + 8 every 5 s.
  const { plan } = loadScenario(text, { file: 'f' });
  assert.deepEqual(estimateTraffic(plan.scenarios[0]!), {
    messagesPerSecond: 500_000,
    bytesPerSecond: 1e5 * 46 + 2e5 * (26 + 62),
    isAsFastAsAnswered: false,
  });
});

test('a closed loop has no rate of its own, one with a think has', () => {
  assert.match(describePlan(planFromUrl('ws://h/', { body: 'x' })), /messages +as fast as answers come\n +bytes +not known/);
  const thinking = `name: x\ntarget: ws://h/\nscenarios:\n  p:\n    executor: constant-clients\n    clients: 10\n    duration: 1s\n    flow:\n      - connect: {}\n      - loop: { steps: [{ send: { text: hello } }, { think: { min: 1s, max: 3s } }] }\n`;
  assert.deepEqual(estimateTraffic(loadScenario(thinking, { file: 'f' }).plan.scenarios[0]!), {
    messagesPerSecond: 5,
    bytesPerSecond: 55,
    isAsFastAsAnswered: false,
  });
});

test('what runs beside the flow counts with its period, a branch with its share, a repeated flow with its thinks', () => {
  const of = (flow: string, keys = 'executor: constant-clients, clients: 100, duration: 20s') =>
    estimateTraffic(
      loadScenario(`name: x\ntarget: ws://h/\nscenarios: { p: { ${keys}, flow: ${flow} } }`, { file: 'f' }).plan.scenarios[0]!,
    );
  const send = 'send: { text: abcd }';
  // Two sends every half second of 100 clients, of 4 bytes and 6 of header and mask each.
  assert.deepEqual(of(`[ connect: {}, every: { period: 500ms, steps: [ ${send}, ${send} ] }, think: 1s ]`), {
    messagesPerSecond: 400,
    bytesPerSecond: 4_000,
    isAsFastAsAnswered: false,
  });
  const choose = `choose: [ { weight: 3, steps: [ ${send} ] }, { steps: [ ${send}, ${send} ] } ]`;
  assert.equal(of(`[ connect: {}, loop: { every: 1s, steps: [ ${choose} ] } ]`).messagesPerSecond, 125);
  const rounds = 'executor: shared-iterations, clients: 10, iterations: 1k';
  assert.equal(of(`[ connect: {}, ${send}, think: { mean: 2s, deviation: 1s }, disconnect: {} ]`, rounds).messagesPerSecond, 5);
  assert.equal(of(`[ connect: {}, ${send}, disconnect: {} ]`, rounds).isAsFastAsAnswered, true);
});

test('the peak of arrivals is the steepest rise', () => {
  const stage = (seconds: number, target: number) => ({ durationUs: seconds * 1e6, target });
  assert.equal(
    peakArrivalsPerSecond({ kind: 'ramping-clients', startClients: 0, stages: [stage(10, 100), stage(1, 50), stage(2, 150)] }),
    50,
  );
  assert.equal(peakArrivalsPerSecond({ kind: 'ramping-clients', startClients: 0, stages: [stage(0, 100)] }), Number.POSITIVE_INFINITY);
  assert.equal(
    peakArrivalsPerSecond({ kind: 'ramping-arrival-rate', startRatePerSecond: 5, stages: [stage(1, 40), stage(1, 0)], maxClients: 9 }),
    40,
  );
});
