import { attribute } from './junit-text.js';
import type { Report } from './report.js';
import { actualText } from './summary-lines.js';
import type { ThresholdRecord } from './thresholds.js';

/** junit.xml: one test case a threshold, and one for the validity of the run itself. */
export function renderJunit(report: Report): string {
  const { thresholds } = report;
  // A run can end badly without any threshold: then the case of the run carries the reason.
  const runFailed = report.verdict === 'invalid' || report.verdict === 'interrupted';
  const errors = (runFailed ? 1 : 0) + thresholds.filter(({ level, verdict }) => level === 'error' && verdict === 'no-data').length;
  const failures = thresholds.filter(({ level, verdict }) => level === 'error' && verdict === 'fail').length;
  const skipped = thresholds.filter(({ level, verdict }) => level === 'warn' && verdict !== 'pass').length;
  const counts = `tests="${thresholds.length + 1}" failures="${failures}" errors="${errors}" skipped="${skipped}"`;
  const time = `time="${(report.durationMs / 1000).toFixed(3)}"`;
  const name = attribute(`gwrk ${report.scenario}`);
  const run = runFailed
    ? `<testcase classname="gwrk.run" name="the run is valid" time="0"><error type="${report.verdict}" message="${attribute(report.reason)}"/></testcase>`
    : '<testcase classname="gwrk.run" name="the run is valid" time="0"/>';
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="gwrk" ${counts} ${time}>`,
    `  <testsuite name="${name}" ${counts} ${time} timestamp="${attribute(report.startedAt)}">`,
    `    ${run}`,
    ...thresholds.map((threshold) => `    ${testcase(report, threshold)}`),
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n');
}

function testcase(report: Report, threshold: ThresholdRecord): string {
  const open = `<testcase classname="gwrk.${attribute(threshold.metric)}" name="${attribute(threshold.expression)}" time="0"`;
  const message = attribute(actualText(report, threshold));
  if (threshold.verdict === 'pass') return `${open}/>`;
  if (threshold.level === 'warn') return `${open}><skipped message="warning: ${message}"/></testcase>`;
  if (threshold.verdict === 'no-data') return `${open}><error type="no-data" message="${message}"/></testcase>`;
  return `${open}><failure type="threshold" message="${message}"/></testcase>`;
}
