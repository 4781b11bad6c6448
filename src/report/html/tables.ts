import { closedLoopNote } from '../closed-loop.js';
import { CURVE_HEADS, curveRows } from '../find-max.js';
import type { Report } from '../report.js';
import { actualText, clientLines, counterRows, type Line, machineLines } from '../summary-lines.js';
import { lacksSamples, TREND_HEADS, trendRows } from '../trend-rows.js';
import { html, type Markup, NOTHING } from './markup.js';

/** More rows than this are told by their number. */
const MAX_ROWS = 200;

/** A table whose first `left` columns are words, the others figures. */
export function table(name: string, heads: readonly string[], rows: readonly (readonly (string | Markup)[])[], left = 1): Markup {
  const cell = (text: string | Markup, column: number): Markup =>
    column === 0
      ? html`<th scope="row"${typeof text === 'string' && text.startsWith('  ') ? html` class="part"` : ''}>${text}</th>`
      : html`<td${column < left ? html` class="words"` : ''}>${text}</td>`;
  const shown = rows.slice(0, MAX_ROWS);
  return html`<div class="wide" tabindex="0" role="region" aria-label="${name}"><table><thead><tr>${heads.map(
    (head, column) => html`<th scope="col"${column < left ? '' : html` class="number"`}>${head}</th>`,
  )}</tr></thead><tbody>${shown.map((row) => html`<tr>${row.map(cell)}</tr>`)}</tbody></table></div>${
    rows.length > shown.length && html`<p class="footnote">and ${rows.length - shown.length} more, in report.json</p>`
  }`;
}

export function thresholdTable(report: Report): Markup {
  if (report.thresholds.length === 0) return html`<p class="footnote">No threshold was set.</p>`;
  const rows = report.thresholds.map((threshold) => {
    const tone = threshold.verdict === 'pass' ? 'good' : threshold.level === 'warn' ? 'warn' : 'bad';
    const level = threshold.level === 'warn' ? ' (warning)' : '';
    return [
      html`<span class="mark ${tone}">${threshold.verdict}</span>`,
      threshold.metric,
      threshold.expression + level,
      actualText(report, threshold),
    ];
  });
  return table('Thresholds', ['verdict', 'metric', 'threshold', 'actual'], rows, 3);
}

export function metricTables(report: Report): Markup {
  const trends = trendRows(report);
  const counters = counterRows(report);
  return html`${trends.length > 0 ? table('Trends', TREND_HEADS, trends) : NOTHING}${
    lacksSamples(report) && html`<p class="footnote">n/a: fewer than ten samples beyond that percentile</p>`
  }${closedLoopNote(report) !== undefined && html`<p class="footnote">${closedLoopNote(report)!}</p>`}${counters.length > 0 ? table('Counters', ['counter', 'total', 'rate'], counters) : NOTHING}`;
}

export function errorTable({ errors }: Report): Markup {
  if (errors.length === 0) return html`<p class="footnote">No errors.</p>`;
  const rows = errors.map(({ code, count, first }) => [code, first.slice(0, 400), count.toLocaleString('en')]);
  return table('Errors', ['code', 'first seen as', 'count'], rows, 2);
}

export function findMaxTable({ findMax }: Report): Markup {
  if (findMax === undefined) return NOTHING;
  return html`<section id="search"><h2>Highest ${findMax.of} that met ${findMax.bounds.join(' and ')}</h2>${table('Search', CURVE_HEADS, curveRows(findMax), 0)}</section>`;
}

/** What was run, by whom, where: enough to run it again. */
export function environmentList(report: Report): Markup {
  const facts: Line[] = [
    ...clientLines(report),
    ...machineLines(report),
    ...Object.entries(report.environment).map(([name, value]) => [name, String(value)] as const),
    ['seed', String(report.seed)],
    ...(typeof report.hash === 'string' ? [['scenario hash', report.hash] as const] : []),
    ...Object.entries(report.tags ?? {}).map(([name, value]) => [`tag ${name}`, String(value)] as const),
  ];
  const merged: { name: string; texts: string[] }[] = [];
  for (const [name, text] of facts) {
    const last = merged.at(-1);
    if (name === '' && last) last.texts.push(text);
    else merged.push({ name, texts: [text] });
  }
  return html`<dl class="facts">${merged.map(({ name, texts }) => html`<div><dt>${name}</dt>${texts.map((text) => html`<dd>${text}</dd>`)}</div>`)}</dl>`;
}
