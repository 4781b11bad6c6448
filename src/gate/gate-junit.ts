import { attribute } from '../report/junit-text.js';
import type { GatedMetric, GateRecord, ThresholdOverRuns } from './gate-record.js';
import { figureText, intervalText, percentText, pText, runsText } from './wording.js';

type Outcome = 'passed' | 'failure' | 'error' | 'skipped';

interface TestCase {
  readonly className: string;
  readonly name: string;
  readonly outcome: Outcome;
  readonly type?: string;
  readonly message?: string;
  readonly detail?: string;
}

/**
 * junit.xml of a series: a case for the series itself, one for each metric that was judged and one for each threshold. A
 * regression is a failure, a series without valid runs an error, an answer that is not sure is skipped (with
 * --inconclusive fail a failure).
 */
export function renderGateJunit(gate: GateRecord): string {
  const cases = [seriesCase(gate), ...gate.metrics.map((metric) => metricCase(metric, gate)), ...gate.thresholds.map(thresholdCase)];
  const count = (outcome: Outcome): number => cases.filter((one) => one.outcome === outcome).length;
  const counts = `tests="${cases.length}" failures="${count('failure')}" errors="${count('error')}" skipped="${count('skipped')}"`;
  const time = `time="${(gate.durationMs / 1000).toFixed(3)}"`;
  const properties = [
    ['design', gate.design],
    ...(gate.before ? [['before', `${gate.before.label} (${runsText(gate.before.runs)})`]] : []),
    ['after', `${gate.after.label} (${runsText(gate.after.runs)})`],
    ['scenario', `${gate.scenario} ${gate.hash.slice(0, 12)}`],
  ];
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="gwrk" ${counts} ${time}>`,
    `  <testsuite name="${attribute(`gwrk gate ${gate.scenario}`)}" ${counts} ${time} timestamp="${attribute(gate.startedAt)}">`,
    '    <properties>',
    ...properties.map(([name, value]) => `      <property name="${name}" value="${attribute(value!)}"/>`),
    '    </properties>',
    ...cases.map((one) => `    ${render(one)}`),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function seriesCase({ verdict, reason }: GateRecord): TestCase {
  const isBroken = verdict === 'invalid' || verdict === 'interrupted';
  return {
    className: 'gwrk.gate',
    name: 'the runs can be judged',
    outcome: isBroken ? 'error' : 'passed',
    ...(isBroken && { type: verdict, message: reason }),
  };
}

function metricCase(metric: GatedMetric, { rules }: GateRecord): TestCase {
  const { verdict, ratio, p, before, after, needed } = metric;
  const base = { className: `gwrk.${metric.metric.split(/[ {]/u, 1)[0]}`, name: metric.metric };
  const message = `${percentText(ratio)} (${Math.round(rules.confidence * 100)}% CI ${intervalText(metric)}), p=${pText(p)}, limit ${percentText(1 + rules.maxChange)}`;
  const detail = `${figureText(before.median)} ms to ${figureText(after.median)} ms`;
  if (verdict === 'regression') return { ...base, outcome: 'failure', type: 'regression', message, detail };
  if (verdict !== 'inconclusive') return { ...base, outcome: 'passed' };
  const open = `inconclusive${needed === undefined ? '' : `: needs ${needed} runs at this noise`}, ${message}`;
  if (rules.inconclusive === 'pass') return { ...base, outcome: 'passed' };
  return rules.inconclusive === 'fail'
    ? { ...base, outcome: 'failure', type: 'inconclusive', message: open, detail }
    : { ...base, outcome: 'skipped', message: open };
}

function thresholdCase({ metric, expression, level, failedIn, runs, verdict }: ThresholdOverRuns): TestCase {
  const base = { className: `gwrk.${metric}`, name: expression };
  const message = verdict === 'no-data' ? 'no data in any run' : `failed in ${failedIn} of ${runs} runs`;
  if (verdict === 'pass') return { ...base, outcome: 'passed' };
  if (level === 'warn') return { ...base, outcome: 'skipped', message: `warning: ${message}` };
  return verdict === 'no-data'
    ? { ...base, outcome: 'error', type: 'no-data', message }
    : { ...base, outcome: 'failure', type: 'threshold', message };
}

function render({ className, name, outcome, type, message, detail }: TestCase): string {
  const open = `<testcase classname="${attribute(className)}" name="${attribute(name)}" time="0"`;
  if (outcome === 'passed') return `${open}/>`;
  const kind = type === undefined ? '' : ` type="${attribute(type)}"`;
  const said = ` message="${attribute(message ?? '')}"`;
  return detail === undefined
    ? `${open}><${outcome}${kind}${said}/></testcase>`
    : `${open}><${outcome}${kind}${said}>${attribute(detail)}</${outcome}></testcase>`;
}
