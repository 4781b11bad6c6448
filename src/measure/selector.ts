import { METRIC_TYPES } from './metric-types.js';
import { PHASE_NAMES } from './phases.js';

/** What narrows a metric down: a scenario, a phase, or the value of a scenario's tag. All of them must hold. */
export type Labels = readonly (readonly [key: string, value: string])[];

/** A metric and what narrows it down: `ws_msg_rtt{scenario:fight,phase:hold}`. */
export interface Selector {
  readonly metric: string;
  readonly labels: Labels;
}

/** A metric that cannot be selected: what is wrong, and what would be allowed. */
export interface SelectorProblem {
  readonly error: string;
  readonly allowed: string;
}

/** What a scenario can be selected by. */
export interface ScenarioLabels {
  readonly name: string;
  readonly tags: Readonly<Record<string, string>>;
}

const FORM = 'metric{scenario:NAME}, metric{phase:ramp|hold|drain}, metric{TAG:VALUE}, or several of them with commas between';
const LABEL = /\s*([^\s:,{}"]+)\s*:\s*(?:"([^"]*)"|([^,{}"]*?))\s*(,|$)/y;

export function isSelectorProblem(selector: Selector | SelectorProblem): selector is SelectorProblem {
  return 'error' in selector;
}

/** Reads `metric` or `metric{key:value,...}`; a value with a comma or a brace in it stands between quotation marks. */
export function parseSelector(text: string): Selector | SelectorProblem {
  const [, metric = '', , inner] = /^\s*([^\s{}]*)\s*(\{(.*)\})?\s*$/su.exec(text) ?? [];
  if (metric === '' || inner?.trim() === '') return { error: `"${text}" is no metric`, allowed: FORM };
  const labels: [string, string][] = [];
  for (let at = 0; inner !== undefined && at < inner.length; at = LABEL.lastIndex) {
    LABEL.lastIndex = at;
    const [, key, quoted, plain] = LABEL.exec(inner) ?? [];
    const value = quoted ?? plain;
    if (key === undefined || value === undefined || value === '') return { error: `"{${inner}}" selects nothing`, allowed: FORM };
    if (labels.some(([other]) => other === key)) return { error: `"${key}" is there twice`, allowed: 'each key once' };
    labels.push([key, value]);
  }
  return { metric, labels };
}

/** The one spelling of a selector: what reports name it by. */
export function formatSelector({ metric, labels }: Selector): string {
  if (labels.length === 0) return metric;
  const value = (text: string): string => (/[,{}]/.test(text) ? `"${text}"` : text);
  return `${metric}{${labels.map(([key, text]) => `${key}:${value(text)}`).join(',')}}`;
}

/** What is wrong with a selector whatever the scenarios are; undefined: nothing. */
export function checkSelector({ metric, labels }: Selector): SelectorProblem | undefined {
  if (labels.length === 0) return undefined;
  if (METRIC_TYPES.get(metric) === 'gauge')
    return { error: `${metric} is a gauge of the whole run and cannot be narrowed down`, allowed: metric };
  const phase = labels.find(([key]) => key === 'phase')?.[1];
  if (phase !== undefined && !PHASE_NAMES.some((name) => name === phase))
    return { error: `there is no phase "${phase}"`, allowed: PHASE_NAMES.join(', ') };
  return undefined;
}

/** Which scenarios the labels leave, by index; phases say nothing of it. */
export function selectedScenarios(labels: Labels, scenarios: readonly ScenarioLabels[]): number[] {
  return [...scenarios.keys()].filter((index) => labels.every(([key, value]) => holds(key, value, scenarios[index]!)));
}

function holds(key: string, value: string, { name, tags }: ScenarioLabels): boolean {
  if (key === 'phase') return true;
  return key === 'scenario' ? name === value : Object.hasOwn(tags, key) && tags[key] === value;
}

/** What of the labels no scenario of the file has; undefined: nothing. */
export function checkLabels(labels: Labels, scenarios: readonly ScenarioLabels[]): SelectorProblem | undefined {
  for (const [key, value] of labels) {
    if (key === 'phase' || scenarios.some((scenario) => holds(key, value, scenario))) continue;
    if (key === 'scenario') return { error: `there is no scenario "${value}"`, allowed: scenarios.map(({ name }) => name).join(', ') };
    const values = new Set(scenarios.flatMap(({ tags }) => (Object.hasOwn(tags, key) ? [tags[key]!] : [])));
    if (values.size > 0) return { error: `no scenario has the tag ${key} with the value "${value}"`, allowed: [...values].join(', ') };
    const keys = new Set(['scenario', 'phase', ...scenarios.flatMap(({ tags }) => Object.keys(tags))]);
    return { error: `there is no tag "${key}"`, allowed: [...keys].join(', ') };
  }
  if (selectedScenarios(labels, scenarios).length > 0) return undefined;
  return { error: 'no scenario has all of these', allowed: 'labels of one scenario' };
}
