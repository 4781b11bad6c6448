import { literal, table } from '../report/markdown-text.js';
import type { GateRecord } from './gate-record.js';
import { metricHeads, metricRows, runRows } from './gate-rows.js';
import { runsText } from './wording.js';

/** summary.md of a series: the verdict first, the table, and each run folded away. Also what a pipeline shows. */
export function renderGateMarkdown(gate: GateRecord): string {
  const { before, after, rules, environment } = gate;
  const parts = [`### gwrk gate: ${gate.verdict.toUpperCase()} (${literal(gate.reason)})`];
  parts.push(
    table(
      metricHeads(gate),
      metricRows(gate).map((row) => row.map((cell, column) => (column === 6 && cell === 'regression' ? '**regression**' : cell))),
      1,
      ['**regression**'],
    ),
  );
  if (gate.thresholds.length > 0)
    parts.push(
      table(
        ['threshold', 'failed in', 'verdict'],
        gate.thresholds.map(({ metric, expression, level, failedIn, runs, verdict }) => [
          `${metric} ${expression}${level === 'warn' ? ' (warn)' : ''}`,
          `${failedIn} of ${runs} runs`,
          verdict,
        ]),
        1,
      ),
    );
  if (gate.findings.length > 0) parts.push(gate.findings.map((finding) => `- ${literal(finding)}`).join('\n'));
  const sides = [
    ...(before ? [`Before: ${literal(before.label)} (${runsText(before.runs)}).`] : []),
    `After: ${literal(after.label)} (${runsText(after.runs)}).`,
  ];
  parts.push(sides.join(' '));
  const machine = ['node', 'cores', 'cpu', 'system'].flatMap((key) =>
    environment[key] === undefined ? [] : [`${key} ${environment[key]}`],
  );
  parts.push(
    `${literal(gate.design)}. ${literal(machine.join(', '))}. Scenario ${literal(gate.scenario)} ${literal(gate.hash.slice(0, 12))}, seed ${gate.seed}. ` +
      `Rules: alpha ${rules.alpha} after Holm, ${Math.round(rules.maxChange * 1000) / 10} % and ${rules.floorMs} ms.`,
  );
  const { heads, rows } = runRows(gate);
  parts.push(`<details><summary>Every run</summary>\n\n${table(heads, rows, 1)}\n\n</details>`);
  return `${parts.join('\n\n')}\n`;
}
