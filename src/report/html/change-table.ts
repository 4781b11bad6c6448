import type { Cell, Comparison, ComparisonRow } from '../compare/comparison.js';
import { cellText, changeText, factsOf, headsOf, intervalText, rowTexts, tellsAnything, warningOf } from '../compare/wording.js';
import { html, type Markup, NOTHING } from './markup.js';

/** Before, after and change as `gwrk compare` tells them. */
export function changeTable(comparison: Comparison): Markup {
  const withP = tellsAnything(comparison);
  const warning = warningOf(comparison);
  const [, ...heads] = headsOf(comparison, withP);
  const facts = factsOf(comparison).filter(([label]) => TOLD.has(label));
  return html`${warning === undefined ? NOTHING : html`<p class="footnote warn">${warning}</p>`}<div class="wide" tabindex="0" role="region" aria-label="Before and after"><table><thead><tr><th scope="col">metric</th>${heads.map(
    (head) => html`<th scope="col" class="number">${head}</th>`,
  )}</tr></thead><tbody>${comparison.rows.map((row) => tableRow(rowTexts(row, withP)))}</tbody></table></div>${facts.map(
    ([label, text]) => html`<p class="footnote">${label}: ${text}</p>`,
  )}`;
}

/** What of the facts is not on the page anyway. */
const TOLD = new Set(['before', 'changes', 'missing', 'forced']);

function tableRow([title, ...cells]: ReturnType<typeof rowTexts>): Markup {
  return html`<tr><th scope="row">${title!.text}</th>${cells.map(({ text, tone }) =>
    tone === undefined || tone === 'neutral' ? html`<td>${text}</td>` : html`<td class="${tone}">${text}</td>`,
  )}</tr>`;
}

const WIDTH = 560;
const LEFT = 70;
const RIGHT = 12;
const MOST_PLOTS = 8;

/** One plot a row of which both sides have values, when a side has several: a dot for each run. Nothing of runs that were not repeated. */
export function runPlots({ rows }: Comparison): Markup[] {
  return rows
    .filter(({ cells: [before, after] }) => before && after && Math.min(before.values.length, after.values.length) > 0)
    .filter(({ cells: [before, after] }) => before!.values.length + after!.values.length > 2)
    .filter(({ cells }) => new Set(cells.flatMap(({ values }) => values)).size > 1)
    .slice(0, MOST_PLOTS)
    .map(runPlot);
}

/** Each run as a dot, before above after, the median as a bar; above them what the test says of the change. */
function runPlot(row: ComparisonRow): Markup {
  const [before, after] = row.cells as readonly [Cell, Cell];
  const change = row.changes[0] ?? null;
  const { text, tone } = changeText(change, row);
  const values = [...before.values, ...after.values];
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const pad = (most - least || Math.abs(most) || 1) * 0.08;
  const x = (value: number): number =>
    Math.round((LEFT + ((value - least + pad) / (most - least + 2 * pad)) * (WIDTH - LEFT - RIGHT)) * 10) / 10;
  const told = (value: number): string => cellText({ values: [value], median: value }, row.unit);
  const side = (name: string, cell: Cell, y: number): Markup =>
    html`<text x="${LEFT - 10}" y="${y + 4}" text-anchor="end">${name}</text><line class="rule" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>${cell.values.map(
      (value, index) =>
        html`<circle class="${name}" cx="${x(value)}" cy="${y + (index % 2 === 0 ? -4 : 4)}" r="4.5"><title>${told(value)}</title></circle>`,
    )}<line class="median" x1="${x(cell.median!)}" x2="${x(cell.median!)}" y1="${y - 13}" y2="${y + 13}"/>`;
  const interval = change?.low == null ? '' : `, 90 % interval ${intervalText(change)}`;
  return html`<figure class="dots"><figcaption>${row.title} <span class="${tone}">${text}${interval}</span></figcaption><svg class="drawing" viewBox="0 0 ${WIDTH} 104" role="img" aria-label="${row.title}, one dot a run">${side('before', before, 24)}${side('after', after, 60)}<text x="${x(least)}" y="98" text-anchor="middle">${told(least)}</text>${most > least && html`<text x="${x(most)}" y="98" text-anchor="middle">${told(most)}</text>`}</svg></figure>`;
}
