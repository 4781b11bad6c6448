import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseServeOptions } from '../../../reference-server/options.js';
import { type Server, startServer } from '../../../reference-server/server.js';
import { systemClock } from '../../../src/core/clock.js';
import { type Credentials, GameClient } from '../server/game-client.js';
import { ask, FREE_PORTS, SECRETS } from '../server/http-client.js';
import { type Family, parsePrometheus } from './prometheus-parser.js';

let server: Server;

before(async () => {
  server = await startServer(parseServeOptions([...FREE_PORTS, '--proof', 'none', '--max-sessions', '100'], SECRETS), systemClock);
});
after(() => server.stop());

async function metrics(): Promise<Map<string, Family>> {
  const { status, text, headers } = await ask(server.adminPort, '/metrics');
  assert.equal(status, 200);
  assert.match(headers['content-type']!, /^text\/plain; version=0\.0\.4/u);
  return parsePrometheus(text);
}

/** Asks until the figures are as they must be: a gateway's thread counts a turn only after the answer of that turn has left. A minute at most. */
async function soon(check: (now: Map<string, Family>) => void): Promise<void> {
  for (const limit = performance.now() + 60_000; ; ) {
    const now = await metrics();
    try {
      return check(now);
    } catch (error) {
      if (performance.now() > limit) throw error;
      await sleep(10);
    }
  }
}

/** The value of the series with these labels; NaN when there is none. */
function figure(families: Map<string, Family>, name: string, labels: Record<string, string> = {}): number {
  const family = [...families.values()].find((one) => one.samples.some((sample) => sample.name === name));
  const has = (own: Readonly<Record<string, string>>): boolean => Object.entries(labels).every(([key, value]) => own[key] === value);
  return family?.samples.find((sample) => sample.name === name && has(sample.labels))?.value ?? Number.NaN;
}

test('the text is what the format allows, and every metric has a help', async () => {
  const families = await metrics();
  assert.ok(families.size > 40, String(families.size));
  for (const { name, help } of families.values()) assert.notEqual(help, '', name);
});

test('names and units follow the practice of Prometheus', async () => {
  for (const { name, type } of (await metrics()).values()) {
    if (/^(nodejs|process)_/u.test(name)) continue; // prom-client's own
    assert.match(name, /^gwrk_[a-z0-9_]+$/u);
    assert.equal(name.endsWith('_total'), type === 'counter', name);
    assert.doesNotMatch(name, /_(ms|us|millis|milliseconds|microseconds|kb|mb|percent)(_|$)/u, 'base units only');
    if (type === 'histogram') assert.match(name, /_(seconds|bytes)$/u);
  }
});

test('what the issue names is there', async () => {
  const families = await metrics();
  const wanted: readonly (readonly [name: string, labels?: Record<string, string>])[] = [
    ...['unauthenticated', 'ready', 'leaving', 'closing'].map((state) => ['gwrk_connections', { state }] as const),
    ['gwrk_handshakes_total'],
    ['gwrk_auth_total', { result: 'ok' }],
    ['gwrk_auth_total', { result: 'failed' }],
    ['gwrk_packets_total', { direction: 'in', type: 'op_signed' }],
    ['gwrk_packets_total', { direction: 'out', type: 'auth_err' }],
    ['gwrk_logins_total', { outcome: 'ok' }],
    ['gwrk_gateway_turn_seconds_count', { thread: '0' }],
    ['gwrk_gateway_turn_longest_seconds', { thread: '0' }],
    ['gwrk_gc_pauses_total', { thread: 'gateway', kind: 'minor' }],
    ['gwrk_gc_pause_seconds_total', { thread: 'main', kind: 'major' }],
    ['gwrk_event_loop_lag_seconds_count'],
    ['gwrk_sessions'],
  ];
  for (const [name, labels] of wanted) assert.ok(Number.isFinite(figure(families, name, labels)), `${name} ${JSON.stringify(labels)}`);
  assert.equal(families.get('gwrk_breaker_state')?.type, 'gauge');
});

test('a login and a session show in every figure that counts them', async () => {
  const before = await metrics();
  const dfp = randomBytes(32).toString('base64url');
  const answer = await ask(server.httpPort, '/v1/login', { body: JSON.stringify({ uid: 'metered', dfp }) });
  const client = await GameClient.connect(`ws://127.0.0.1:${server.wsPort}/v1/ws`);
  await client.auth({ ...(answer.json as unknown as Credentials), dfp });
  await client.next(0x0003);
  const grew = (now: Map<string, Family>, name: string, labels: Record<string, string> = {}): number => {
    const old = figure(before, name, labels);
    return figure(now, name, labels) - (Number.isNaN(old) ? 0 : old);
  };
  await soon((now) => {
    assert.equal(grew(now, 'gwrk_logins_total', { outcome: 'ok' }), 1);
    assert.equal(grew(now, 'gwrk_store_call_seconds_count', { verb: 'login', result: 'ok' }), 1);
    assert.ok(grew(now, 'gwrk_store_call_seconds_sum', { verb: 'login', result: 'ok' }) > 0);
    assert.equal(grew(now, 'gwrk_connections', { state: 'ready' }), 1);
    assert.equal(grew(now, 'gwrk_handshakes_total'), 1);
    assert.equal(grew(now, 'gwrk_auth_total', { result: 'ok' }), 1);
    assert.equal(grew(now, 'gwrk_packets_total', { direction: 'in', type: 'auth' }), 1);
    assert.equal(grew(now, 'gwrk_packets_total', { direction: 'out', type: 'auth_ok' }), 1);
    assert.equal(grew(now, 'gwrk_sessions'), 1);
    assert.ok(grew(now, 'gwrk_gateway_turn_seconds_count', { thread: '0' }) >= 2);
    assert.ok(figure(now, 'gwrk_gateway_turn_longest_seconds') > 0);
  });

  client.socket.close(1000);
  await client.closed;
  await soon((now) => {
    assert.equal(grew(now, 'gwrk_connections_closed_total', { code: '1000' }), 1);
    assert.equal(grew(now, 'gwrk_connections', { state: 'ready' }), 0);
  });
});

const MALFORMED: readonly (readonly [text: string, why: RegExp])[] = [
  ['# TYPE a counter\na 1', /line feed/u],
  ['# TYPE a counter\n# TYPE a counter\na 1\n', /second TYPE/u],
  ['# TYPE a meter\na 1\n', /unknown type/u],
  ['# TYPE a counter\nb 1\n', /outside/u],
  ['a 1\n', /outside/u],
  ['# TYPE a counter\na 1\na 2\n', /twice/u],
  ['# TYPE a counter\na{x="1",x="2"} 1\n', /twice/u],
  ['# TYPE a counter\na{x="1} 1\n', /malformed/u],
  ['# TYPE a counter\na{x="\\d"} 1\n', /malformed/u],
  ['# TYPE a counter\na{1x="d"} 1\n', /malformed/u],
  ['# TYPE a counter\na Infinity\n', /not a number/u],
  ['# TYPE a counter\na\n', /malformed/u],
  ['# TYPE a counter\na 1 x\n', /malformed/u],
  ['# TYPE a histogram\na_bucket{le="1"} 1\na_sum 1\na_count 1\n', /the bucket of all/u],
  ['# TYPE a histogram\na_bucket{le="1"} 2\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n', /fall/u],
  ['# TYPE a histogram\na_bucket{le="2"} 1\na_bucket{le="1"} 1\na_bucket{le="+Inf"} 1\na_sum 1\na_count 1\n', /rise/u],
  ['# TYPE a histogram\na_bucket{le="+Inf"} 1\na_count 1\n', /no sum/u],
];

test('the reader that these tests stand on refuses what the format does not allow, and takes what it does', () => {
  for (const [text, why] of MALFORMED) assert.throws(() => parsePrometheus(text), why, text);
  const text = '# any comment\n# HELP a b c\n# TYPE a gauge\na{x="q\\"\\\\\\n",y=""} -1.5e-3 1395066363000\na NaN\n\n';
  const { samples, help } = parsePrometheus(text).get('a')!;
  assert.equal(help, 'b c');
  assert.deepEqual(samples[0], { name: 'a', labels: { x: 'q"\\\n', y: '' }, value: -0.0015 });
  assert.ok(Number.isNaN(samples[1]!.value));
});
