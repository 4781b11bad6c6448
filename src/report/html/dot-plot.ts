import type { Unit } from './chart.js';
import { formatUnit } from './chart-svg.js';
import { html, type Markup } from './markup.js';

/** One metric of repeated runs: a dot for each run, and what its change amounts to. */
export interface RunDots {
  readonly metric: string;
  readonly unit: Unit;
  readonly before: readonly number[];
  readonly after: readonly number[];
  /** after / before with its interval; absent where it cannot be said. */
  readonly effect?: { readonly ratio: number; readonly low: number; readonly high: number; readonly confidence: number };
  /** "pass", "regression", "inconclusive: needs 14 runs". */
  readonly verdict?: string;
}

const WIDTH = 560;
const LEFT = 70;
const RIGHT = 12;

/** Each run as a dot, before above after, the median as a bar; below it the effect as the test gives it. */
export function dotPlot({ metric, unit, before, after, effect, verdict }: RunDots): Markup {
  const values = [...before, ...after].filter(Number.isFinite);
  if (values.length === 0) return html`<p class="footnote">${metric}: no run has a figure</p>`;
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const pad = (most - least || Math.abs(most) || 1) * 0.08;
  const x = (value: number): number =>
    Math.round((LEFT + ((value - least + pad) / (most - least + 2 * pad)) * (WIDTH - LEFT - RIGHT)) * 10) / 10;
  const row = (name: string, runs: readonly number[], y: number): Markup =>
    html`<text x="${LEFT - 10}" y="${y + 4}" text-anchor="end">${name}</text><line class="rule" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y}" y2="${y}"/>${runs
      .filter(Number.isFinite)
      .map(
        (value, index) =>
          html`<circle class="${name}" cx="${x(value)}" cy="${y + (index % 2 === 0 ? -4 : 4)}" r="4.5"><title>${formatUnit(value, unit)}</title></circle>`,
      )}${runs.length > 0 && html`<line class="median ${name}" x1="${x(median(runs))}" x2="${x(median(runs))}" y1="${y - 13}" y2="${y + 13}"/>`}`;
  return html`<figure class="dots"><figcaption>${metric}${effect && html` <span>${percent(effect.ratio)} (${Math.round(effect.confidence * 100)} % interval ${percent(effect.low)} to ${percent(effect.high)})</span>`}${verdict !== undefined && html` <em>${verdict}</em>`}</figcaption><svg class="drawing" viewBox="0 0 ${WIDTH} 104" role="img" aria-label="${metric}, one dot a run">${row('before', before, 24)}${row('after', after, 60)}<text x="${x(least)}" y="98" text-anchor="middle">${formatUnit(least, unit)}</text>${most > least && html`<text x="${x(most)}" y="98" text-anchor="middle">${formatUnit(most, unit)}</text>`}</svg></figure>`;
}

function median(values: readonly number[]): number {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

function percent(ratio: number): string {
  const change = (ratio - 1) * 100;
  return `${change < 0 ? '−' : '+'}${Math.abs(change).toFixed(1)} %`;
}
