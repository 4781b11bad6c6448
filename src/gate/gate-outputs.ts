import type { DashboardFigure } from '../report/dashboards.js';
import type { Annotation } from '../report/github.js';
import type { GateRecord } from './gate-record.js';
import type { Side } from './verdict.js';
import { figureText, intervalText, percentText, pText } from './wording.js';

/** Where a threshold stands in its scenario. */
export interface ThresholdPlace {
  readonly metric: string;
  readonly expression: string;
  /** From 1. */
  readonly line: number;
}

/** One annotation for each metric that failed or is open, at the line of its threshold where the scenario has one. */
export function gateAnnotations(gate: GateRecord, file: string | undefined, places: readonly ThresholdPlace[]): Annotation[] {
  const at = (metric: string, expression?: string): Pick<Annotation, 'file' | 'line'> => {
    const place = places.find((one) => one.metric === metric && (expression === undefined || one.expression === expression));
    return file === undefined ? {} : { file, ...(place && { line: place.line }) };
  };
  const annotations: Annotation[] = gate.metrics.flatMap((row): Annotation[] => {
    const { metric, verdict, ratio, p, before, after } = row;
    const isOpen = verdict === 'inconclusive' && gate.rules.inconclusive !== 'pass';
    if (verdict !== 'regression' && !isOpen) return [];
    const level = verdict === 'regression' || gate.rules.inconclusive === 'fail' ? 'error' : 'warning';
    const interval = `${Math.round(gate.rules.confidence * 100)} % interval ${intervalText(row)}, p=${pText(p)}`;
    const message = `before ${figureText(before.median)} ms, after ${figureText(after.median)} ms\n${interval}`;
    return [
      { level, title: `gwrk: ${metric} ${percentText(ratio)}${isOpen ? ', inconclusive' : ''}`, message, ...at(metric.split(' ', 1)[0]!) },
    ];
  });
  for (const { metric, expression, level, failedIn, runs, verdict } of gate.thresholds)
    if (verdict === 'fail')
      annotations.push({
        level: level === 'warn' ? 'warning' : 'error',
        title: `gwrk: ${metric} ${expression}`,
        message: `failed in ${failedIn} of ${runs} runs`,
        ...at(metric, expression),
      });
  if (gate.verdict === 'invalid' || gate.verdict === 'interrupted')
    annotations.push({ level: 'error', title: `gwrk: ${gate.verdict}`, message: gate.reason, ...(file !== undefined && { file }) });
  return annotations;
}

/** The newer side, for dashboards: medians over its runs with their range. */
export function gateFigures({ metrics, figures }: GateRecord): DashboardFigure[] {
  const rows = [...metrics.map((one) => ({ ...one, unit: 'ms' })), ...figures];
  return rows.flatMap(({ metric, unit, after }): DashboardFigure[] =>
    after === undefined
      ? []
      : [
          {
            name: metric.replace(' ', '.').replace(/p\(([\d.]+)\)/u, (_, percent: string) => `p${percent.replace('.', '')}`),
            unit,
            value: after.median,
            range: rangeText(after),
            extra: `${after.runs} runs`,
          },
        ],
  );
}

const rangeText = ({ min, max }: Side): string => `${figureText(min)} .. ${figureText(max)}`;
