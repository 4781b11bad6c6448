import { createHash } from 'node:crypto';
import type { BenchResult } from './bench-result.js';
import { footer, measuredText, noteLines, publishedText } from './bench-text.js';
import { printable } from './printable.js';

const STYLE = `
:root { color-scheme: light dark; --ink: #1c2024; --dim: #60646c; --line: #d9dbe0; --page: #fff; --band: #f5f6f8; }
@media (prefers-color-scheme: dark) { :root { --ink: #edeef0; --dim: #a0a4ab; --line: #363a3f; --page: #121314; --band: #1b1d1f; } }
body { margin: 2rem auto; max-width: 72rem; padding: 0 1rem; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h2 { margin: 2.5rem 0 .25rem; font-size: 1.15rem; }
p { margin: 0; color: var(--dim); }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; min-width: 40rem; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: right; padding: .45rem .75rem; border-bottom: 1px solid var(--line); vertical-align: top; }
th { font-weight: 600; background: var(--band); }
th:first-child, td:first-child { text-align: left; }
small { display: block; color: var(--dim); }
ul { color: var(--dim); padding-left: 1.2rem; }
@media print { body { margin: 0; max-width: none; } .wide { overflow: visible; } }
`;

/** Tables as one page without scripts; everything that is not ours is escaped. */
export function renderBenchHtml(results: readonly BenchResult[]): string {
  const hash = createHash('sha256').update(STYLE).digest('base64');
  const title = results.length === 1 ? `gwrk bench ${results[0]!.name}` : 'gwrk bench';
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-${hash}'">
<title>${escaped(title)}</title><style>${STYLE}</style></head><body>
<h1>${escaped(title)}</h1><p>Measured here; below each figure, small, as published.</p>
${results.map(section).join('\n')}
</body></html>
`;
}

function section(result: BenchResult): string {
  const head = result.columns.map((column) => `<th>${escaped(column)}</th>`).join('');
  const rows = result.rows.map(({ label, cells }) => {
    const figures = cells.map((cell) => {
      const published = publishedText(cell);
      return `<td>${escaped(measuredText(cell))}${published === '' ? '' : `<small>${escaped(published)}</small>`}</td>`;
    });
    return `<tr><td>${escaped(label)}</td>${figures.join('')}</tr>`;
  });
  const notes = noteLines(result).map((line) => `<li>${escaped(line)}</li>`);
  return `<section id="${escaped(result.name)}"><h2>${escaped(result.title)}</h2>
${result.how.map((line) => `<p>${escaped(line)}</p>`).join('\n')}
<div class="wide"><table><thead><tr>${head}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table></div>
${notes.length > 0 ? `<ul>${notes.join('')}</ul>` : ''}
<p>${escaped(footer(result))}</p></section>`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return printable(text, 400).replace(/[&<>"']/gu, (character) => ENTITIES[character]!);
}
