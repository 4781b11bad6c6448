import { printable } from '../printable.js';
import { formatBytes, formatCount, formatFigure, formatMs, formatPercent, formatRate } from '../quantity.js';
import { ALPHA, type Change, CONFIDENCE } from './change.js';
import type { Cell, ComparedSide, Comparison, ComparisonRow } from './comparison.js';
import type { Unit } from './figures.js';

/** The parts of a comparison as text, the same in every rendering. */

const FORMATS: Readonly<Record<Unit, (value: number) => string>> = {
  ms: formatMs,
  bytes: formatBytes,
  seconds: (value) => `${formatFigure(value)} s`,
  count: formatCount,
  perSecond: formatRate,
  bytesPerSecond: (value) => `${formatBytes(value)}/s`,
  perMinute: (value) => `${value === 0 ? '0' : formatFigure(value)}/min`,
  share: formatPercent,
};

/** "68.2 ms", of several runs "68.2 ms (64.1 to 71.9)", of one run "68.2 ms [67.9 to 68.6]" where known, or why there is none. */
export function cellText(cell: Cell, unit: Unit): string {
  if (cell.median === null) return cell.missing?.startsWith('n/a') ? cell.missing : '–';
  const format = FORMATS[unit];
  const text = format(cell.median);
  const suffix = suffixOf(text);
  const span = (from: number, to: number): string => {
    const [low, high] = [from, to].map((value) => {
      const full = format(value);
      return suffix !== '' && suffixOf(full) === suffix ? full.slice(0, -suffix.length) : full;
    });
    return low === high ? '' : `${low} to ${high}`;
  };
  const { within } = cell;
  const inside = within ? span(within.low, within.high) : '';
  if (inside !== '') return `${text} [${inside}]`;
  const range = cell.values.length < 2 ? '' : span(Math.min(...cell.values), Math.max(...cell.values));
  return range === '' ? text : `${text} (${range})`;
}

/** The unit behind the number, with its blank. */
const suffixOf = (text: string): string => /[^\d.,]*$/u.exec(text)![0];

export type Tone = 'good' | 'bad' | 'neutral';

export interface ChangeText {
  readonly text: string;
  readonly tone: Tone;
}

/**
 * "▲ +12.4 %" where the change is more than chance, "n.s. (+0.8 %)" where it is not, "(+0.8 %)" where nobody can tell, and a dash
 * where a side has no value.
 */
export function changeText(change: Change | null, { more, unit }: Pick<ComparisonRow, 'more' | 'unit'>): ChangeText {
  if (change === null) return { text: '–', tone: 'neutral' };
  const size = change.ratio === null ? differenceText(change.difference, unit) : percentText(change.ratio);
  if (change.verdict === 'untold') return { text: `(${size})`, tone: 'neutral' };
  if (change.verdict === 'unchanged') return { text: `n.s. (${size})`, tone: 'neutral' };
  const isMore = change.ratio === null ? change.difference > 0 : change.ratio > 1;
  const tone: Tone = more === 'neither' ? 'neutral' : isMore === (more === 'worse') ? 'bad' : 'good';
  return { text: `${isMore ? '▲' : '▼'} ${size}`, tone };
}

/** 1.124 -> "+12.4 %". */
export function percentText(ratio: number): string {
  const percent = (ratio - 1) * 100;
  const size = Math.abs(percent);
  if (size < 0.05) return '±0 %';
  return `${percent > 0 ? '+' : '−'}${size < 99.95 ? size.toFixed(1) : Math.round(size).toLocaleString('en')} %`;
}

function differenceText(difference: number, unit: Unit): string {
  const text = FORMATS[unit](Math.abs(difference));
  return difference === 0 ? '±0' : `${difference > 0 ? '+' : '−'}${text}`;
}

/** "+8.1 % to +16.9 %"; a dash without one. */
export function intervalText(change: Change | null): string {
  return change === null || change.low === null || change.high === null ? '–' : `${percentText(change.low)} to ${percentText(change.high)}`;
}

/** A chance with as many digits as matter beside 0.01; a dash without one. */
export function pText(change: Change | null): string {
  const p = change?.p ?? null;
  return p === null ? '–' : p < 0.0001 ? '<0.0001' : p.toFixed(p < 0.1 ? 4 : 2);
}

/** True when runs were repeated often enough that something can be told, so that p and interval have something to say. */
export function tellsAnything({ rows }: Comparison): boolean {
  return rows.some(({ changes }) => changes.some((change) => change !== null && change.p !== null));
}

/** How the sides are called at the heads of columns: before and after, or A, B, C, ... */
export function sideNames({ sides }: Comparison): string[] {
  if (sides.length === 2) return ['before', 'after'];
  return sides.map((_, index) => (index < 26 ? String.fromCharCode(65 + index) : `#${index + 1}`));
}

/** Heads of the table; `withP`: interval and p beside each change. */
export function headsOf(comparison: Comparison, withP: boolean): string[] {
  const [first, ...rest] = sideNames(comparison);
  const change = (name: string): string => (rest.length === 1 ? 'change' : `${name} against ${first}`);
  return ['metric', first!, ...rest.flatMap((name) => [name, change(name), ...(withP ? [`${CONFIDENCE * 100} % interval`, 'p'] : [])])];
}

export interface CellText {
  readonly text: string;
  readonly tone?: Tone;
}

/** One row of texts, as many as there are heads. */
export function rowTexts(row: ComparisonRow, withP: boolean): CellText[] {
  const [before, ...rest] = row.cells;
  return [
    { text: printable(row.title, 80) },
    { text: cellText(before!, row.unit) },
    ...rest.flatMap((cell, index): CellText[] => {
      const change = row.changes[index] ?? null;
      return [
        { text: cellText(cell, row.unit) },
        changeText(change, row),
        ...(withP ? [{ text: intervalText(change) }, { text: pText(change) }] : []),
      ];
    }),
  ];
}

/** What stands below the table: what was compared with what, on what, and how to read the changes. */
export function factsOf(comparison: Comparison): (readonly [label: string, text: string])[] {
  const { sides, scenario, hash } = comparison;
  const names = sideNames(comparison);
  const each = (label: string, of: (side: ComparedSide) => string): (readonly [string, string])[] => {
    const texts = sides.map((side) => printable(of(side), 160));
    return texts.every((text) => text === texts[0])
      ? [[label, texts[0]!]]
      : texts.map((text, index) => [index === 0 ? label : '', `${names[index]}: ${text}`] as const);
  };
  return [
    ...sides.map((side, index) => [names[index]!, `${printable(side.path, 160)}, ${runsText(side)}`] as const),
    ['scenario', `${printable(scenario, 80)}, hash ${printable(hash.slice(0, 12))}`],
    ...each('commit', ({ commit }) => commit ?? 'not recorded (gwrk run --tag commit=...)'),
    ...each('clients', ({ clients }) => formatCount(clients)),
    ...each('Node', ({ node }) => node),
    ...each('machine', ({ system, cpu, cores }) => `${system}, ${cpu}${cores === null ? '' : `, ${cores} cores`}`),
    ...each('generator', ({ generator }) => generator),
    ...missingFacts(comparison, names),
    ...comparison.objections.map((text, index) => [index === 0 ? 'forced' : '', text] as const),
    ...(hasWithin(comparison)
      ? [['[ ]', 'the 95 % interval of that percentile within its one run; runs differ by more than that'] as const]
      : []),
    ['changes', legend(comparison)],
  ];
}

const hasWithin = ({ rows }: Comparison): boolean => rows.some(({ cells }) => cells.some(({ within }) => within !== undefined));

/** Why a figure has a dash. */
function missingFacts({ rows }: Comparison, names: readonly string[]): (readonly [string, string])[] {
  // "before and after: the reason" -> the figures; sides that lack the same for the same reason share a line.
  const titlesOf = new Map<string, string[]>();
  for (const { title, cells } of rows) {
    const sidesOf = new Map<string, string[]>();
    cells.forEach(({ median, missing }, index) => {
      if (median !== null || missing === undefined || missing.startsWith('n/a')) return;
      sidesOf.set(missing, [...(sidesOf.get(missing) ?? []), names[index]!]);
    });
    for (const [missing, sides] of sidesOf) {
      const text = `${sides.join(' and ')}: ${printable(missing)}`;
      titlesOf.set(text, [...(titlesOf.get(text) ?? []), printable(title, 60)]);
    }
  }
  return [...titlesOf].map(([text, titles], index) => [index === 0 ? 'missing' : '', `${titles.join(', ')} of ${text}`] as const);
}

function runsText({ runs, startedAt }: ComparedSide): string {
  const [first, last] = startedAt.map((time) => printable(time, 40));
  return runs === 1 ? `1 run, ${first}` : `${runs} runs, ${first} to ${last}`;
}

function legend(comparison: Comparison): string {
  if (!tellsAnything(comparison))
    return 'in brackets: with so few runs nobody can tell a change from chance; 5 runs a side can (gwrk ab, gwrk run --repeat)';
  return (
    `medians and ranges over runs; an arrow where the U test has p < ${ALPHA}, else n.s. (not significant); in brackets where runs ` +
    'are too few to tell. Each row is tested by itself: of a hundred rows without a change one gets an arrow'
  );
}

/** A forced comparison says so first. */
export function warningOf({ objections }: Comparison): string | undefined {
  return objections.length === 0
    ? undefined
    : 'Compared by --force: what speaks against it stands below, and what changed here may not be the doing of the server.';
}
