/** One line of a Prometheus text: a series and its value. */
export interface Series {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** name{label="value"} as it was written. */
  readonly id: string;
  readonly value: number;
}

/** A target that exports more is read up to here. */
const MOST_SERIES = 20_000;
const LINE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?[ \t]+([^ \t]+)(?:[ \t]+-?\d+)?[ \t]*$/u;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"/gu;

/** The series of a text in Prometheus' exposition format (0.0.4; what OpenMetrics adds is passed over). Lines that are none are left out. */
export function parsePrometheus(text: string): Series[] {
  const series: Series[] = [];
  for (const line of text.split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const match = LINE.exec(line.replace(/ # \{.*$/u, '').replace(/\r$/u, ''));
    if (!match) continue;
    const value = numberOf(match[3]!);
    if (value === undefined) continue;
    const [, name = '', labelText] = match;
    series.push({ name, labels: labelsOf(labelText), id: labelText ? `${name}{${labelText}}` : name, value });
    if (series.length === MOST_SERIES) break;
  }
  return series;
}

function labelsOf(text: string | undefined): Record<string, string> {
  const labels: Record<string, string> = Object.create(null) as Record<string, string>;
  if (text === undefined) return labels;
  for (const [, name = '', value = ''] of text.matchAll(LABEL)) {
    labels[name] = value.replace(/\\(.)/gu, (_, escaped: string) => (escaped === 'n' ? '\n' : escaped));
  }
  return labels;
}

function numberOf(text: string): number | undefined {
  if (/^[+-]?inf$/iu.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  const value = Number(text);
  return Number.isNaN(value) && !/^nan$/iu.test(text) ? undefined : value;
}
