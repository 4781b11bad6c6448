import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { GwrkError } from '../../src/core/errors.js';
import { COUNTER, GAUGE, TREND } from '../../src/measure/metric-names.js';
import { Recorder } from '../../src/measure/recorder.js';
import { Snapshots } from '../../src/measure/snapshot.js';
import { parsePrometheus } from '../../src/target/prometheus-text.js';
import { LiveMetrics } from '../../src/telemetry/live-metrics.js';
import { exposition, serveMetrics } from '../../src/telemetry/metrics-server.js';
import { startOtlp } from '../../src/telemetry/otlp.js';

/** A run in which 1,000 messages took 1 to 1,000 ms. */
function run(errors: { code: string; count: number }[] = []): LiveMetrics {
  const recorder = new Recorder(new SharedArrayBuffer(Recorder.byteLength));
  const snapshots = new Snapshots([recorder], 0);
  for (let ms = 1; ms <= 1000; ms++) recorder.record(TREND.ws_msg_rtt, ms * 1000);
  recorder.count(COUNTER.ws_msgs_sent, 1000);
  recorder.count(COUNTER.data_sent, 5000);
  recorder.gauge(GAUGE.clients_open, 7);
  const metrics = new LiveMetrics();
  metrics.update('lobby "x"', snapshots.take(3e6), errors, [recorder]);
  return metrics;
}

const valuesOf = (text: string): Map<string, number> => new Map(parsePrometheus(text).map(({ id, value }) => [id, value]));

test('before the first second nothing is exported, not even a 0', async () => {
  assert.deepEqual(parsePrometheus(await exposition(new LiveMetrics())), []);
});

test('trends in seconds, counters in _total, gauges and errors by code stand in the text of Prometheus', async () => {
  const values = valuesOf(await exposition(run([{ code: 'ECONNREFUSED', count: 3 }])));
  for (const [id, seconds] of [
    ['p50', 0.5],
    ['p99', 0.99],
    ['max', 1],
    ['second_p99', 0.99],
  ] as const)
    assert.ok(Math.abs(values.get(`gwrk_ws_msg_rtt_${id}`)! - seconds) < 0.002, `${id} ${values.get(`gwrk_ws_msg_rtt_${id}`)}`);
  assert.equal(values.get('gwrk_ws_msg_rtt_count_total'), 1000);
  assert.equal(values.get('gwrk_ws_msgs_sent_total'), 1000);
  assert.equal(values.get('gwrk_data_sent_bytes_total'), 5000);
  assert.equal(values.get('gwrk_clients_open'), 7);
  assert.equal(values.get('gwrk_run_seconds'), 3);
  assert.equal(values.get('gwrk_errors_total{code="ECONNREFUSED"}'), 3);
  assert.equal(values.get('gwrk_run_info{scenario="lobby \\"x\\""}'), 1);
  assert.equal(values.has('gwrk_session_ready_p99'), false);
});

test('a target that makes up codes of errors makes no more than a hundred series', async () => {
  const errors = Array.from({ length: 5000 }, (_, i) => ({ code: `made.up.${i}`, count: 1 }));
  const codes = parsePrometheus(await exposition(run(errors))).filter(({ name }) => name === 'gwrk_errors_total');
  assert.equal(codes.length, 101);
  assert.equal(
    codes.reduce((sum, { value }) => sum + value, 0),
    5000,
  );
});

test('the page answers on loopback to its own name only', async () => {
  const server = await serveMetrics(0, run());
  const { port } = new URL(server.url);
  const own = await fetch(server.url);
  assert.equal(own.status, 200);
  assert.match(own.headers.get('content-type')!, /^text\/plain; version=0\.0\.4/u);
  assert.equal((await fetch(`http://127.0.0.1:${port}/other`)).status, 404);
  assert.equal((await fetch(server.url, { method: 'POST' })).status, 405);
  const status = await new Promise<number | undefined>((resolve, reject) => {
    import('node:http').then(({ get }) =>
      get(server.url, { headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).on('error', reject),
    );
  });
  assert.equal(status, 403);
  await assert.rejects(serveMetrics(Number(port), run()), (error) => error instanceof GwrkError && error.code === 'GWRK_USAGE');
  await server.close();
  await assert.rejects(fetch(server.url));
});

interface Posted {
  readonly path: string;
  readonly body: {
    resourceMetrics: {
      resource: { attributes: { key: string }[] };
      scopeMetrics: {
        metrics: {
          name: string;
          unit: string;
          gauge?: { dataPoints: { asDouble: number }[] };
          sum?: { isMonotonic: boolean; dataPoints: { asDouble: number; asInt: number }[] };
        }[];
      }[];
    }[];
  };
}

test('a collector of OpenTelemetry gets the figures every interval and once more at the end', async (t) => {
  const posts: Posted[] = [];
  const collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      posts.push({ path: request.url!, body: JSON.parse(Buffer.concat(chunks).toString()) as Posted['body'] });
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  t.after(() => collector.close());
  const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`;
  const said: string[] = [];
  const otlp = await startOtlp({ url, metrics: run(), onWord: (line) => said.push(line), intervalMs: 50 });
  for (let tries = 0; tries < 6_000 && posts.length === 0; tries++) await new Promise((resolve) => setTimeout(resolve, 10));
  const before = posts.length;
  await otlp.close();
  assert.ok(before >= 1 && posts.length > before);
  const last = posts.at(-1)!;
  assert.equal(last.path, '/v1/metrics');
  const [resource] = last.body.resourceMetrics;
  assert.ok(resource!.resource.attributes.some(({ key }) => key === 'service.name'));
  const byName = new Map(resource!.scopeMetrics.flatMap(({ metrics }) => metrics).map((metric) => [metric.name, metric]));
  const p99 = byName.get('gwrk_ws_msg_rtt_p99')!;
  assert.ok(Math.abs(p99.gauge!.dataPoints[0]!.asDouble - 0.99) < 0.002);
  assert.equal(p99.unit, 's');
  const sent = byName.get('gwrk_ws_msgs_sent')!.sum!;
  assert.equal(sent.isMonotonic, true);
  assert.equal(sent.dataPoints[0]!.asDouble ?? sent.dataPoints[0]!.asInt, 1000);
  assert.equal(byName.get('gwrk_session_ready_p99')?.gauge?.dataPoints.length ?? 0, 0);
  assert.deepEqual(said, []);
});

test('a collector that is not there is said once, and nothing else happens', async () => {
  const said: string[] = [];
  const otlp = await startOtlp({ url: 'http://127.0.0.1:1', metrics: run(), onWord: (line) => said.push(line), intervalMs: 1000 });
  await otlp.close();
  assert.ok(said.length <= 1, said.join('\n'));
});

test('an address that is none, or that holds a password, is refused without repeating the password', async () => {
  for (const url of ['collector:4318', 'ftp://x/', 'http://user:secret-word@127.0.0.1:4318'])
    await assert.rejects(
      startOtlp({ url, metrics: run(), onWord: () => {} }),
      (error) => error instanceof GwrkError && error.code === 'GWRK_USAGE' && !JSON.stringify(error.details).includes('secret-word'),
    );
});
