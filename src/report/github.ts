import { printable } from './printable.js';

/** What stands beside a line of a file in a pull request. */
export interface Annotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly title: string;
  readonly message: string;
  readonly file?: string;
  /** From 1. */
  readonly line?: number;
}

/** GitHub shows ten of a kind for a step; the rest would be dropped without a word. */
const MOST_ANNOTATIONS = 10;
/** GitHub takes 1 MiB for a step and drops what is larger as a whole. */
const MOST_SUMMARY_BYTES = 1_000_000;

/** The workflow commands of annotations, one a line: at most ten of each level, the last of which says how many are missing. */
export function renderAnnotations(annotations: readonly Annotation[]): string {
  const lines: string[] = [];
  for (const level of ['error', 'warning', 'notice'] as const) {
    const ofLevel = annotations.filter((annotation) => annotation.level === level);
    const shown = ofLevel.length > MOST_ANNOTATIONS ? ofLevel.slice(0, MOST_ANNOTATIONS - 1) : ofLevel;
    lines.push(...shown.map(command));
    if (shown.length < ofLevel.length)
      lines.push(command({ level, title: 'gwrk', message: `${ofLevel.length - shown.length} more, see the summary` }));
  }
  return lines.map((line) => `${line}\n`).join('');
}

function command({ level, title, message, file, line }: Annotation): string {
  const properties = [
    `title=${property(title)}`,
    ...(file === undefined ? [] : [`file=${property(file)}`]),
    ...(file === undefined || line === undefined ? [] : [`line=${line}`]),
  ];
  // Line breaks of ours stay: as %0A they are shown as breaks. Everything else of a stranger is made harmless first.
  const text = message.split('\n').map((part) => printable(part, 1000));
  return `::${level} ${properties.join(',')}::${data(text.join('\n'))}`;
}

/** A message as the runner reads it back; without this a text could begin a command of its own. */
function data(text: string): string {
  return text.replace(/%/g, '%25').replace(/\r/g, '%0D').replace(/\n/g, '%0A');
}

function property(text: string): string {
  return data(printable(text, 300)).replace(/:/g, '%3A').replace(/,/g, '%2C');
}

/** Lines for $GITHUB_OUTPUT: values are one line, so that none can bring an output of its own. */
export function renderOutputs(outputs: Readonly<Record<string, string>>): string {
  return Object.entries(outputs)
    .map(([name, value]) => `${name}=${printable(value, 4000)}\n`)
    .join('');
}

/** Markdown for $GITHUB_STEP_SUMMARY, cut at a line where it would be too long to be shown at all. */
export function stepSummary(markdown: string, alreadyBytes = 0): string {
  const room = MOST_SUMMARY_BYTES - alreadyBytes;
  if (Buffer.byteLength(markdown) < room) return markdown;
  const note = '\n\nThe rest is in the uploaded results: a summary has at most 1 MB.\n';
  let text = '';
  let bytes = Buffer.byteLength(note);
  for (const line of markdown.split('\n')) {
    bytes += Buffer.byteLength(line) + 1;
    if (bytes >= room) break;
    text += `${line}\n`;
  }
  return bytes - Buffer.byteLength(note) > 0 && text !== '' ? text + note : '';
}
