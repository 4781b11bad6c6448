import { GwrkError } from '../../core/errors.js';
import { type ChangePoint, type ChangePointOptions, changePoints } from '../../statistics/e-divisive.js';
import { permutationP } from '../../statistics/permutation-test.js';
import { printable } from '../printable.js';
import type { HistoryEntry } from './history.js';

/** What `gwrk trend` finds in a history. */
export interface Trend {
  readonly schema: 'gwrk/trend/1';
  readonly entries: number;
  readonly rules: Required<ChangePointOptions>;
  /** Of the shuffled orders. */
  readonly seed: number;
  readonly series: readonly TrendSeries[];
}

/** The values of one metric of one scenario, oldest first. */
export interface TrendSeries {
  readonly scenario: string;
  readonly hash: string;
  readonly metric: string;
  readonly values: readonly number[];
  readonly from: string;
  readonly until: string;
  readonly changes: readonly TrendChange[];
}

export interface TrendChange extends ChangePoint {
  /** Of the first value after the change. */
  readonly at: string;
  readonly commit: string | null;
  /** The last commit before it. */
  readonly commitBefore: string | null;
  /** How often a shuffled order of the same values has as clear a split: pays for having looked for the best one. */
  readonly shuffledP: number;
  /** In what the machine differs between the value before the change and the one after it. */
  readonly machine: readonly string[];
}

export interface TrendOptions extends ChangePointOptions {
  readonly metrics?: readonly string[];
  readonly scenario?: string;
  readonly seed?: number;
}

/** Facts that move figures by themselves. */
const MACHINE = ['node', 'system', 'arch', 'cpu', 'cores', 'gwrk'] as const;

/**
 * Looks for changes in every series of a history, oldest entry first. Pure. Throws GWRK_USAGE for a metric or scenario that the
 * history does not have.
 */
export function findTrend(entries: readonly HistoryEntry[], options: TrendOptions = {}): Trend {
  const { window = 50, maxP = 0.001, minMagnitude = 0.05, seed = 1 } = options;
  const rules = { window, maxP, minMagnitude };
  const chosen = entriesOf(entries, options.scenario);
  const series = [...groups(chosen, metricsOf(chosen, options.metrics)).values()];
  return {
    schema: 'gwrk/trend/1',
    entries: chosen.length,
    rules,
    seed,
    series: series.map((group) => seriesOf(group, rules, seed)),
  };
}

/** The entries of one scenario, or all. */
export function entriesOf(entries: readonly HistoryEntry[], scenario: string | undefined): readonly HistoryEntry[] {
  if (scenario === undefined) return entries;
  const found = entries.filter((entry) => entry.scenario === scenario);
  if (found.length > 0) return found;
  const known = [...new Set(entries.map((entry) => printable(entry.scenario, 60)))];
  throw new GwrkError('GWRK_USAGE', 'the history has no such scenario', {
    where: '--scenario',
    given: printable(scenario),
    allowed: known.slice(0, 50).join(', ') || 'nothing: the history is empty',
  });
}

/** The metrics to look at: those that were asked for, or all that any entry has. */
export function metricsOf(entries: readonly HistoryEntry[], asked: readonly string[] = []): string[] {
  const known = new Set(entries.flatMap(({ metrics }) => Object.keys(metrics)));
  const unknown = asked.find((name) => !known.has(name));
  if (unknown !== undefined)
    throw new GwrkError('GWRK_USAGE', 'the history has no such metric', {
      where: '--metric',
      given: printable(unknown),
      allowed:
        [...known]
          .slice(0, 100)
          .map((name) => printable(name, 60))
          .join(', ') || 'nothing: the history is empty',
    });
  return asked.length > 0 ? [...asked] : [...known];
}

interface Group {
  readonly scenario: string;
  readonly hash: string;
  readonly metric: string;
  readonly entries: HistoryEntry[];
}

function groups(entries: readonly HistoryEntry[], metrics: readonly string[]): Map<string, Group> {
  const found = new Map<string, Group>();
  for (const entry of entries)
    for (const metric of metrics) {
      if (!Object.hasOwn(entry.metrics, metric)) continue;
      const key = JSON.stringify([entry.scenario, entry.hash, metric]);
      const group = found.get(key);
      if (group) group.entries.push(entry);
      else found.set(key, { scenario: entry.scenario, hash: entry.hash, metric, entries: [entry] });
    }
  return found;
}

function seriesOf({ scenario, hash, metric, entries }: Group, rules: Required<ChangePointOptions>, seed: number): TrendSeries {
  const values = entries.map(({ metrics }) => metrics[metric]!);
  const points = changePoints(values, rules);
  return {
    scenario,
    hash,
    metric,
    values,
    from: entries[0]!.at,
    until: entries.at(-1)!.at,
    changes: points.map((point, index) => {
      const [last, first] = [entries[point.index - 1]!, entries[point.index]!];
      // No further than the search itself looks at once: a thousand values would take minutes.
      const from = Math.max(points[index - 1]?.index ?? 0, point.index - rules.window);
      const to = Math.min(points[index + 1]?.index ?? values.length, point.index + rules.window);
      return {
        ...point,
        at: first.at,
        commit: first.commit ?? null,
        commitBefore: last.commit ?? null,
        shuffledP: permutationP(values, from, to, seed),
        machine: machineChanges(last, first),
      };
    }),
  };
}

function machineChanges(before: HistoryEntry, after: HistoryEntry): string[] {
  const fact = (entry: HistoryEntry, name: string): string => String(entry.environment?.[name] ?? 'unknown');
  return MACHINE.filter((name) => fact(before, name) !== fact(after, name)).map(
    (name) => `${name} ${printable(fact(before, name), 60)} to ${printable(fact(after, name), 60)}`,
  );
}
