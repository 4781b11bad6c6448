import assert from 'node:assert/strict';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { startOtlpExport } from '../../../reference-server/telemetry/otlp-export.js';

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: OtlpBody;
}

/** The parts of an ExportMetricsServiceRequest that the tests read (opentelemetry-proto, JSON mapping). */
interface OtlpBody {
  readonly resourceMetrics: readonly {
    readonly resource: { readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[] };
    readonly scopeMetrics: readonly { readonly metrics: readonly OtlpMetric[] }[];
  }[];
}
interface OtlpPoint {
  readonly attributes: readonly { readonly key: string; readonly value: Record<string, unknown> }[];
  readonly asDouble?: number;
  readonly count?: number | string;
  readonly sum?: number;
  readonly bucketCounts?: readonly (number | string)[];
  readonly explicitBounds?: readonly number[];
}
interface OtlpMetric {
  readonly name: string;
  readonly unit: string;
  readonly sum?: { readonly isMonotonic: boolean; readonly aggregationTemporality: number; readonly dataPoints: readonly OtlpPoint[] };
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] };
  readonly histogram?: { readonly aggregationTemporality: number; readonly dataPoints: readonly OtlpPoint[] };
}

/** A receiver of OTLP/HTTP on loopback; the first `failures` requests are answered 400, which is final by the protocol. */
async function receiver(failures = 0): Promise<{ url: string; next: () => Promise<Received>; close: () => void }> {
  const waiting: ((received: Received) => void)[] = [];
  const queue: Received[] = [];
  let left = failures;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.writeHead(left-- > 0 ? 400 : 200, { 'content-type': 'application/json' }).end('{}');
    const received = { path: request.url!, headers: request.headers, body: JSON.parse(Buffer.concat(chunks).toString()) as OtlpBody };
    const first = waiting.shift();
    if (first) first(received);
    else queue.push(received);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    next: () => (queue.length > 0 ? Promise.resolve(queue.shift()!) : new Promise((resolve) => waiting.push(resolve))),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function sampleRegistry(): Registry {
  const registry = new Registry();
  const registers = [registry];
  new Counter({ name: 'a_total', help: 'a', labelNames: ['kind'], registers }).inc({ kind: 'x' }, 3);
  new Gauge({ name: 'b_bytes', help: 'b', registers }).set(17);
  const histogram = new Histogram({ name: 'c_seconds', help: 'c', buckets: [1, 2, 5], labelNames: ['verb'], registers });
  for (const value of [0.5, 1, 1.5, 3, 10]) histogram.observe({ verb: 'login' }, value);
  return registry;
}

/** The environment that a test sees while `body` runs: the exporter reads process.env itself. */
async function withEnv(env: Record<string, string>, body: () => Promise<void>): Promise<void> {
  for (const [key, value] of Object.entries(env)) process.env[key] = value;
  try {
    await body();
  } finally {
    for (const key of Object.keys(env)) delete process.env[key];
  }
}

const metricOf = ({ body }: Received, name: string): OtlpMetric =>
  body.resourceMetrics[0]!.scopeMetrics.flatMap(({ metrics }) => metrics).find((metric) => metric.name === name)!;

test('a collector gets the metrics of the registry with names, labels, units and values, by the standard variables', async () => {
  const collector = await receiver();
  await withEnv(
    {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=red',
      OTEL_SERVICE_NAME: 'lobby',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
      OTEL_METRIC_EXPORT_INTERVAL: '50',
    },
    async () => {
      const words: string[] = [];
      const running = await startOtlpExport({ registry: sampleRegistry(), env: process.env, onWord: (line) => words.push(line) });
      const received = await collector.next();
      await collector.next(); // the interval is the one that was asked for: the default would be a minute
      await running!.stop();
      assert.equal(received.path, '/v1/metrics');
      assert.equal(received.headers['x-tenant'], 'red');
      const attributes = Object.fromEntries(received.body.resourceMetrics[0]!.resource.attributes.map(({ key, value }) => [key, value]));
      assert.deepEqual(attributes['service.name'], { stringValue: 'lobby' });
      assert.deepEqual(attributes['deployment.environment'], { stringValue: 'test' });

      const counter = metricOf(received, 'a_total');
      assert.equal(counter.sum!.isMonotonic, true);
      assert.equal(counter.sum!.aggregationTemporality, 2, 'AGGREGATION_TEMPORALITY_CUMULATIVE');
      assert.equal(counter.sum!.dataPoints[0]!.asDouble, 3);
      assert.deepEqual(counter.sum!.dataPoints[0]!.attributes, [{ key: 'kind', value: { stringValue: 'x' } }]);
      const gauge = metricOf(received, 'b_bytes');
      assert.equal(gauge.unit, 'By');
      assert.equal(gauge.gauge!.dataPoints[0]!.asDouble, 17);
      const histogram = metricOf(received, 'c_seconds');
      assert.equal(histogram.unit, 's');
      const [point] = histogram.histogram!.dataPoints;
      assert.deepEqual(point!.explicitBounds, [1, 2, 5]);
      assert.deepEqual(point!.bucketCounts!.map(Number), [2, 1, 1, 1], 'counts between the bounds, not up to them');
      assert.equal(Number(point!.count), 5);
      assert.equal(point!.sum, 16);
      assert.deepEqual(words, []);
    },
  );
  collector.close();
});

test('the endpoint for metrics alone is used as it is, and wins', async () => {
  const collector = await receiver();
  const env = { OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: `${collector.url}/push`, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
  await withEnv(env, async () => {
    const running = await startOtlpExport({ registry: sampleRegistry(), env: process.env, onWord: () => {} });
    await running!.stop(); // the last export
    assert.equal((await collector.next()).path, '/push');
  });
  collector.close();
});

test('exports that fail are told in one line, and that they work again in one more', async () => {
  const collector = await receiver(3);
  await withEnv({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_METRIC_EXPORT_INTERVAL: '30' }, async () => {
    const words: string[] = [];
    const running = await startOtlpExport({ registry: sampleRegistry(), env: process.env, onWord: (line) => words.push(line) });
    for (let i = 0; i < 6; i++) await collector.next();
    await running!.stop();
    assert.equal(words.length, 2, words.join('\n'));
    assert.match(words[0]!, /could not be exported: /);
    assert.match(words[1]!, /again/);
  });
  collector.close();
});

test('a collector that is not there costs one line, and the end of the server a second at most', async () => {
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1', OTEL_EXPORTER_OTLP_TIMEOUT: '100', OTEL_METRIC_EXPORT_INTERVAL: '20' };
  await withEnv(env, async () => {
    let tell: (line: string) => void = () => {};
    const told = new Promise<string>((resolve) => {
      tell = resolve;
    });
    const words: string[] = [];
    const onWord = (line: string): void => {
      words.push(line);
      tell(line);
    };
    const running = await startOtlpExport({ registry: sampleRegistry(), env: process.env, onWord });
    const alive = setInterval(() => {}, 1_000); // the export's own timers keep no process alive
    assert.match(await told, /could not be exported: /);
    clearInterval(alive);
    await running!.stop();
    assert.equal(words.length, 1, words.join('\n'));
  });
});

test('without an endpoint, switched off, or with one that is no address, nothing runs', async () => {
  const start = async (env: Record<string, string>): Promise<[unknown, string[]]> => {
    const words: string[] = [];
    return [await startOtlpExport({ registry: sampleRegistry(), env, onWord: (line) => words.push(line) }), words];
  };
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:1' };
  assert.deepEqual(await start({}), [undefined, []]);
  assert.deepEqual(await start({ ...endpoint, OTEL_SDK_DISABLED: 'true' }), [undefined, []]);
  assert.deepEqual(await start({ ...endpoint, OTEL_METRICS_EXPORTER: 'none' }), [undefined, []]);
  const [running, words] = await start({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4317' });
  assert.equal(running, undefined);
  assert.equal(words.length, 1);
});
