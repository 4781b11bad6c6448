import { createHash } from 'node:crypto';
import type { Comparison } from '../compare/comparison.js';
import { formatClock } from '../quantity.js';
import type { Report } from '../report.js';
import { assets } from './assets.js';
import { changeTable, runPlots } from './change-table.js';
import type { Chart, MissingChart, Phase } from './chart.js';
import { drawChart, toneOf } from './chart-svg.js';
import { escapeJson, html, Markup, NOTHING } from './markup.js';
import { pageData, percentileTicks, timeTicks } from './page-data.js';
import { type PercentilePlot, percentilePlots } from './percentile-plot.js';
import { phasesOf } from './phases.js';
import { environmentList, errorTable, findMaxTable, metricTables, thresholdTable } from './tables.js';
import { tiles } from './tiles.js';
import { timeCharts } from './time-charts.js';

/** A picture of its own, such as a flame graph. It is shown as an image: nothing in it runs, asks or styles the page. */
export interface PictureSection {
  readonly title: string;
  /** A whole SVG document. */
  readonly svg: string;
  /** What a reader who does not see it should know. */
  readonly alt: string;
  /** A page beside this one, as a relative path: "flame/index.html". */
  readonly link?: { readonly path: string; readonly text: string };
}

export interface PageOptions {
  /** The comparison with runs before this one, and the one of those whose lines lie behind this run's in grey. */
  readonly baseline?: { readonly comparison: Comparison; readonly report: Report };
  readonly pictures?: readonly PictureSection[];
}

const WORDS: Readonly<Record<string, string>> = {
  pass: 'Passed',
  fail: 'Failed',
  invalid: 'Invalid',
  interrupted: 'Interrupted',
  inconclusive: 'Inconclusive',
};

/** index.html: a report as one page that needs nothing else. Its text follows from the report and the options alone. */
export function renderHtml(report: Report, options: PageOptions = {}): string {
  const { baseline, pictures = [] } = options;
  const before = baseline?.report;
  const dots = baseline ? runPlots(baseline.comparison) : [];
  const time = timeCharts(report, before);
  const plots = percentilePlots(report, before);
  const phases = phasesOf(report, time.seconds);
  const sections: readonly (readonly [id: string, title: string, content: Markup | undefined])[] = [
    ['changes', 'Before and after', baseline && changeTable(baseline.comparison)],
    ['summary', 'At a glance', tiles(report)],
    ['time', 'Over time', timeSection(time.charts, time.missing, time.seconds, phases)],
    ['percentiles', 'By percentile', plots.length === 0 ? undefined : percentileSection(plots)],
    ['runs', 'Run by run', dots.length === 0 ? undefined : html`<div class="charts">${dots}</div>`],
    ...pictures.map((picture, index) => [`picture${index}`, picture.title, pictureSection(picture)] as const),
    ['thresholds', 'Thresholds', thresholdTable(report)],
    ['metrics', 'All metrics', metricTables(report)],
    ['errors', 'Errors', errorTable(report)],
    ['environment', 'Environment and scenario', html`${environmentList(report)}${outline(report)}`],
  ];
  const shown = sections.filter((section): section is readonly [string, string, Markup] => section[2] !== undefined);
  const body = html`<a class="skip" href="#summary">To the figures</a>
${header(report)}
<nav aria-label="Parts of this page">${shown.map(([id, title]) => html`<a href="#${id}">${title}</a>`)}</nav>
<main>
${banner(report)}
${shown.map(([id, title, content]) => html`<section id="${id}" aria-labelledby="${id}-title"><h2 id="${id}-title">${title}</h2>${content}</section>\n`)}${findMaxTable(report)}</main>
<footer>gwrk ${String(report.environment.gwrk ?? '')}: one file, nothing is loaded from elsewhere. The record is report.json beside it.</footer>`;
  return document(report, body, escapeJson(pageData(time, plots, phases)));
}

function document(report: Report, body: Markup, data: Markup): string {
  const { style, scripts } = assets();
  const csp = [
    "default-src 'none'",
    `script-src ${scripts.map(hash).join(' ')}`,
    `style-src ${hash(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return `${
    html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(csp)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${report.scenario}: ${report.verdict} · gwrk</title>
<style>${new Markup(style)}</style>
</head>
<body>
${body}
<script type="application/json" id="data">${data}</script>
${scripts.map((script) => html`<script>${new Markup(script)}</script>\n`)}</body>
</html>
`.text
  }`;
}

function hash(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
}

function header(report: Report): Markup {
  const started = report.startedAt.replace('T', ' ').replace(/\.\d+Z$/u, ' UTC');
  const facts = [
    report.target.url,
    started,
    `${formatClock(report.durationMs)} long`,
    report.transport === 'uring' ? 'io_uring' : 'sockets of Node',
  ];
  return html`<header><p class="brand">gwrk</p><h1>${report.scenario}</h1><p class="facts">${facts
    .filter((fact) => typeof fact === 'string' && fact !== '')
    .map((fact) => html`<span>${fact}</span>`)}</p></header>`;
}

function banner({ verdict, reason, findings, exitCode, generator }: Report): Markup {
  const warnings = (Array.isArray(generator.flags) ? generator.flags : []).flatMap(({ level, sentence }) =>
    level === 'warn' ? [`Warning: ${sentence}`] : [],
  );
  const all = [...findings, ...warnings];
  const also = all.length > 0 && html`<ul>${all.slice(0, 20).map((finding) => html`<li>${finding}</li>`)}</ul>`;
  return html`<div class="verdict ${verdict}" role="status"><strong>${WORDS[verdict] ?? verdict}</strong><p>${sentence(reason)}</p>${also}<span class="exit">exit code ${exitCode}</span></div>`;
}

function outline(report: Report): Markup | false {
  return typeof report.outline === 'string' && html`<h3>Scenario</h3><pre class="wide" tabindex="0">${report.outline}</pre>`;
}

function sentence(text: string): string {
  const line = text.trim();
  return /[.!?]$/u.test(line) ? line : `${line}.`;
}

function timeSection(
  charts: readonly Chart[],
  missing: readonly MissingChart[],
  seconds: readonly number[],
  phases: readonly Phase[],
): Markup {
  const axis = { values: seconds, ticks: timeTicks(seconds) };
  const legend =
    phases.length > 0 &&
    html`<p class="phases">${phases.map(({ name, from, until }, index) => html`<span class="swatch phase${index % 2}">${name} ${formatClock(from * 1000)} to ${formatClock(until * 1000)}</span>`)}</p>`;
  const reasons = new Map<string, string[]>();
  for (const { title, reason } of missing) reasons.set(reason, [...(reasons.get(reason) ?? []), title]);
  return html`${legend}<p class="hint" hidden>Point at a chart, or focus one and use the arrow keys, to read a moment in all of them. Drag to zoom, double-click to see all again.</p>
<div class="charts" data-group="time">${charts.map((chart) => figure(chart, drawChart(chart, axis, phases)))}</div>${
    missing.length > 0 &&
    html`<p class="footnote">Not measured: ${[...reasons].map(([reason, titles]) => `${titles.join(', ')} (${reason})`).join('; ')}.</p>`
  }`;
}

function percentileSection(plots: readonly PercentilePlot[]): Markup {
  return html`<p class="footnote">The share of samples at or below a time, each nine as wide as the one before. Response counts from the planned send, service from the actual one.</p>
<div class="charts">${plots.map(({ chart, nines }) => figure(chart, drawChart(chart, { values: nines, ticks: percentileTicks(nines) })))}</div>`;
}

function figure(chart: Chart, drawing: Markup): Markup {
  return html`<figure class="chart" data-chart="${chart.id}"><figcaption>${chart.title}${chart.note !== undefined && html` <span>${chart.note}</span>`}</figcaption><div class="still">${drawing}</div><ul class="legend still">${chart.lines.map(
    (line) => html`<li><i class="${toneOf(line)}"></i>${line.label}</li>`,
  )}</ul></figure>`;
}

function pictureSection({ svg, alt, link }: PictureSection): Markup {
  const isBeside = link !== undefined && /^[\w-]+(\/[\w.-]+)*$/u.test(link.path);
  return html`<div class="wide" tabindex="0" role="region" aria-label="${alt}"><img class="picture" alt="${alt}" src="data:image/svg+xml;base64,${Buffer.from(svg).toString('base64')}"></div>${
    isBeside ? html`<p><a href="${link.path}">${link.text}</a></p>` : NOTHING
  }`;
}
