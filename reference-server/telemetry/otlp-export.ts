import type { HrTime } from '@opentelemetry/api';
import type { CollectionResult } from '@opentelemetry/sdk-metrics';
import type { Registry } from 'prom-client';
import { exportFault, tellOutages } from '../../src/core/tell-outages.js';
import { otlpMetrics } from './otlp-metrics.js';

const SERVICE_NAME = 'gwrk-serve';
const INTERVAL_MS = 60_000;
const TIMEOUT_MS = 30_000;
/** What the last export may take when the server ends. */
const SHUTDOWN_MS = 1_000;

export interface OtlpExportOptions {
  readonly registry: Registry;
  /** The standard variables of OpenTelemetry. */
  readonly env: NodeJS.ProcessEnv;
  /** One line for a person: that exports fail and why, and that they work again. */
  readonly onWord: (line: string) => void;
}

export interface OtlpExport {
  /** Exports once more and ends; takes a second at most. */
  stop(): Promise<void>;
}

/**
 * Sends what the registry holds to an OpenTelemetry collector (OTLP over HTTP, JSON) at an interval, when OTEL_EXPORTER_OTLP_ENDPOINT
 * or OTEL_EXPORTER_OTLP_METRICS_ENDPOINT names one; undefined, and nothing loaded, else. Headers, compression, time-outs, interval,
 * service name and resource attributes come from the standard variables. Whatever goes wrong there, the server only says so.
 */
export async function startOtlpExport({ registry, env, onWord }: OtlpExportOptions): Promise<OtlpExport | undefined> {
  const endpoint = env.OTEL_EXPORTER_OTLP_METRICS_ENDPOINT || env.OTEL_EXPORTER_OTLP_ENDPOINT;
  const exporters = (env.OTEL_METRICS_EXPORTER || 'otlp').split(',').map((name) => name.trim());
  if (!endpoint || !exporters.includes('otlp') || /^true$/i.test(env.OTEL_SDK_DISABLED ?? '')) return undefined;
  if (!/^https?:\/\//i.test(endpoint) || !URL.canParse(endpoint)) {
    onWord('metrics are not exported: OTEL_EXPORTER_OTLP_ENDPOINT is no http or https address');
    return undefined;
  }
  try {
    return await begin(registry, env, onWord);
  } catch (error) {
    onWord(`metrics are not exported: ${exportFault(error)}`);
    return undefined;
  }
}

async function begin(registry: Registry, env: NodeJS.ProcessEnv, onWord: (line: string) => void): Promise<OtlpExport> {
  const [{ ValueType }, sdk, { OTLPMetricExporter }, resources] = await Promise.all([
    import('@opentelemetry/api'),
    import('@opentelemetry/sdk-metrics'),
    import('@opentelemetry/exporter-metrics-otlp-http'),
    import('@opentelemetry/resources'),
  ]);
  const constants = { DOUBLE: ValueType.DOUBLE, CUMULATIVE: sdk.AggregationTemporality.CUMULATIVE, types: sdk.DataPointType };
  const startTime = hrTime(Date.now() - process.uptime() * 1e3);
  const resource = resources
    .resourceFromAttributes({ 'service.name': SERVICE_NAME, 'process.pid': process.pid })
    .merge(resources.detectResources({ detectors: [resources.envDetector] }));
  const producer = {
    async collect(): Promise<CollectionResult> {
      const metrics = otlpMetrics(await registry.getMetricsAsJSON(), startTime, hrTime(Date.now()), constants);
      return { resourceMetrics: { resource, scopeMetrics: [{ scope: { name: 'gwrk' }, metrics }] }, errors: [] };
    },
  };
  const intervalMs = positive(env.OTEL_METRIC_EXPORT_INTERVAL) ?? INTERVAL_MS;
  const exporter = new OTLPMetricExporter();
  tellOutages(exporter, onWord);
  const reader = new sdk.PeriodicExportingMetricReader({
    exporter,
    exportIntervalMillis: intervalMs,
    exportTimeoutMillis: Math.min(positive(env.OTEL_METRIC_EXPORT_TIMEOUT) ?? TIMEOUT_MS, intervalMs),
    metricProducers: [producer],
  });
  const provider = new sdk.MeterProvider({ resource, readers: [reader] });
  return {
    stop: () => provider.shutdown({ timeoutMillis: SHUTDOWN_MS }).catch(() => {}), // the collector is gone: onWord has said it
  };
}

function positive(text: string | undefined): number | undefined {
  const value = Number(text);
  return text !== undefined && text !== '' && Number.isFinite(value) && value > 0 ? Math.min(value, 2 ** 31 - 1) : undefined;
}

/** Unix milliseconds as OpenTelemetry has time: whole seconds, and nanoseconds. */
function hrTime(unixMs: number): HrTime {
  const seconds = Math.floor(unixMs / 1e3);
  return [seconds, Math.round((unixMs - seconds * 1e3) * 1e6)];
}
