import { EXIT } from '../core/exit-codes.js';
import type { Report } from '../report/report.js';
import { renderTerminal } from '../report/terminal.js';
import { reasonLine } from './failure.js';
import { type RenderingFlags, usesStdout } from './renderings.js';

export interface ShowFlags extends RenderingFlags {
  readonly color: boolean;
  readonly quiet?: boolean;
}

/** The summary on stdout, or on stderr when stdout belongs to a rendering. */
export function showSummary(report: Report, flags: ShowFlags): void {
  if (flags.quiet) return;
  const stream = usesStdout(flags) ? process.stderr : process.stdout;
  const color = flags.color && stream.isTTY === true && !process.env.NO_COLOR;
  stream.write(renderTerminal(report, { color, columns: stream.columns ?? 80 }));
}

/** Why the run ended as it did: the last line on stderr. */
export function showReason({ exitCode, reason }: Report, flags: ShowFlags): void {
  if (!flags.quiet || exitCode !== EXIT.passed) process.stderr.write(reasonLine(exitCode, reason));
}
