import { formatError, type GwrkError } from '../core/errors.js';

/** Reported at most; a file with more is told how many there are. */
export const MAX_PROBLEMS = 100;

/** Everything that is wrong with a scenario, in the order of the file. Nothing was started. */
export class ScenarioProblems extends Error {
  override readonly name = 'ScenarioProblems';
  readonly problems: readonly GwrkError[];
  readonly exitCode: number;

  /** `problems` is not empty. */
  constructor(problems: readonly GwrkError[]) {
    const shown = problems.slice(0, MAX_PROBLEMS);
    const more = problems.length - shown.length;
    super([...shown.map(formatError), ...(more > 0 ? [`and ${more} more problems`] : [])].join('\n'));
    this.problems = shown;
    this.exitCode = problems[0]!.exitCode;
  }
}

/** A value as the user gave it, short enough for a line. */
export function showValue(value: unknown): string {
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
