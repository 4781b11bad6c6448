import { createHash } from 'node:crypto';
import { html, Markup, NOTHING } from '../html/markup.js';
import type { Comparison } from './comparison.js';
import { factsOf, headsOf, rowTexts, tellsAnything, warningOf } from './wording.js';

const STYLE = `
:root { color-scheme: light dark; --back: #f6f7f9; --card: #fff; --ink: #1b1f24; --soft: #56606b; --line: #dde1e6; --good: #17643f; --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --back: #111417; --card: #1a1e23; --ink: #e8eaed; --soft: #9aa4af; --line: #2c3238; --good: #4cc38a; --bad: #ff8a80; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1rem; max-width: 80rem; background: var(--back); color: var(--ink); font: 16px/1.45 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 1.4rem; overflow-wrap: anywhere; }
.warning { padding: .6rem 1rem; border-left: .3rem solid var(--bad); background: var(--card); }
.wide { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: .5rem; }
table { width: 100%; border-collapse: collapse; }
th, td { padding: .45rem .8rem; text-align: right; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child { text-align: left; white-space: normal; overflow-wrap: anywhere; min-width: 12rem; }
thead th { color: var(--soft); font-weight: 600; } tbody th { font-weight: 400; } tbody tr:last-child > * { border-bottom: 0; }
.good { color: var(--good); font-weight: 600; } .bad { color: var(--bad); font-weight: 600; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .25rem 1rem; font-size: .9rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 40rem) { th, td { padding: .35rem .5rem; white-space: normal; font-size: .85rem; } th:first-child { min-width: 7rem; } }
@media print { body { background: none; } .wide { border: 0; } }
`;

/** The comparison as one page that needs nothing else and runs nothing: no script, no address, its one style allowed by its hash. */
export function renderComparisonPage(comparison: Comparison): string {
  const withP = tellsAnything(comparison);
  const warning = warningOf(comparison);
  const title = `Comparison of ${comparison.scenario}`;
  const policy = `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; base-uri 'none'; form-action 'none'`;
  const page = html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<h1>${title}</h1>
${warning === undefined ? NOTHING : html`<p class="warning" role="note">${warning}</p>`}
<div class="wide" tabindex="0" role="region" aria-label="Before and after"><table>
<thead><tr>${headsOf(comparison, withP).map((head) => html`<th scope="col">${head}</th>`)}</tr></thead>
<tbody>
${comparison.rows.map((row) => tableRow(rowTexts(row, withP)))}</tbody>
</table></div>
<dl>${factsOf(comparison).map(([label, text]) => html`<dt>${label}</dt><dd>${text}</dd>`)}</dl>
</body>
</html>
`;
  return page.text;
}

function tableRow([title, ...cells]: ReturnType<typeof rowTexts>): Markup {
  const values = cells.map(({ text, tone }) =>
    tone === undefined || tone === 'neutral' ? html`<td>${unbroken(text)}</td>` : html`<td class="${tone}">${unbroken(text)}</td>`,
  );
  return html`<tr><th scope="row">${title!.text}</th>${values}</tr>\n`;
}

/** On a phone a value may break before its range or within it, but no number from its unit. */
function unbroken(text: string): string {
  return text.replace(/ (?![[(]|to )/gu, '\u00a0');
}
