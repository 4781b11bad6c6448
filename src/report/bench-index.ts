import type { BenchResult } from './bench-result.js';
import { footer } from './bench-text.js';
import { printable } from './printable.js';

/** A table in the index of a directory, with the pages that lie beside it (paths from that directory). */
export interface IndexedBench {
  readonly result: BenchResult;
  readonly pages: readonly string[];
}

const cell = (text: string): string => printable(text, 400).replace(/[|\\`*_<>[\]]/gu, '\\$&');

/** The README.md of a directory of tables: what each one is, its files, and how to measure it again. */
export function renderBenchIndex(tables: readonly IndexedBench[]): string {
  const lines = [
    '# Tables of gwrk bench',
    '',
    'Each table is measured on one machine and has the published figures of the article beside its own. [index.html](index.html) shows all of them on one page.',
    '',
    '| table | what is compared | files |',
    '|:--|:--|:--|',
    ...tables.map(({ result: { name, title }, pages }) => {
      const files = ['md', 'html', 'json'].map((form) => `[${form}](${name}.${form})`);
      const beside = pages.map((page) => `[${cell(nameOf(page))}](${encodeURI(page)})`);
      return `| [${cell(name)}](#${name}) | ${cell(title)} | ${[...files, ...beside].join(' · ')} |`;
    }),
    '',
    'To measure all of them again: `gwrk bench all --out DIR`, with nothing else running on the machine.',
    ...tables.flatMap(({ result }) => section(result)),
  ];
  return `${lines.join('\n')}\n`;
}

function section(result: BenchResult): string[] {
  return [
    '',
    `## ${cell(result.name)}`,
    '',
    ...result.how.map((line) => `${cell(line)}  `),
    '',
    '```sh',
    commandOf(result),
    '```',
    '',
    ...(result.small ? ['Measured at small size: the figures are worth nothing.', ''] : []),
    cell(footer(result)),
    '',
    `Machine: ${Object.entries(result.environment)
      .map(([name, value]) => cell(`${name} ${value}`))
      .join('; ')}.`,
  ];
}

/** The command line that measures the table again; what was given beside the usual flags is in `options`. */
function commandOf({ name, repetitions, seed, small, options = [] }: BenchResult): string {
  const words = ['gwrk', 'bench', name, '--repetitions', repetitions, '--seed', seed, ...(small ? ['--small'] : []), ...options];
  return printable(words.join(' '), 200).replaceAll('`', '');
}

/** "million/flame-ws/index.html" is "flame-ws". */
function nameOf(page: string): string {
  return page.split('/').at(-2) ?? page;
}
