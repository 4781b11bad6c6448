import { samplesNeeded } from '../../measure/histogram.js';
import { formatBytes, formatCount, formatFigure, formatMs, formatRate } from '../quantity.js';
import type { Report } from '../report.js';
import { html, type Markup } from './markup.js';

/** One line of before and after. A side that has no figure says so in `before` or `after`. */
export interface ChangeRow {
  readonly metric: string;
  readonly before: string;
  readonly after: string;
  /** "+12.4 %", "n.s.", or a dash. */
  readonly change: string;
  /** Whether the change is to the good; undefined when nobody can say. */
  readonly tone?: 'good' | 'bad';
}

type Figure = readonly [
  name: string,
  of: (report: Report) => number | undefined,
  format: (value: number) => string,
  more: 'worse' | 'better',
];

const trend = (name: string, key: 'p99' | 'med' | 'p999'): ((report: Report) => number | undefined) => {
  const percent = { med: 50, p99: 99, p999: 99.9 }[key];
  return ({ metrics }) => {
    const metric = Object.hasOwn(metrics, name) ? metrics[name] : undefined;
    return metric?.type === 'trend' && metric.count >= samplesNeeded(percent) ? metric[key] : undefined;
  };
};

const FIGURES: readonly Figure[] = [
  ['P99 connect (session_ready)', trend('session_ready', 'p99'), formatMs, 'worse'],
  ['P50 message (ws_msg_rtt)', trend('ws_msg_rtt', 'med'), formatMs, 'worse'],
  ['P99 message (ws_msg_rtt)', trend('ws_msg_rtt', 'p99'), formatMs, 'worse'],
  ['P99.9 message (ws_msg_rtt)', trend('ws_msg_rtt', 'p999'), formatMs, 'worse'],
  ['P99 HTTP (http_req_duration)', trend('http_req_duration', 'p99'), formatMs, 'worse'],
  ['Connections held', ({ clients }) => clients.peakOpen, formatCount, 'better'],
  [
    'Messages received a second',
    ({ metrics }) => (metrics.ws_msgs_received?.type === 'counter' ? (metrics.ws_msgs_received.rate ?? undefined) : undefined),
    formatRate,
    'better',
  ],
  ['Errors', ({ errors }) => errors.reduce((sum, { count }) => sum + count, 0), formatCount, 'worse'],
  ['Peak memory of the target', ({ target }) => target.rssPeakBytes ?? undefined, formatBytes, 'worse'],
  ['CPU of the target', ({ target }) => target.cpuSeconds ?? undefined, (value) => `${formatFigure(value)} s`, 'worse'],
  ['GC a minute of the target', ({ target }) => target.gcPerMinute ?? undefined, formatFigure, 'worse'],
];

/** A single run beside a single run: ratios without a judgement, since one run of each cannot tell change from chance. */
export function changeRows(before: Report, after: Report): ChangeRow[] {
  return FIGURES.flatMap(([metric, of, format, more]): ChangeRow[] => {
    const [was, is] = [of(before), of(after)];
    if (was === undefined && is === undefined) return [];
    const ratio = was !== undefined && is !== undefined && was > 0 ? is / was - 1 : undefined;
    const clear = ratio !== undefined && Math.abs(ratio) >= 0.1;
    return [
      {
        metric,
        before: was === undefined ? '–' : format(was),
        after: is === undefined ? '–' : format(is),
        change: ratio === undefined ? '–' : signed(ratio),
        ...(clear && { tone: ratio > 0 === (more === 'worse') ? ('bad' as const) : ('good' as const) }),
      },
    ];
  });
}

export function changeTable(rows: readonly ChangeRow[], footnote: string): Markup {
  return html`<div class="wide" tabindex="0" role="region" aria-label="Before and after"><table class="changes"><thead><tr><th scope="col">Metric</th><th scope="col" class="number">Before</th><th scope="col" class="number">After</th><th scope="col" class="number">Change</th></tr></thead><tbody>${rows.map(
    ({ metric, before, after, change, tone }) =>
      html`<tr><th scope="row">${metric}</th><td>${before}</td><td>${after}</td><td${tone === undefined ? '' : html` class="${tone}"`}>${change}</td></tr>`,
  )}</tbody></table></div><p class="footnote">${footnote}</p>`;
}

function signed(ratio: number): string {
  const percent = ratio * 100;
  const text = Math.abs(percent) < 0.05 ? '0' : formatFigure(Math.abs(percent));
  return text === '0' ? '0 %' : `${percent > 0 ? '+' : '−'}${text} %`;
}
