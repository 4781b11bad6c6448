import type { Command } from 'commander';
import { GwrkError } from '../../src/core/errors.js';
import { parseChoice, parseCount } from '../option-values.js';
import { KERNEL_EVENTS_CHOICES, type KernelEventsChoice } from './kernel-event.js';

export interface AuditOptions {
  /** --audit with its limits; undefined without it. */
  readonly audit: { readonly path: string; readonly maxBytes: number; readonly maxFiles: number } | undefined;
  readonly kernelEvents: KernelEventsChoice;
}

export function addAuditFlags(command: Command): Command {
  return command
    .option('--audit <file>', 'append the audit log to this file (none by default)')
    .option('--audit-max-bytes <n>', 'the audit log goes on in a new file before it becomes larger', '128m')
    .option('--audit-files <n>', 'files of the audit log in all: FILE, FILE.1 and so on, the oldest removed', '8')
    .option('--kernel-events <source>', 'auto, bpftrace, tracefs or none (default: auto with --audit, else none)');
}

/** Throws GWRK_USAGE. `flags` are commander's. */
export function parseAuditOptions(flags: Readonly<Record<string, unknown>>): AuditOptions {
  const text = (name: string): string | undefined => flags[name] as string | undefined;
  const path = text('audit');
  if (path === '')
    throw new GwrkError('GWRK_USAGE', '--audit needs a file', { where: '--audit', given: '""', allowed: 'the path of a file' });
  const maxBytes = parseCount('--audit-max-bytes', text('auditMaxBytes')!, 65_536, 1_000_000_000_000);
  const maxFiles = parseCount('--audit-files', text('auditFiles')!, 1, 1_000);
  const kernelEvents = text('kernelEvents') ?? (path === undefined ? 'none' : 'auto');
  return {
    audit: path === undefined ? undefined : { path, maxBytes, maxFiles },
    kernelEvents: parseChoice('--kernel-events', kernelEvents, KERNEL_EVENTS_CHOICES),
  };
}
