import { TREND_NAMES } from '../measure/metric-names.js';

/** One figure of a run that is compared over runs. Smaller is better. */
export interface GateMetric {
  /** As it is written and shown: "ws_msg_rtt{phase:hold} p(99)". */
  readonly name: string;
  readonly metric: string;
  /** "{phase:hold}", or nothing. */
  readonly selector: string;
  readonly figure: Figure;
  /** Of which --metric spoke: a run without it is no evidence. */
  readonly isAsked: boolean;
}

/** What a trend of report.json says of itself. */
export type Figure = 'avg' | 'min' | 'med' | 'max' | 'p90' | 'p95' | 'p99' | 'p999';

const FIGURES: Readonly<Record<string, Figure>> = {
  avg: 'avg',
  min: 'min',
  med: 'med',
  max: 'max',
  'p(50)': 'med',
  'p(90)': 'p90',
  'p(95)': 'p95',
  'p(99)': 'p99',
  'p(99.9)': 'p999',
};

export const GATE_METRIC_FORM = "a trend and a figure of it: 'ws_msg_rtt p(99)'; figures: avg min med max p(90) p(95) p(99) p(99.9)";

/** What gates without any --metric: how long players wait to get in, and for an answer. */
export const DEFAULT_GATE_METRICS: readonly GateMetric[] = [
  metricOf('session_ready', '', 'p99', false),
  metricOf('ws_msg_rtt', '', 'p99', false),
];

/** "ws_msg_rtt{phase:hold} p(99)"; undefined when it is none. */
export function parseGateMetric(text: string): GateMetric | undefined {
  const [, metric = '', selector = '', figure = ''] =
    /^\s*(\w+)\s*(\{[^{}]*\})?\s*[ :]\s*(avg|min|med|max|p\([\d.]+\))\s*$/u.exec(text) ?? [];
  const known = FIGURES[figure];
  if (known === undefined || metric === '') return undefined;
  if (selector === '' && !(TREND_NAMES as readonly string[]).includes(metric)) return undefined;
  return metricOf(metric, selector.replace(/\s+/gu, ''), known, true);
}

/** A metric by its parts. */
export function metricOf(metric: string, selector: string, figure: Figure, isAsked: boolean): GateMetric {
  const shown = Object.entries(FIGURES).find(([text, value]) => value === figure && text !== 'p(50)')![0];
  return { name: `${metric}${selector} ${shown}`, metric, selector, figure, isAsked };
}
