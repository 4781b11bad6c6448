import { literal, table } from '../markdown-text.js';
import type { Comparison } from './comparison.js';
import { factsOf, headsOf, rowTexts, tellsAnything, warningOf } from './wording.js';

/** The comparison as GitHub-flavoured Markdown: the table, its facts below. */
export function renderComparisonMarkdown(comparison: Comparison): string {
  const withP = tellsAnything(comparison);
  const warning = warningOf(comparison);
  const rows = comparison.rows.map((row) => rowTexts(row, withP).map(({ text }) => text));
  return `${[
    `### ${literal(comparison.scenario)}: before and after`,
    ...(warning === undefined ? [] : [`**${warning}**`]),
    table(headsOf(comparison, withP), rows, 1),
    factsOf(comparison)
      .map(([label, text]) => `- ${label === '' ? '' : `${literal(label)}: `}${literal(text)}`)
      .join('\n'),
  ].join('\n\n')}\n`;
}
