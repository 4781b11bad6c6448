import { join } from 'node:path';
import { EXIT } from '../core/exit-codes.js';
import { figureOf } from '../gate/figure-of-run.js';
import { renderGateJunit } from '../gate/gate-junit.js';
import { renderGateMarkdown } from '../gate/gate-markdown.js';
import type { GateMetric } from '../gate/gate-metric.js';
import type { GateRecord } from '../gate/gate-record.js';
import { renderGateTerminal } from '../gate/gate-terminal.js';
import type { Slot } from '../gate/order.js';
import type { FinishedRun, SeriesRun } from '../gate/series.js';
import { figureText } from '../gate/wording.js';
import { writeOutput } from '../report/write.js';
import { reasonLine } from './failure.js';
import { type PipelineSubject, tellPipeline } from './pipeline.js';
import type { PipelineFlags } from './pipeline-flags.js';

export interface GateOutputFlags extends PipelineFlags {
  readonly json?: string;
  readonly markdown?: string;
  readonly junit?: string;
  readonly quiet?: boolean;
  readonly color: boolean;
}

const RENDERINGS: readonly (readonly ['json' | 'markdown' | 'junit', string, (gate: GateRecord) => string])[] = [
  ['json', 'gate.json', (gate) => `${JSON.stringify(gate, null, 1)}\n`],
  ['markdown', 'summary.md', renderGateMarkdown],
  ['junit', 'junit.xml', renderGateJunit],
];

/** Writes the record of a series with everything that is made of it, shows it, and returns its exit code. */
export async function finishGate(
  gate: GateRecord,
  { directory, flags, subject }: { readonly directory: string; readonly flags: GateOutputFlags; readonly subject?: PipelineSubject },
): Promise<number> {
  for (const [, file, render] of RENDERINGS) await writeOutput(join(directory, file), render(gate));
  const usesStdout = RENDERINGS.some(([flag]) => flags[flag] === '-');
  const stream = usesStdout ? process.stderr : process.stdout;
  if (!flags.quiet) {
    stream.write(renderGateTerminal(gate, flags.color && stream.isTTY === true && !process.env.NO_COLOR));
    process.stderr.write(`results: ${directory}\n`);
  }
  for (const [flag, , render] of RENDERINGS) {
    const path = flags[flag];
    if (path === '-') process.stdout.write(render(gate));
    else if (path !== undefined) await writeOutput(path, render(gate));
  }
  await tellPipeline({ gate, directory, flags, ...(subject && { subject }) });
  if (!flags.quiet || gate.exitCode !== EXIT.passed) process.stderr.write(reasonLine(gate.exitCode, gate.reason));
  return gate.exitCode;
}

/** "b 3/10: ws_msg_rtt p(99) 4.2 ms", or why it does not count. */
export function tellRun(run: SeriesRun, isRepeated: boolean, slots: readonly Slot[], metrics: readonly GateMetric[]): string {
  const place = `${run.side} ${run.number}/${slots.reduce((most, { number }) => Math.max(most, number), 0)}`;
  if (run.refused !== undefined) return `${place}: not counted (${run.refused})${isRepeated ? ', it is run again' : ''}`;
  const values = metrics.flatMap((metric) => {
    const { value } = figureOf(run.report, metric);
    return value === undefined ? [] : [`${metric.name} ${figureText(value)} ms`];
  });
  return `${place}: ${values.join(', ') || run.report.reason}`;
}

/** One run could not even begin: its own words say why, and its exit code is ours. */
export function seriesFailed({ exitCode, reason }: FinishedRun, directory: string): number {
  const code = exitCode === EXIT.passed ? EXIT.failed : exitCode;
  process.stderr.write(
    `${reason}\nresults so far: ${directory}\n${reasonLine(code, `a run could not be run: ${reason.split('\n').at(-1) ?? ''}`)}`,
  );
  return code;
}
