import { ERRORS, type ErrorCode } from './error-table.js';

export interface ErrorDetails {
  /** What the user gave, as written. */
  given?: string;
  /** What would have been accepted. */
  allowed?: string;
  /** Where: "file.yaml:12:7", a flag, a URL. */
  where?: string;
  /** Replaces the table's hint where a better one is known. */
  hint?: string;
  cause?: unknown;
}

/** An error that a user can act on: a stable code, an exit code and a hint. Callers match on `code`. */
export class GwrkError extends Error {
  override readonly name = 'GwrkError';
  readonly code: ErrorCode;
  readonly exitCode: number;
  readonly details: ErrorDetails;

  /** `summary` completes the table's message for this code; it is one sentence without a full stop. */
  constructor(code: ErrorCode, summary: string, details: ErrorDetails = {}) {
    super(summary, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.exitCode = ERRORS[code].exitCode;
    this.details = details;
  }

  get hint(): string {
    return this.details.hint ?? ERRORS[this.code].hint;
  }
}

/** One error as a person reads it: what, given, allowed, where, hint and code, one a line. */
export function formatError(error: GwrkError): string {
  const { where, given, allowed } = error.details;
  const lines = [`${where ? `${where}: ` : ''}${error.message}`];
  if (given !== undefined) lines.push(`  given:   ${given}`);
  if (allowed !== undefined) lines.push(`  allowed: ${allowed}`);
  if (error.hint) lines.push(`  hint:    ${error.hint}`);
  lines.push(`  code:    ${error.code}`);
  return lines.join('\n');
}
