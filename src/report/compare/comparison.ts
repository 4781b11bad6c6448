import { GwrkError } from '../../core/errors.js';
import { median } from '../../statistics/median.js';
import { printable } from '../printable.js';
import type { Report } from '../report.js';
import { type Change, changeOf } from './change.js';
import { allFigures, defaultFigures, type Figure, figuresAsked, namesOf, type Unit, type Within } from './figures.js';
import { objections, refuse, unfitness } from './fitness.js';
import type { RunSet } from './run-set.js';

/** Several sets of runs beside one another: what `gwrk compare` shows, and what --json writes. */
export interface Comparison {
  readonly schema: 'gwrk/comparison/1';
  readonly scenario: string;
  readonly hash: string;
  /** The first one is what all others are compared with. At least two. */
  readonly sides: readonly ComparedSide[];
  readonly rows: readonly ComparisonRow[];
  /** What speaks against the comparison; only --force lets one be made with any. */
  readonly objections: readonly string[];
}

export interface ComparedSide {
  readonly path: string;
  readonly runs: number;
  /** Of the first and of the last run. */
  readonly startedAt: readonly [first: string, last: string];
  /** Of the server under test, where it was recorded; null where it was not. */
  readonly commit: string | null;
  readonly gwrk: string;
  readonly node: string;
  readonly system: string;
  readonly cpu: string;
  readonly cores: number | null;
  readonly clients: number;
  /** ok, or why a run of it is no measurement. */
  readonly generator: string;
}

export interface ComparisonRow {
  readonly id: string;
  readonly title: string;
  readonly unit: Unit;
  /** Whether a larger value is a worse one. */
  readonly more: Figure['more'];
  /** One a side. */
  readonly cells: readonly Cell[];
  /** One for each side but the first, against the first; null where a side has no value. */
  readonly changes: readonly (Change | null)[];
}

export interface Cell {
  /** One a run that has the figure, in the order of the runs. */
  readonly values: readonly number[];
  readonly median: number | null;
  /** Of a percentile of a single run: its interval within that run. */
  readonly within?: Within;
  /** Why there is none. */
  readonly missing?: string;
}

export interface ComparisonOptions {
  /** Every metric instead of those that matter most. */
  readonly all?: boolean;
  /** Only these. */
  readonly metrics?: readonly string[];
  /** Compare what is not comparable, and say so. */
  readonly force?: boolean;
}

/** Puts sets of runs side by side. Pure. Throws GWRK_NOT_COMPARABLE, and GWRK_USAGE for a metric that no run has. */
export function buildComparison(sets: readonly RunSet[], options: ComparisonOptions = {}): Comparison {
  const against = objections(sets);
  if (against.length > 0 && !options.force) refuse(against);
  const reports = sets.flatMap(({ runs }) => runs.map(({ report }) => report));
  const first = reports[0]!;
  return {
    schema: 'gwrk/comparison/1',
    scenario: first.scenario,
    hash: first.hash,
    sides: sets.map(sideOf),
    rows: figuresFor(reports, options).map((figure) => rowOf(figure, sets)),
    objections: against,
  };
}

function figuresFor(reports: readonly Report[], { all, metrics = [] }: ComparisonOptions): Figure[] {
  if (metrics.length === 0) return all ? allFigures(reports) : defaultFigures(reports);
  return metrics.flatMap((text) => {
    const figures = figuresAsked(text, reports);
    if (figures) return figures;
    const names = namesOf(reports);
    throw new GwrkError('GWRK_USAGE', 'no run has this metric', {
      where: '--metric',
      given: printable(text),
      allowed: `${names.map((name) => printable(name, 60)).join(', ')}; of a trend also one figure: 'ws_msg_rtt p(95)'`,
    });
  });
}

function rowOf(figure: Figure, sets: readonly RunSet[]): ComparisonRow {
  const { id, title, unit, more } = figure;
  const cells = sets.map(({ runs }) =>
    cellOf(
      figure,
      runs.map(({ report }) => report),
    ),
  );
  const [before, ...rest] = cells;
  return { id, title, unit, more, cells, changes: rest.map((after) => changeOf(before!.values, after.values)) };
}

function cellOf(figure: Figure, reports: readonly Report[]): Cell {
  const readings = reports.map((report) => figure.read(report));
  const values = readings.flatMap((reading) => ('value' in reading ? [reading.value] : []));
  if (values.length > 0) {
    const within = reports.length === 1 ? figure.within?.(reports[0]!) : undefined;
    return { values, median: median(values), ...(within && { within }) };
  }
  const reason = readings.find((reading) => 'missing' in reading);
  return { values, median: null, missing: reason && 'missing' in reason ? reason.missing : 'none' };
}

function sideOf({ path, runs }: RunSet): ComparedSide {
  const reports = runs.map(({ report }) => report);
  const first = reports[0]!;
  const fact = (name: string): string => String(first.environment[name] ?? 'unknown');
  const started = reports.map(({ startedAt }) => startedAt).sort();
  const commit = first.environment.commit ?? first.tags?.commit;
  const limited = reports.map(unfitness).find((reason) => reason !== undefined);
  return {
    path,
    runs: runs.length,
    startedAt: [started[0]!, started.at(-1)!],
    commit: commit === undefined ? null : String(commit),
    gwrk: fact('gwrk'),
    node: fact('node'),
    system: fact('system'),
    cpu: fact('cpu'),
    cores: typeof first.environment.cores === 'number' ? first.environment.cores : null,
    clients: first.clients.planned,
    generator: limited ?? 'ok',
  };
}
