import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Counter, Gauge, Registry } from 'prom-client';
import { GwrkError } from '../core/errors.js';
import type { LiveMetrics } from './live-metrics.js';

/** The page of --metrics-port, for a Prometheus that scrapes the run while it goes on. */
export interface MetricsServer {
  readonly url: string;
  close(): Promise<void>;
}

const MOST_CONNECTIONS = 16;

/** Serves the metrics at http://127.0.0.1:port/metrics; port 0 picks a free one. Throws GWRK_USAGE when the port cannot be had. */
export async function serveMetrics(port: number, metrics: LiveMetrics): Promise<MetricsServer> {
  let hosts: readonly string[] = [];
  const server = createServer((request, response) => {
    // A page in a browser that resolves its own name to this address must not read along.
    if (!hosts.includes(request.headers.host ?? '')) return void response.writeHead(403).end();
    const [path] = (request.url ?? '').split('?');
    if (path !== '/metrics') return void response.writeHead(404).end();
    if (request.method !== 'GET' && request.method !== 'HEAD') return void response.writeHead(405, { allow: 'GET, HEAD' }).end();
    exposition(metrics).then(
      (text) => response.writeHead(200, { 'content-type': Registry.PROMETHEUS_CONTENT_TYPE, 'cache-control': 'no-store' }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.maxConnections = MOST_CONNECTIONS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) => {
      const why = cause.code === 'EADDRINUSE' ? 'is taken' : `cannot be used: ${cause.message}`;
      reject(
        new GwrkError('GWRK_USAGE', `port ${port} ${why}`, { where: '--metrics-port', hint: '--metrics-port 0 picks a free one', cause }),
      );
    });
    server.listen(port, '127.0.0.1', resolve);
  });
  const { port: bound } = server.address() as AddressInfo;
  hosts = [`127.0.0.1:${bound}`, `localhost:${bound}`];
  return {
    url: `http://127.0.0.1:${bound}/metrics`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What is known now, in Prometheus' text format. */
export async function exposition(metrics: LiveMetrics): Promise<string> {
  const registry = new Registry();
  for (const { name, kind, help, points } of metrics.read()) {
    if (points.length === 0) continue;
    const options = { name, help, labelNames: Object.keys(points[0]!.labels), registers: [registry] };
    if (kind === 'counter') {
      const counter = new Counter(options);
      for (const { labels, value } of points) counter.inc(labels, value);
    } else {
      const gauge = new Gauge(options);
      for (const { labels, value } of points) gauge.set(labels, value);
    }
  }
  return registry.metrics();
}
