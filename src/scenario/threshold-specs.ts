import { checkLabels, formatSelector, isSelectorProblem, parseSelector, type ScenarioLabels } from '../measure/selector.js';
import { didYouMean } from './nearest-name.js';
import type { ThresholdSpec } from './plan.js';
import type { ScenarioFile } from './schema.js';
import type { IssueDetails } from './schema-values.js';

/** Labels that gwrk gives by itself. */
const OWN_LABELS = ['scenario', 'phase'];

/** The rules of a file, their metrics in one spelling. A selector must name scenarios and tags that the file has. */
export function thresholdsOf(
  file: ScenarioFile,
  refuse: (path: readonly PropertyKey[], summary: string, details: IssueDetails) => void,
): ThresholdSpec[] {
  const scenarios = Object.entries(file.scenarios).map(([name, { tags }]): ScenarioLabels => ({ name, tags }));
  for (const { name, tags } of scenarios) {
    for (const tag of OWN_LABELS.filter((own) => Object.hasOwn(tags, own)))
      refuse(['scenarios', name, 'tags', tag], `every scenario has the label ${tag} already`, { allowed: 'another name', atKey: true });
  }
  return Object.entries(file.thresholds).flatMap(([text, rules]) => {
    const selector = parseSelector(text);
    if (isSelectorProblem(selector)) return [];
    const problem = checkLabels(selector.labels, scenarios);
    if (problem) {
      const { error, allowed } = problem;
      const given = /"([^"]*)"$/.exec(error)?.[1] ?? '';
      const hint = didYouMean(given, allowed.split(', '));
      refuse(['thresholds', text], error, { given: text, allowed, atKey: true, ...(hint === undefined ? {} : { hint }) });
    }
    return rules.map(({ threshold, level, abortOnFail, delayAbortEval }) => ({
      metric: formatSelector(selector),
      expression: threshold,
      level,
      abortOnFail,
      delayAbortEvalUs: delayAbortEval,
    }));
  });
}
