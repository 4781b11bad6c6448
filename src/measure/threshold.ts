import { METRIC_TYPES, type MetricType } from './metric-types.js';
import type { MetricView } from './metric-view.js';
import { checkSelector, isSelectorProblem, parseSelector } from './selector.js';

/**
 * One rule on one metric, in the language of k6:
 *
 *   threshold   = aggregation operator number
 *   aggregation = "avg" | "min" | "max" | "med" | "p(" number ")"    of a trend, milliseconds
 *               | "count" | "rate"                                   of a counter; rate is a second
 *               | "rate"                                             of a rate, 0 .. 1
 *               | "value"                                            of a gauge
 *   operator    = "<" | "<=" | ">" | ">=" | "==" | "===" | "!="
 *   number      = digit+ [ "." digit+ ]
 *
 * Spaces are allowed between the parts.
 */
export interface Threshold {
  readonly source: string;
  readonly aggregation: 'avg' | 'min' | 'max' | 'med' | 'p' | 'count' | 'rate' | 'value';
  /** For p: 0 .. 100. */
  readonly percent: number;
  readonly operator: '<' | '<=' | '>' | '>=' | '==' | '===' | '!=';
  readonly limit: number;
}

export interface ThresholdProblem {
  readonly error: string;
  /** Which of the two is wrong. */
  readonly subject: 'metric' | 'expression';
  /** Where in it, counted from 1. */
  readonly column: number;
  readonly allowed: string;
}

export interface ThresholdResult {
  readonly verdict: 'pass' | 'fail' | 'no-data';
  /** The value that was compared; absent without data. */
  readonly actual?: number;
}

const AGGREGATIONS = 'avg, min, max, med, p(N), count, rate or value';
const ALLOWED: Readonly<Record<MetricType, readonly string[]>> = {
  trend: ['avg', 'min', 'max', 'med', 'p'],
  counter: ['count', 'rate'],
  rate: ['rate'],
  gauge: ['value'],
};

export function isProblem(parsed: Threshold | ThresholdProblem): parsed is ThresholdProblem {
  return 'error' in parsed;
}

/** The rule that a text says, or what is wrong with the text and where. */
export function parseThreshold(text: string): Threshold | ThresholdProblem {
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const found = pattern.exec(text);
    if (found) at = pattern.lastIndex;
    return found;
  };
  const problem = (error: string, allowed: string): ThresholdProblem => ({ error, subject: 'expression', column: at + 1, allowed });

  take(/\s*/y);
  const aggregation = take(/(avg|min|max|med|count|rate|value)\b|p\(\s*(\d+(?:\.\d+)?)\s*\)/y);
  if (!aggregation) return problem('this is no way to sum up a metric', AGGREGATIONS);
  const percent = aggregation[2] === undefined ? 0 : Number(aggregation[2]);
  if (percent > 100) {
    at -= aggregation[0].length - aggregation[0].indexOf(aggregation[2]!);
    return problem('a percentile is at most 100', 'p(0) to p(100)');
  }
  take(/\s*/y);
  const operator = take(/===|==|!=|<=|>=|<|>/y);
  if (!operator) return problem('a comparison is missing', '< <= > >= == === !=');
  take(/\s*/y);
  const limit = take(/\d+(?:\.\d+)?/y);
  if (!limit) return problem('a number is missing', 'digits, with a decimal point where needed');
  take(/\s*/y);
  if (at < text.length)
    return problem('the expression should end here', 'a number without a unit: durations are milliseconds, rates are 0 to 1');
  return {
    source: text,
    aggregation: (aggregation[1] ?? 'p') as Threshold['aggregation'],
    percent,
    operator: operator[0] as Threshold['operator'],
    limit: Number(limit[0]),
  };
}

/**
 * What is wrong with a rule for a metric: the name, the expression, or that the two do not fit. undefined: nothing. `own` are
 * metrics that drivers declare. Whether the scenarios and tags that a selector names exist only their file knows (checkLabels).
 */
export function checkThreshold(
  metric: string,
  expression: string,
  own: ReadonlyMap<string, MetricType> = new Map(),
): ThresholdProblem | undefined {
  const selector = parseSelector(metric);
  if (isSelectorProblem(selector)) return { ...selector, subject: 'metric', column: 1 };
  const type = METRIC_TYPES.get(selector.metric) ?? own.get(metric);
  if (type === undefined) {
    const error = `there is no metric "${selector.metric}"`;
    return { error, subject: 'metric', column: 1, allowed: [...own.keys(), ...METRIC_TYPES.keys()].join(', ') };
  }
  const wrong = checkSelector(selector);
  if (wrong) return { ...wrong, subject: 'metric', column: 1 };
  const parsed = parseThreshold(expression);
  if (isProblem(parsed)) return parsed;
  if (ALLOWED[type].includes(parsed.aggregation)) return undefined;
  const column = expression.search(/\S/) + 1;
  const allowed = ALLOWED[type].map((name) => (name === 'p' ? 'p(N)' : name)).join(', ');
  return { error: `${selector.metric} is a ${type}, it has no ${parsed.aggregation}`, subject: 'expression', column, allowed };
}

/** Compares. Without samples, without the metric, or when the two do not fit, there is no data: that is never a pass. */
export function evaluateThreshold(threshold: Threshold, view: MetricView | undefined): ThresholdResult {
  const actual = view && measured(threshold, view);
  if (actual === undefined) return { verdict: 'no-data' };
  return { verdict: holds(actual, threshold.operator, threshold.limit) ? 'pass' : 'fail', actual };
}

function measured(threshold: Threshold, view: MetricView): number | undefined {
  if (!ALLOWED[view.type].includes(threshold.aggregation)) return undefined;
  switch (view.type) {
    case 'counter':
      return threshold.aggregation === 'count' ? view.count : view.perSecond;
    case 'rate':
      return view.rate;
    case 'gauge':
      return view.value;
    case 'trend': {
      const us = durationUs(threshold, view.histogram);
      return us === undefined ? undefined : us / 1000;
    }
  }
}

function durationUs(threshold: Threshold, histogram: Extract<MetricView, { type: 'trend' }>['histogram']): number | undefined {
  switch (threshold.aggregation) {
    case 'avg':
      return histogram.meanUs;
    case 'min':
      return histogram.minUs;
    case 'max':
      return histogram.maxUs;
    case 'med':
      return histogram.percentileUs(50);
    default:
      return histogram.percentileUs(threshold.percent);
  }
}

function holds(actual: number, operator: Threshold['operator'], limit: number): boolean {
  switch (operator) {
    case '<':
      return actual < limit;
    case '<=':
      return actual <= limit;
    case '>':
      return actual > limit;
    case '>=':
      return actual >= limit;
    case '!=':
      return actual !== limit;
    default:
      return actual === limit;
  }
}
