import { samplesNeeded } from '../../measure/histogram.js';
import { formatBytes, formatCount, formatFigure, formatMs, formatPercent } from '../quantity.js';
import type { Report } from '../report.js';
import { html, type Markup } from './markup.js';

interface Tile {
  readonly name: string;
  readonly value: string;
  readonly below: string;
  readonly tone?: 'good' | 'bad' | 'warn';
}

/** The six figures to look at first: connections held, P99 connect, P99 message, errors, memory of the target, collections a minute. */
export function tiles(report: Report): Markup {
  return html`<ul class="tiles">${tilesOf(report).map(
    ({ name, value, below, tone }) =>
      html`<li${tone === undefined ? '' : html` class="${tone}"`}><span class="name">${name}</span><strong>${value}</strong><span class="below">${below}</span></li>`,
  )}</ul>`;
}

function tilesOf(report: Report): Tile[] {
  const { clients, target } = report;
  const short = clients.peakOpen < clients.planned * 0.99;
  const errors = report.errors.reduce((sum, { count }) => sum + count, 0);
  const missing = target.reason ?? 'not measured';
  return [
    {
      name: 'Connections held',
      value: formatCount(clients.peakOpen),
      below: `of ${formatCount(clients.planned)} planned${clients.lost > 0 ? `, ${formatCount(clients.lost)} lost` : ''}`,
      ...(short && { tone: 'warn' as const }),
    },
    trendTile(report, 'P99 connect', ['session_ready', 'ws_connecting', 'tcp_connecting']),
    trendTile(report, 'P99 message', ['ws_msg_rtt', 'http_req_duration', 'ws_ping']),
    {
      name: 'Errors',
      value: formatCount(errors),
      below: errors === 0 ? 'none' : `of ${report.errors.length} kind${report.errors.length === 1 ? '' : 's'}${failedShare(report)}`,
      tone: errors === 0 ? 'good' : 'bad',
    },
    {
      name: 'Peak memory, target',
      value: target.rssPeakBytes === null ? '–' : formatBytes(target.rssPeakBytes),
      below: target.rssPeakBytes === null ? missing : perClient(target.rssPeakBytes, clients.peakOpen),
    },
    {
      name: 'GC a minute, target',
      value: target.gcPerMinute === null ? '–' : target.gcPerMinute === 0 ? '0' : formatFigure(target.gcPerMinute),
      below: target.gcPerMinute === null ? missing : 'while the load was held',
    },
  ];
}

function trendTile(report: Report, name: string, trends: readonly string[]): Tile {
  for (const trend of trends) {
    const metric = Object.hasOwn(report.metrics, trend) ? report.metrics[trend] : undefined;
    if (metric?.type !== 'trend' || metric.count === 0) continue;
    const few = metric.count < samplesNeeded(99);
    return {
      name,
      value: few ? 'n/a' : formatMs(metric.p99),
      below: few ? `only ${metric.count} samples of ${trend}` : `p50 ${formatMs(metric.med)}, ${trend}`,
    };
  }
  return { name, value: '–', below: 'no sample in this run' };
}

function failedShare({ metrics }: Report): string {
  const failed = metrics.session_failed;
  return failed?.type === 'rate' && failed.rate !== null && failed.rate > 0 ? `, ${formatPercent(failed.rate)} of sessions failed` : '';
}

function perClient(bytes: number, clients: number): string {
  return clients > 0 ? `${formatBytes(bytes / clients)} a connection` : 'whole process';
}
