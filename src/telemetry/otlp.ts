import { GwrkError } from '../core/errors.js';
import { tellOutages } from '../core/tell-outages.js';
import type { LiveMetric, LiveMetrics } from './live-metrics.js';

/** The line to an OpenTelemetry collector. */
export interface OtlpExport {
  /** Exports once more and ends; takes two seconds at most. */
  close(): Promise<void>;
}

export interface OtlpOptions {
  /** http://collector:4318, or the whole address of its metrics. */
  readonly url: string;
  readonly metrics: LiveMetrics;
  /** One line for a person: that exports fail and why, and that they work again. */
  readonly onWord: (line: string) => void;
  readonly intervalMs?: number;
}

/** Runs are short: a collector that hears once a minute would miss most of them. */
const INTERVAL_MS = 5_000;
const TIMEOUT_MS = 4_000;
const CLOSE_MS = 2_000;

/**
 * Sends what a run measures to an OpenTelemetry collector every five seconds (OTLP over HTTP), and once at its end. Headers
 * and certificates come from OTEL_EXPORTER_OTLP_HEADERS and its neighbours. Throws GWRK_USAGE for what is no http URL, and where
 * the optional packages are not installed; whatever goes wrong later, the run only says so.
 */
export async function startOtlp({ url, metrics, onWord, intervalMs = INTERVAL_MS }: OtlpOptions): Promise<OtlpExport> {
  const address = metricsAddress(url);
  const packages = await Promise.all([
    import('@opentelemetry/sdk-metrics'),
    import('@opentelemetry/exporter-metrics-otlp-http'),
    import('@opentelemetry/resources'),
  ]).catch((cause: unknown) => {
    throw new GwrkError('GWRK_USAGE', 'the packages of OpenTelemetry are not installed', {
      where: '--otlp',
      hint: 'npm install @opentelemetry/api @opentelemetry/sdk-metrics @opentelemetry/resources @opentelemetry/exporter-metrics-otlp-http',
      cause,
    });
  });
  const [sdk, { OTLPMetricExporter }, resources] = packages;
  const exporter = new OTLPMetricExporter({ url: address });
  tellOutages(exporter, onWord);
  const reader = new sdk.PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: Math.min(TIMEOUT_MS, intervalMs),
  });
  const resource = resources
    .resourceFromAttributes({ 'service.name': 'gwrk', 'process.pid': process.pid })
    .merge(resources.detectResources({ detectors: [resources.envDetector] }));
  const provider = new sdk.MeterProvider({ resource, readers: [reader] });
  const meter = provider.getMeter('gwrk');
  for (const [index, { name, kind, help }] of metrics.read().entries()) {
    const options = { description: help, unit: unitOf(name) };
    // A collector puts _total behind the names of counters itself where it hands them to Prometheus.
    const plain = name.replace(/_total$/u, '');
    const instrument = kind === 'counter' ? meter.createObservableCounter(plain, options) : meter.createObservableGauge(plain, options);
    instrument.addCallback((result) => {
      for (const { labels, value } of (metrics.read()[index] as LiveMetric).points) result.observe(value, labels);
    });
  }
  return { close: () => provider.shutdown({ timeoutMillis: CLOSE_MS }).catch(() => undefined) };
}

function metricsAddress(text: string): string {
  const url = /^https?:\/\//iu.test(text) && URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || `${url.username}${url.password}` !== '') {
    throw new GwrkError('GWRK_USAGE', 'this is not the address of a collector', {
      where: '--otlp',
      given: url ? url.host : text,
      allowed: 'http://host:4318 or https://host:4318; secrets in OTEL_EXPORTER_OTLP_HEADERS',
    });
  }
  if (url.pathname === '/') url.pathname = '/v1/metrics';
  return url.href;
}

/** UCUM, as OpenTelemetry wants it. */
function unitOf(name: string): string {
  if (/_(p50|p90|p95|p99|max|seconds)$/u.test(name)) return 's';
  return /_bytes_total$/u.test(name) ? 'By' : '1';
}
